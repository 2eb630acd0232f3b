package snapfile

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Info describes a checkpoint file.
type Info struct {
	Path     string
	Size     int64 // of the file, in bytes
	Version  uint32
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

// Inspect reads a file with little memory and tells what it holds. Of a damaged file it tells what can still be read:
// the error is in the result too, and Header and Sections may be missing. It needs no lock.
func Inspect(path string) (Info, error) {
	info := Info{Path: path, Version: formatVersion}
	f, size, err := open(OS, path)
	if err != nil {
		return info, err
	}
	defer func() { _ = f.Close() }()
	info.Size = size
	if info.Header, _, info.Err = parseHeader(f, size); info.Err == nil {
		var l *layout
		if l, info.Err = parse(f, size); info.Err == nil {
			for _, p := range l.sections {
				info.Sections = append(info.Sections, SectionInfo{p.name, p.version, p.size})
			}
			info.Err = l.check(f)
		}
	}
	info.Err = at(path, info.Err)
	return info, info.Err
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
