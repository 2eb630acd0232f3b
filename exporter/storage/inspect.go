package storage

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// Info describes a checkpoint file.
type Info struct {
	Path     string
	Size     int64  // of the file, in bytes
	Version  uint32 // of the format; 0 when it cannot be read
	Header   Header
	Sections []SectionInfo
	Err      error // nil when every byte is as it was written
}

// SectionInfo describes one section.
type SectionInfo struct {
	Name    string
	Version uint64
	Size    int64 // in bytes
}

// Inspect describes a file, with little memory and without the lock. Of a damaged file it describes what can still be
// read: the error is in the result too, and Header and Sections may be missing.
func Inspect(path string) (Info, error) {
	info := Info{Path: path}
	f, size, err := open(OS, path)
	if err != nil {
		return info, err
	}
	defer func() { _ = f.Close() }()
	info.Size = size
	info.Err = withPath(path, info.fill(f))
	return info, info.Err
}

func (info *Info) fill(f File) (err error) {
	if info.Header, _, err = parseHeader(f, info.Size); err != nil {
		var v *VersionError
		if errors.As(err, &v) {
			info.Version = v.Version
		}
		return err
	}
	info.Version = formatVersion
	l, err := parse(f, info.Size)
	if err != nil {
		return err
	}
	for _, p := range l.sections {
		info.Sections = append(info.Sections, SectionInfo{p.name, p.version, p.size})
	}
	return l.check(f)
}

// Verify returns nil when a file is a whole checkpoint that this program can load.
func Verify(path string) error {
	_, err := Inspect(path)
	return err
}

// List returns the paths of the checkpoints in a directory, newest first.
func List(dir string) ([]string, error) {
	names, err := OS.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	var paths []string
	for _, name := range names {
		if _, ok := parseName(name); ok {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	slices.Sort(paths)
	slices.Reverse(paths)
	return paths, nil
}

// Restore makes a copy of a whole checkpoint the newest generation of a directory that no process uses, and returns its
// path. The next start goes on from there.
func Restore(dir, from string) (string, error) {
	b, err := read(OS, from)
	if err != nil {
		return "", fmt.Errorf("restore %w", err)
	}
	c, err := decode(b)
	if err != nil {
		return "", fmt.Errorf("restore %w", withPath(from, err))
	}
	s, err := Open(Config{Dir: dir})
	if err != nil {
		return "", fmt.Errorf("restore checkpoint: %w", err)
	}
	path, err := s.add(c.Seq, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if e := s.Close(); err == nil {
		err = e
	}
	if err != nil {
		return "", fmt.Errorf("restore checkpoint: %w", err)
	}
	return path, nil
}
