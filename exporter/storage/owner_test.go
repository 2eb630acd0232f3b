package storage_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// What root writes into somebody's storage is theirs.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	const owner, group = 12345, 54321
	if err := os.Chown(dir, owner, group); err != nil {
		t.Skip(err) // root of a namespace without other users
	}
	s := open(t, dir)
	save(t, s, checkpoint(1, 100))
	_, _, err := storage.ReplaceKey(dir)
	must(t, err)
	paths, err := storage.List(dir)
	must(t, err)
	for _, path := range append(paths, filepath.Join(dir, "users.key")) {
		info, err := os.Stat(path)
		must(t, err)
		if st := info.Sys().(*syscall.Stat_t); st.Uid != owner || st.Gid != group || info.Mode() != 0o600 {
			t.Fatal(path, st.Uid, st.Gid, info.Mode())
		}
	}
}
