package storage

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

const (
	consumerName = "consumer"
	consumerMost = 256 // bytes
)

// Consumer returns the name that KeepConsumer kept last, or "" when none can be read: then the broker deletes the consumer
// by itself, later.
func (s *Store) Consumer() string {
	f, err := s.cfg.FS.Open(filepath.Join(s.cfg.Dir, consumerName))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, consumerMost))
	if err != nil {
		return ""
	}
	name := strings.TrimSpace(string(b))
	if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(".*>/\\", c) }) {
		return "" // the broker allows no such name
	}
	return name
}

// KeepConsumer keeps the name of the broker's consumer, so that the next process can delete it when this one is killed.
// It may run concurrently with Save.
func (s *Store) KeepConsumer(name string) error {
	if err := s.held(); err != nil {
		return fmt.Errorf("keep name of consumer: %w", err)
	}
	path := filepath.Join(s.cfg.Dir, consumerName)
	_ = remove(s.cfg.FS, []string{path + tempSuffix}) // of a process that was killed; else Create says what is wrong
	_, err := install(s.cfg.FS, s.cfg.Dir, path, func(w io.Writer) error {
		_, err := io.WriteString(w, name+"\n")
		return err
	})
	if err != nil {
		return fmt.Errorf("keep name of consumer: %w", err)
	}
	return nil
}
