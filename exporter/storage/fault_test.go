package storage_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

// F7: the n-th call fails, before or after it took effect, or writes half.
func TestFailingCalls(t *testing.T) {
	t.Parallel()
	kinds := map[string]faultfs.Hook{
		"EIO":   func(*faultfs.Call, func() error) error { return syscall.EIO },
		"late":  func(_ *faultfs.Call, do func() error) error { _ = do(); return syscall.EIO },
		"EROFS": func(*faultfs.Call, func() error) error { return syscall.EROFS },
		"short": func(c *faultfs.Call, do func() error) error {
			c.Data = c.Data[:len(c.Data)/2]
			_ = do()
			return syscall.ENOSPC
		},
		"short without an error": func(c *faultfs.Call, do func() error) error {
			if c.Op != faultfs.Write {
				return syscall.EIO
			}
			c.Data = c.Data[:len(c.Data)/2]
			return do()
		},
	}
	runs, refused := 0, 0
	for kind, fail := range kinds {
		for n := 1; n <= 20; n++ {
			runs++
			if failingCall(t, fmt.Sprintf("%s at call %d", kind, n), n, fail) {
				refused++
			}
		}
	}
	t.Logf("%d runs; in %d of them Save returned an error", runs, refused)
}

func failingCall(t *testing.T, name string, n int, fail faultfs.Hook) (refused bool) {
	dir := t.TempDir()
	calls, failing, synced := 0, false, map[string]int{}
	fsys := faultfs.Wrap(lazy, func(c *faultfs.Call, do func() error) error {
		if c.Op == faultfs.Sync {
			if synced[c.Path]++; synced[c.Path] > 1 {
				t.Fatalf("%s: fsync of %s once more", name, c.Path)
			}
		}
		if c.Op == faultfs.Create && !strings.HasSuffix(c.Path, ".tmp") {
			t.Fatalf("%s: %s is written in place", name, c.Path)
		}
		if failing {
			if calls++; calls == n {
				return fail(c, do)
			}
		}
		return do()
	})
	s, err := storage.Open(storage.Config{Dir: dir, FS: fsys})
	must(t, err)
	for i := range uint64(4) {
		save(t, s, checkpoint(i+1, 2000))
	}
	failing = true
	acked := uint64(4)
	for i := uint64(5); i <= 7; i++ {
		switch err := s.Save(checkpoint(i, 2000)); {
		case err == nil:
			acked = i
		case acked != i-1 || i == 7:
			t.Fatalf("%s: Save does not recover: %v", name, err)
		case !strings.Contains(err.Error(), "save checkpoint"):
			t.Fatalf("%s: %v", name, err)
		default:
			refused = true
		}
		got, err := loadOnly(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Seq < acked || differ(got, checkpoint(got.Seq, 2000)) != nil {
			t.Fatalf("%s: loaded %d after %d was saved", name, got.Seq, acked)
		}
		paths, err := storage.List(dir)
		must(t, err)
		for _, p := range paths {
			must(t, storage.Verify(p))
		}
	}
	failing = false
	save(t, s, checkpoint(8, 2000))
	must(t, s.Close())
	onlyGenerations(t, dir, 3)
	return refused
}

// loadOnly loads without the lock: what a new process would find.
func loadOnly(dir string) (*exporter.Checkpoint, error) {
	paths, err := storage.List(dir)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		if c, err := storage.Decode(b); err == nil {
			return c, nil
		}
	}
	return nil, exporter.ErrNoCheckpoint
}

func onlyGenerations(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	paths, err := storage.List(dir)
	must(t, err)
	if len(paths) != n || len(names) != n+1 { // and the lock
		t.Fatalf("files are left: %v", names)
	}
}

// A read that fails costs a generation or the start, and never passes for an empty directory.
func TestFailingReads(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	save(t, s, checkpoint(1, 100))
	save(t, s, checkpoint(2, 100))
	must(t, s.Close())
	for n := 1; ; n++ {
		calls := 0
		fsys := faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
			if calls++; calls == n {
				return syscall.EIO
			}
			return do()
		})
		var rejected []*storage.DamageError
		s, err := storage.Open(storage.Config{Dir: dir, FS: fsys, Rejected: func(d *storage.DamageError) { rejected = append(rejected, d) }})
		if err != nil {
			if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "storage") {
				t.Fatal(err)
			}
			continue
		}
		c, err := s.Load()
		must(t, err)
		for _, d := range rejected {
			if d.Reason != storage.Unreadable || !errors.Is(d, syscall.EIO) {
				t.Fatal(d)
			}
		}
		same(t, c, checkpoint(uint64(2-len(rejected)), 100))
		s.Close()
		if calls < n {
			t.Logf("each of %d calls", n-1)
			return
		}
	}
}

// What cannot be removed is told, tried again, and no reason to refuse a checkpoint.
func TestPruneFails(t *testing.T) {
	dir := t.TempDir()
	failing := true
	fsys := faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
		if failing && c.Op == faultfs.Remove {
			return syscall.EPERM
		}
		return do()
	})
	warned := 0
	s, err := storage.Open(storage.Config{Dir: dir, FS: fsys, Warn: func(error) { warned++ }})
	must(t, err)
	defer s.Close()
	for n := range uint64(5) {
		save(t, s, checkpoint(n, 10))
	}
	if paths, err := storage.List(dir); len(paths) != 5 || warned != 2 || err != nil {
		t.Fatal(paths, warned, err)
	}
	failing = false
	save(t, s, checkpoint(5, 10))
	onlyGenerations(t, dir, 3)
}

// A failed save whose leavings cannot be removed must not fill the disk: the next one that succeeds removes them.
func TestLeavingsAreRemovedLater(t *testing.T) {
	dir := t.TempDir()
	failing := true
	fsys := faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
		if failing && (c.Op == faultfs.SyncDir || c.Op == faultfs.Remove) {
			return syscall.EIO
		}
		return do()
	})
	s, err := storage.Open(storage.Config{Dir: dir, FS: lazy})
	must(t, err)
	must(t, s.Close())
	s, err = storage.Open(storage.Config{Dir: dir, FS: fsys})
	must(t, err)
	defer s.Close()
	for range 4 { // of the same state: a void file and the next one must not share a name
		if err := s.Save(checkpoint(4, 10)); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
	}
	failing = false
	save(t, s, checkpoint(4, 10))
	onlyGenerations(t, dir, 1)
}
