package storage_test

import (
	"os"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// A checkpoint knows the size of its file.
func TestSize(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	c := checkpoint(5, 3000)
	must(t, s.Save(c))
	got, err := s.Load()
	must(t, err)
	files, err := storage.List(dir)
	must(t, err)
	info, err := os.Stat(files[len(files)-1])
	must(t, err)
	if c.Size != info.Size() || got.Size != info.Size() {
		t.Fatalf("saved %d, loaded %d, the file has %d bytes", c.Size, got.Size, info.Size())
	}
}
