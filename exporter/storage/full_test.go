package storage_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

// F6: a device that is always full.
func TestDevFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full: ", err)
	}
	defer full.Close()
	dir := t.TempDir()
	isFull := false
	fsys := faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
		if isFull && c.Op == faultfs.Write {
			_, err := full.Write(c.Data)
			return err
		}
		return do()
	})
	s, err := storage.Open(storage.Config{Dir: dir, FS: fsys})
	must(t, err)
	defer s.Close()
	save(t, s, checkpoint(1, 1000))
	isFull = true
	for range 5 {
		if err := s.Save(checkpoint(2, 1000)); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "/dev/full") {
			t.Fatal(err)
		}
		onlyGenerations(t, dir, 1)
	}
	isFull = false
	save(t, s, checkpoint(3, 1000))
	onlyGenerations(t, dir, 2)
}

// F6: a file system of 1 MiB that fills up and is emptied, in a namespace of its own.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	out, err := inNamespace(proctest.Self("STORAGE_FULL="+dir, "-test.run=^TestFullDiskChild$", "-test.v"))
	if strings.Contains(string(out), "cannot mount") || errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("no mount of its own here: %v %s", err, out)
	}
	if err != nil || !strings.Contains(string(out), "recovered") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestFullDiskChild(t *testing.T) {
	dir := os.Getenv("STORAGE_FULL")
	if dir == "" {
		t.Skip("runs as a child of TestFullDisk")
	}
	if err := mountTmpfs(dir, "size=1m"); err != nil {
		t.Fatal("cannot mount: ", err)
	}
	s, err := storage.Open(storage.Config{Dir: filepath.Join(dir, "state")})
	must(t, err)
	const size = 200_000
	for n := range uint64(4) {
		save(t, s, checkpoint(n+1, size))
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	must(t, err)
	if _, err := io.CopyN(filler, zeros{}, 300_000); err != nil {
		t.Fatal(err)
	}
	for n := uint64(5); n < 10; n++ {
		err := s.Save(checkpoint(n, size))
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "checkpoint-0000") {
			t.Fatal(err)
		}
		onlyGenerations(t, filepath.Join(dir, "state"), 3)
		got, err := s.Load()
		must(t, err)
		same(t, got, checkpoint(4, size))
	}
	must(t, os.Remove(filler.Name()))
	must(t, filler.Close())
	save(t, s, checkpoint(10, size))
	got, err := s.Load()
	must(t, err)
	same(t, got, checkpoint(10, size))
	fmt.Println("recovered")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
