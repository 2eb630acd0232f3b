package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// A file of another version is no reason to go on silently from an older state.
func TestOtherVersion(t *testing.T) {
	v := newVictim(t, 5000)
	header, data, table := storage.Parts(v.content)
	for _, version := range []uint32{0, 1, storage.FormatVersion + 1, 1 << 31} {
		must(t, os.WriteFile(v.path, storage.Seal(version, append(header, "more"...), data, table[1:]), 0o600))
		_, err := v.store.Load()
		var e *storage.VersionError
		if !errors.As(err, &e) || e.Version != version || e.Path != v.path {
			t.Fatal(err)
		}
		if msg := err.Error(); !strings.Contains(msg, "format version") || !strings.Contains(msg, v.path) || version > storage.FormatVersion != strings.Contains(msg, "move the file away") || version < storage.FormatVersion != strings.Contains(msg, "start with an empty storage path") {
			t.Fatal(msg)
		}
		if info, err := storage.Inspect(v.path); info.Version != version || !errors.As(err, &e) {
			t.Fatal(info, err)
		}
	}
	must(t, os.Rename(v.path, v.path+".away"))
	s := reopen(t, v.store, filepath.Dir(v.path))
	got, err := s.Load()
	must(t, err)
	same(t, got, v.old)
}

func TestAllDamaged(t *testing.T) {
	v := newVictim(t, 100)
	paths, err := storage.List(filepath.Dir(v.path))
	must(t, err)
	for _, p := range paths {
		must(t, os.Truncate(p, 50))
	}
	_, err = v.store.Load()
	if !errors.Is(err, storage.ErrDamaged) || errors.Is(err, exporter.ErrNoCheckpoint) || len(v.rejected) != 2 {
		t.Fatal(err, v.rejected)
	}
	for _, p := range paths {
		if !strings.Contains(err.Error(), p) {
			t.Fatalf("%v does not name %s", err, p)
		}
	}
}

// Damaged files must not push whole ones out.
func TestPruneKeepsWhatIsWhole(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for n := range uint64(3) {
		save(t, s, checkpoint(n+1, 100))
	}
	paths, err := storage.List(dir)
	must(t, err)
	must(t, os.Truncate(paths[0], 10))
	must(t, os.Truncate(paths[1], 10))
	got, err := s.Load()
	must(t, err)
	same(t, got, checkpoint(1, 100))
	for n, want := range []string{"4 3 2 1", "5 4 3 2 1", "6 5 4", "7 6 5"} {
		save(t, s, checkpoint(uint64(n+4), 100))
		left, err := storage.List(dir)
		must(t, err)
		var have []string
		for _, p := range left {
			have = append(have, strings.TrimLeft(strings.Split(filepath.Base(p), "-")[1], "0"))
		}
		if h := strings.Join(have, " "); h != want {
			t.Fatalf("kept %s, want %s", h, want)
		}
	}
}
