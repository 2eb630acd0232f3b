package storage

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter"
)

// Load returns the newest checkpoint that is whole, and calls Config.Rejected for each newer one that is not. The error is
// ErrNoCheckpoint when there are no files, ErrDamaged when none is whole, and a *VersionError when the newest undamaged
// one was written by another version of the program.
func (s *Store) Load() (*exporter.Checkpoint, error) {
	if s.lock == nil {
		return nil, fmt.Errorf("load checkpoint: %w", errClosed)
	}
	var rejected []error
	for i := len(s.gens) - 1; i >= 0; i-- {
		g := &s.gens[i]
		c, err := load(s.cfg.FS, g.path)
		if err == nil {
			return c, nil
		}
		var d *DamageError
		if !errors.As(err, &d) {
			return nil, fmt.Errorf("load %w", err)
		}
		g.bad = true
		rejected = append(rejected, d)
		s.cfg.Rejected(d)
	}
	if len(rejected) > 0 {
		return nil, fmt.Errorf("load checkpoint: %w: %w", ErrDamaged, errors.Join(rejected...))
	}
	return nil, exporter.ErrNoCheckpoint
}

// Older yields the checkpoints before the one that Load returns, newest first, or why one cannot be read.
func (s *Store) Older() iter.Seq2[*exporter.Checkpoint, error] {
	return func(yield func(*exporter.Checkpoint, error) bool) {
		newest := true
		for _, g := range slices.Backward(slices.Clone(s.gens)) {
			if newest && !g.bad {
				newest = false
				continue
			}
			if !yield(load(s.cfg.FS, g.path)) {
				return
			}
		}
	}
}

// load's errors are of type DamageError or VersionError.
func load(fsys FS, path string) (*exporter.Checkpoint, error) {
	b, err := read(fsys, path)
	if err != nil {
		return nil, err
	}
	c, err := decode(b)
	return c, withPath(path, err)
}

// read returns the bytes of a file without checking them: decode checks the very bytes that are then used.
func read(fsys FS, path string) ([]byte, error) {
	f, size, err := open(fsys, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if _, err := parse(f, size); err != nil { // before a damaged length asks for all memory
		return nil, withPath(path, err)
	}
	b, err := readAt(f, 0, int(size))
	return b, withPath(path, err)
}

func open(fsys FS, path string) (File, int64, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, 0, withPath(path, damage(Unreadable, "%w", err))
	}
	size, err := f.Size()
	if err != nil {
		_ = f.Close()
		return nil, 0, withPath(path, damage(Unreadable, "%w", err))
	}
	return f, size, nil
}

// decode checks every byte and returns a checkpoint whose sections are parts of b.
func decode(b []byte) (*exporter.Checkpoint, error) {
	l, err := parse(memory(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	if err := l.check(memory(b)); err != nil {
		return nil, err
	}
	h := l.header
	c := &exporter.Checkpoint{
		Position: h.Position, Fingerprint: h.Fingerprint, KeyID: h.KeyID, Known: h.Known, Floor: h.Floor, Lost: h.Lost, Size: l.size,
	}
	for _, p := range l.sections {
		end := p.off + p.size
		c.Raw = append(c.Raw, collectors.RawSection{Name: p.name, Version: p.version, Data: b[p.off:end:end]})
	}
	return c, nil
}
