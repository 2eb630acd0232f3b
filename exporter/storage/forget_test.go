package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

// Forget leaves the checkpoint that Load returned, whatever stands around it.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for n := range uint64(4) {
		save(t, s, checkpoint(n+1, 100))
	}
	paths, err := storage.List(dir)
	must(t, err)
	must(t, os.Truncate(paths[0], 50))
	must(t, os.WriteFile(paths[0]+".tmp", []byte("half"), 0o600))
	s = reopen(t, s, dir)
	newest, err := s.Load()
	must(t, err)
	same(t, newest, checkpoint(3, 100))
	var older []uint64
	var damaged int
	for cp, err := range s.Older() {
		if err != nil {
			damaged++
		} else {
			older = append(older, cp.Seq)
		}
	}
	if damaged != 1 || len(older) != 1 || older[0] != 2 {
		t.Fatal(damaged, older)
	}
	for range s.Older() {
		break
	}
	must(t, s.Forget())
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 2 || left[0].Name() != filepath.Base(paths[1]) || left[1].Name() != "lock" {
		t.Fatal(left)
	}
	for range s.Older() {
		t.Fatal("there is an older one")
	}
	save(t, s, checkpoint(9, 100))
	same(t, load(t, reopen(t, s, dir)), checkpoint(9, 100))
}

func load(t *testing.T, s *storage.Store) *exporter.Checkpoint {
	t.Helper()
	cp, err := s.Load()
	must(t, err)
	return cp
}

// What is still there is told: somebody asked for it to be gone.
func TestForgetFails(t *testing.T) {
	dir, refuse := t.TempDir(), faultfs.Op("")
	fsys := faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
		if c.Op == refuse {
			return syscall.EIO
		}
		return do()
	})
	s, err := storage.Open(storage.Config{Dir: dir, FS: fsys})
	must(t, err)
	if err := s.Forget(); !errors.Is(err, exporter.ErrNoCheckpoint) {
		t.Fatal(err)
	}
	save(t, s, checkpoint(1, 100))
	save(t, s, checkpoint(2, 100))
	refuse = faultfs.Remove
	if err := s.Forget(); err == nil || !strings.Contains(err.Error(), "cannot be removed, the first is "+dir) {
		t.Fatal(err)
	}
	refuse = faultfs.SyncDir
	if err := s.Forget(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	refuse = ""
	must(t, s.Forget())
	must(t, s.Close())
	if err := s.Forget(); err == nil {
		t.Fatal("after Close")
	}
}

func TestReplaceKey(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := storage.StoredKey(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	_, first, err := storage.ReplaceKey(dir)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "users.key.next"), []byte("left by a crash"), 0o600))
	key, second, err := storage.ReplaceKey(dir)
	must(t, err)
	if first == second {
		t.Fatal("the same key")
	}
	again, id, err := storage.LoadOrCreateKey(dir)
	must(t, err)
	if again != key || id != second || storage.KeyID(key) != second {
		t.Fatal(id, second)
	}
	left, err := os.ReadDir(dir)
	must(t, err)
	if len(left) != 1 {
		t.Fatal(left)
	}
	if _, _, err := storage.ReplaceKey(filepath.Join(dir, "nothing")); err == nil {
		t.Fatal("made where there is no storage")
	}
}
