package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

func mark(n uint64) exporter.Mark {
	return exporter.Mark{Stream: strings.Repeat("S", int(n%256)), Created: time.Unix(1_700_000_000, int64(n)).UTC(), Epoch: n / 3, Seq: n << 40}
}

func TestMark(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for n := range uint64(300) {
		if got, err := s.Shown(); err != nil || n == 0 && got != (exporter.Mark{}) || n > 0 && got != mark(n) {
			t.Fatal(n, got, err)
		}
		must(t, s.SetShown(mark(n+1)))
	}
	save(t, s, checkpoint(1, 10)) // neither disturbs the other
	must(t, s.Close())
	if err := s.SetShown(mark(1)); err == nil {
		t.Fatal("a closed store keeps a mark")
	}
	s = open(t, dir)
	if got, err := s.Shown(); err != nil || got != mark(300) {
		t.Fatal(got, err)
	}
	if c, err := s.Load(); err != nil || c.Seq != 1 {
		t.Fatal(c, err)
	}
	path := filepath.Join(dir, "shown")
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || info.Size() != 512 {
		t.Fatal(info, err)
	}
	if err := s.SetShown(exporter.Mark{Stream: strings.Repeat("S", 500)}); err == nil {
		t.Fatal("no error")
	}

	b, err := os.ReadFile(path)
	must(t, err)
	for i := range b { // a damaged mark is told, never taken for another or for none
		damaged := append([]byte(nil), b...)
		damaged[i] ^= 0x10
		must(t, os.WriteFile(path, damaged, 0o600))
		isDamaged(t, s, path)
	}
	for _, content := range [][]byte{nil, b[:100], make([]byte, 512), append(b, 0)} {
		must(t, os.WriteFile(path, content, 0o600))
		isDamaged(t, s, path)
	}
	must(t, s.SetShown(mark(7))) // and is replaced
	must(t, os.Truncate(path, 512))
	if got, err := s.Shown(); err != nil || got != mark(7) {
		t.Fatal(got, err)
	}
}

func isDamaged(t *testing.T, s *storage.Store, path string) {
	t.Helper()
	var d *storage.DamageError
	if got, err := s.Shown(); !errors.As(err, &d) || d.Path != path || got != (exporter.Mark{}) {
		t.Fatal(got, err)
	}
}

// The mark outlives the process without a sync, and takes no place on a full disk once it is there.
func TestMarkSurvives(t *testing.T) {
	disk := faultfs.NewDisk(1)
	calls, full := map[faultfs.Op]int{}, false
	fsys := faultfs.Wrap(disk, func(c *faultfs.Call, do func() error) error {
		calls[c.Op]++
		if full && (c.Op == faultfs.Create || c.Op == faultfs.Update) {
			return syscall.ENOSPC
		}
		return do()
	})
	s, err := storage.Open(storage.Config{Dir: "d", FS: fsys})
	must(t, err)
	must(t, s.SetShown(mark(1)))
	full = true
	must(t, s.SetShown(mark(2)))
	if calls[faultfs.Sync]+calls[faultfs.SyncDir] > 0 || calls[faultfs.Update] != 1 {
		t.Fatal(calls)
	}
	disk.Kill()
	if err := s.SetShown(mark(3)); !errors.Is(err, faultfs.ErrDead) {
		t.Fatal(err)
	}
	disk.Restart()
	s, err = storage.Open(storage.Config{Dir: "d", FS: disk})
	must(t, err)
	if got, err := s.Shown(); err != nil || got != mark(2) {
		t.Fatal(got, err)
	}
}

// After a power cut the mark is an older one, or known to be damaged.
func TestMarkAfterPowerCut(t *testing.T) {
	seeds(t, 200, func(t *testing.T, seed uint64) {
		disk := faultfs.NewDisk(seed)
		s, err := storage.Open(storage.Config{Dir: "d", FS: disk})
		must(t, err)
		for n := range uint64(5) {
			must(t, s.SetShown(mark(n+1)))
			if n == 2 {
				must(t, s.Save(checkpoint(1, 10))) // the directory is synced
			}
		}
		disk.PowerCut()
		s, err = storage.Open(storage.Config{Dir: "d", FS: disk})
		must(t, err)
		got, err := s.Shown()
		var d *storage.DamageError
		if err != nil && !errors.As(err, &d) || err == nil && got != (exporter.Mark{}) && got != mark(5) {
			t.Fatal(got, err)
		}
		must(t, s.SetShown(mark(9)))
		if got, err := s.Shown(); err == nil && got != mark(9) {
			t.Fatal(got)
		}
	})
}

// A checkpoint of the first version, which has no known messages, is refused with the remedy.
func TestFormerVersion(t *testing.T) {
	b, err := os.ReadFile("testdata/version1.snap")
	must(t, err)
	var v *storage.VersionError
	if _, err := storage.Decode(b); !errors.As(err, &v) || v.Version != 1 || !strings.Contains(err.Error(), "start with an empty storage path") {
		t.Fatal(err)
	}
}
