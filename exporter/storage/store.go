package storage

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	keep       = 3 // generations
	lockName   = "lock"
	tempSuffix = ".tmp"
)

// Config says where checkpoints are kept.
type Config struct {
	Dir      string             // made if it is missing
	FS       FS                 // nil for the operating system's
	Rejected func(*DamageError) // called for each file that Load skips
	Warn     func(error)        // called for failures that do no harm, such as a file that cannot be removed
}

// Store is an exporter.Store over one directory, which it locks.
type Store struct {
	cfg   Config
	lock  Lock
	last  uint64       // number of the newest generation, also of one that failed
	gens  []generation // oldest first
	trash []string     // files that could not be removed yet
	mark  mark
}

var _ exporter.Generations = (*Store)(nil)

type generation struct {
	path string
	bad  bool // Load rejected it
}

// Open locks the directory and lists its generations. The error is ErrLocked when another process holds the lock.
func Open(cfg Config) (*Store, error) {
	if cfg.FS == nil {
		cfg.FS = OS
	}
	if cfg.Rejected == nil {
		cfg.Rejected = func(*DamageError) {}
	}
	if cfg.Warn == nil {
		cfg.Warn = func(error) {}
	}
	if err := cfg.FS.MkdirAll(cfg.Dir); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	lock, err := cfg.FS.Lock(filepath.Join(cfg.Dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	s := &Store{cfg: cfg, lock: lock}
	if err := s.scan(); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("storage: %w", err)
	}
	s.sweep()
	return s, nil
}

func (s *Store) scan() error {
	names, err := s.cfg.FS.ReadDir(s.cfg.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		number, ok := parseName(strings.TrimSuffix(name, tempSuffix))
		if !ok {
			continue
		}
		s.last = max(s.last, number)
		if path := filepath.Join(s.cfg.Dir, name); strings.HasSuffix(name, tempSuffix) {
			s.trash = append(s.trash, path)
		} else {
			s.gens = append(s.gens, generation{path: path})
		}
	}
	slices.SortFunc(s.gens, func(a, b generation) int { return strings.Compare(a.path, b.path) })
	return nil
}

// Names sort by generation, not by sequence: after a change to another stream the newer checkpoint may have the lower
// sequence.
func fileName(generation, seq uint64) string {
	return fmt.Sprintf("checkpoint-%020d-%020d.snap", generation, seq)
}

func parseName(name string) (generation uint64, ok bool) {
	parts := strings.Split(strings.TrimSuffix(name, ".snap"), "-")
	if len(parts) != 3 {
		return 0, false
	}
	generation, err1 := strconv.ParseUint(parts[1], 10, 64)
	seq, err2 := strconv.ParseUint(parts[2], 10, 64)
	return generation, err1 == nil && err2 == nil && name == fileName(generation, seq)
}

// Save writes a new generation. After an error the earlier ones are untouched, and the new one is removed.
func (s *Store) Save(c *exporter.Checkpoint) error {
	var size counter
	if _, err := s.add(c.Seq, func(w io.Writer) error { return encode(io.MultiWriter(w, &size), c) }); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	c.Size = int64(size)
	return nil
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (s *Store) add(seq uint64, fill func(io.Writer) error) (path string, err error) {
	if err := s.held(); err != nil {
		return "", err
	}
	if s.last == math.MaxUint64 {
		return "", fmt.Errorf("no generation after %d", s.last)
	}
	s.last++ // also when it fails: a name is never used twice
	path = filepath.Join(s.cfg.Dir, fileName(s.last, seq))
	left, err := install(s.cfg.FS, s.cfg.Dir, path, fill)
	s.trash = append(s.trash, left...)
	if err != nil {
		return "", err
	}
	s.gens = append(s.gens, generation{path: path})
	s.prune() // not before: until now the older ones were all there was
	return path, nil
}

// prune keeps the newest three whole generations, and damaged ones among them for whoever wants to know why.
func (s *Store) prune() {
	whole := 0
	for i := len(s.gens) - 1; i >= 0; i-- {
		if whole == keep {
			for _, g := range s.gens[:i+1] {
				s.trash = append(s.trash, g.path)
			}
			s.gens = slices.Delete(s.gens, 0, i+1)
			break
		}
		if !s.gens[i].bad {
			whole++
		}
	}
	s.sweep()
}

// Forget durably removes all generations but the newest that Load or Save found whole. An error names the first file that
// is still there.
func (s *Store) Forget() error {
	if err := s.held(); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	kept := -1
	for i, g := range s.gens {
		if !g.bad {
			kept = i
		}
	}
	if kept < 0 {
		return fmt.Errorf("storage: %w", exporter.ErrNoCheckpoint)
	}
	for i, g := range s.gens {
		if i != kept {
			s.trash = append(s.trash, g.path)
		}
	}
	s.gens = []generation{s.gens[kept]}
	if s.trash = remove(s.cfg.FS, s.trash); len(s.trash) > 0 {
		return fmt.Errorf("storage: %d old files cannot be removed, the first is %s", len(s.trash), s.trash[0])
	}
	if err := s.cfg.FS.SyncDir(s.cfg.Dir); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	return nil
}

func (s *Store) sweep() {
	s.trash = remove(s.cfg.FS, s.trash)
	if len(s.trash) > 0 {
		s.cfg.Warn(fmt.Errorf("storage: %d old files cannot be removed, the first is %s", len(s.trash), s.trash[0]))
	}
}

var errClosed = errors.New("the storage is closed")

// held returns an error unless this process still holds the lock.
func (s *Store) held() error {
	if s.lock == nil {
		return errClosed
	}
	return s.lock.Held()
}

// Close releases the lock.
func (s *Store) Close() error {
	if s.lock == nil {
		return nil
	}
	lock := s.lock
	s.lock = nil
	if err := errors.Join(s.mark.close(), lock.Close()); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	return nil
}
