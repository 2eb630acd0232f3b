//go:build unix

package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// OS is the file system of the operating system.
var OS FS = osFS{}

type osFS struct{}

func (osFS) MkdirAll(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if up := filepath.Dir(dir); notExist(err) && up != dir {
		if err := OS.MkdirAll(up); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return OS.SyncDir(filepath.Dir(dir))
}

// Lock leaves the file behind on purpose: if it were removed, a process that has it open and another that creates a new one
// could both hold the lock.
func (osFS) Lock(name string) (Lock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	if err != nil {
		_ = f.Close()
		return nil, &fs.PathError{Op: "lock", Path: name, Err: err}
	}
	return osLock{f}, nil
}

type osLock struct{ *os.File }

func (l osLock) Held() error {
	ours, err := l.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(l.Name())
	switch {
	case notExist(err):
	case err != nil:
		return err
	case os.SameFile(ours, there):
		return nil
	}
	return &fs.PathError{Op: "lock", Path: l.Name(), Err: ErrReplaced}
}

func (osFS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (osFS) Create(name string) (File, error) {
	f, err := owned(name, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) Update(name string) (Slot, error) { return owned(name, os.O_CREATE|syscall.O_NOFOLLOW) }

// owned opens a file to write, and makes it as the flags say.
func owned(name string, flags int) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := inherit(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// inherit gives a new file that root made to the owner of its directory: a command that an administrator runs must not
// leave a file that the exporter cannot read.
func inherit(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	dir, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	if owner, ok := dir.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		err = f.Chown(int(owner.Uid), int(owner.Gid))
	}
	if errors.Is(err, syscall.EPERM) { // root without CAP_CHOWN: then nobody else is meant to read it
		return nil
	}
	return err
}

func (osFS) Open(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // else a named pipe would block until there is a writer
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		if err == nil {
			err = fmt.Errorf("open %s: not a regular file", name)
		}
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) Rename(from, to string) error { return os.Rename(from, to) }

func (osFS) Remove(name string) error { return os.Remove(name) }

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func notExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
