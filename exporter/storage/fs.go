package storage

import "io"

// FS is what a Store needs of a file system; tests inject faults here. Names are paths. Errors name operation and path.
type FS interface {
	// MkdirAll makes a directory that only its owner may enter, durably, with the ones above it. It may exist already.
	MkdirAll(dir string) error
	// Lock takes an exclusive lock, which the death of the process releases, or returns ErrLocked at once.
	Lock(name string) (Lock, error)
	// ReadDir returns the names in a directory.
	ReadDir(dir string) ([]string, error)
	// Create makes a new file to write; an existing file is an error.
	Create(name string) (File, error)
	// Open opens a regular file for reading, without blocking.
	Open(name string) (File, error)
	// Update opens a file to overwrite it in place, and makes it if it is missing.
	Update(name string) (Slot, error)
	// Rename gives a file another name in the same directory.
	Rename(from, to string) error
	// Remove deletes a file.
	Remove(name string) error
	// SyncDir makes the names in a directory durable: a rename alone can be lost.
	SyncDir(dir string) error
}

// Lock is a lock on a file. Closing releases it.
type Lock interface {
	io.Closer
	// Held returns ErrReplaced when the name now stands for another file, or for none: then the lock keeps nobody out.
	Held() error
}

// File is an open file.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
	// Size returns the length in bytes.
	Size() (int64, error)
	// Sync makes the content durable. After a failure it must not be called again: the kernel may have thrown the
	// unwritten pages away and would report success.
	Sync() error
}

// Slot is an open file that is overwritten in place. What is written survives the end of the process; a power cut may
// undo it, or a part of it.
type Slot interface {
	io.WriterAt
	io.Closer
}

// install writes a new file so that its name, once it exists, stands for the whole content, even after a power cut. After
// an error the file is not to be used; left lists the paths that could not be removed.
func install(fsys FS, dir, path string, fill func(io.Writer) error) (left []string, err error) {
	temp := path + tempSuffix
	void := []string{temp}
	f, err := fsys.Create(temp)
	if err != nil {
		return remove(fsys, void), err
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		void = append(void, path) // a rename that reports failure may have taken effect
		err = fsys.Rename(temp, path)
	}
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err == nil {
		return nil, nil
	}
	return remove(fsys, void), err
}

// remove deletes files and returns those that are still there.
func remove(fsys FS, paths []string) (left []string) {
	for _, path := range paths {
		if err := fsys.Remove(path); err != nil && !notExist(err) {
			left = append(left, path)
		}
	}
	return left
}
