package storage_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

func TestInspect(t *testing.T) {
	v := newVictim(t, 5001)
	info, err := storage.Inspect(v.path)
	must(t, err)
	want := storage.Info{
		Path: v.path, Size: int64(len(v.content)), Version: 2,
		Header:   storage.Header{Position: v.new.Position, Fingerprint: v.new.Fingerprint, KeyID: v.new.KeyID, Known: v.new.Known, Floor: v.new.Floor, Lost: v.new.Lost},
		Sections: []storage.SectionInfo{{"part0", 2, 2500}, {"part1", 3, 0}, {"part2", 4, 2501}},
	}
	equal := func(info storage.Info) {
		t.Helper()
		if got, want := fmt.Sprintf("%+v", info), fmt.Sprintf("%+v", want); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	equal(info)
	b := append([]byte(nil), v.content...)
	b[3000] ^= 1 // what it is can still be told
	must(t, os.WriteFile(v.path, b, 0o600))
	var d *storage.DamageError
	info, err = storage.Inspect(v.path)
	if !errors.As(err, &d) || info.Err == nil || d.Reason != storage.Checksum || !strings.Contains(err.Error(), v.path) {
		t.Fatal(err)
	}
	info.Err = nil
	equal(info)
	must(t, os.WriteFile(v.path, b[:3000], 0o600)) // and the header of half a file
	if info, err = storage.Inspect(v.path); !errors.As(err, &d) || d.Reason != storage.Truncated || !reflect.DeepEqual(info.Header, want.Header) {
		t.Fatal(info, err)
	}
	if _, err := storage.Inspect(v.path + "x"); !errors.Is(err, os.ErrNotExist) || !errors.As(err, &d) || !strings.Contains(err.Error(), v.path+"x") {
		t.Fatal(err)
	}
	if _, err := storage.List(v.path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for n := range uint64(4) {
		save(t, s, checkpoint(n+1, 1000))
	}
	paths, err := storage.List(dir)
	must(t, err)
	if _, err := storage.Restore(dir, paths[2]); !errors.Is(err, storage.ErrLocked) {
		t.Fatal(err)
	}
	must(t, s.Close())
	path, err := storage.Restore(dir, paths[2]) // which is then the fourth and pruned
	must(t, err)
	onlyGenerations(t, dir, 3)
	if now, err := storage.List(dir); err != nil || now[0] != path || now[1] != paths[0] || now[2] != paths[1] {
		t.Fatal(now, err)
	}
	s = open(t, dir)
	got, err := s.Load()
	must(t, err)
	same(t, got, checkpoint(2, 1000))
	must(t, s.Close())

	other := filepath.Join(t.TempDir(), "new")
	path, err = storage.Restore(other, path)
	must(t, err)
	must(t, os.Truncate(path, 100))
	if _, err := storage.Restore(dir, path); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Fatal(err)
	}
}

// What a crash left behind is removed; what is not ours stays.
func TestOpenTidiesUp(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	save(t, s, checkpoint(1, 10))
	must(t, s.Close())
	paths, err := storage.List(dir)
	must(t, err)
	must(t, os.WriteFile(strings.Replace(paths[0], "001-", "009-", 1)+".tmp", nil, 0o600))
	for _, name := range []string{"checkpoint-1-2.snap", "checkpoint-notes.txt", "x.tmp", filepath.Base(paths[0]) + ".bak"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	s, err = storage.Open(storage.Config{Dir: dir, Rejected: func(d *storage.DamageError) { t.Error(d) }})
	must(t, err)
	defer s.Close()
	c, err := s.Load()
	must(t, err)
	same(t, c, checkpoint(1, 10))
	save(t, s, checkpoint(2, 10))
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{
		"checkpoint-00000000000000000001-00000000000000000001.snap", "checkpoint-00000000000000000001-00000000000000000001.snap.bak",
		"checkpoint-00000000000000000010-00000000000000000002.snap", // a number is used once
		"checkpoint-1-2.snap", "checkpoint-notes.txt", "lock", "x.tmp",
	}
	if !reflect.DeepEqual(names, want) {
		t.Fatal(names)
	}
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	link := file + ".link"
	must(t, os.Symlink(file+".gone", link))
	for _, dir := range []string{"", file, filepath.Join(file, "below"), link, filepath.Join("/proc", "none")} {
		if _, err := storage.Open(storage.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "storage: ") || !strings.Contains(err.Error(), dir) {
			t.Fatalf("%s: %v", dir, err)
		}
	}
}

func TestCreateDoesNotOverwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("old"), 0o600))
	if _, err := storage.OS.Create(path); !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
}
