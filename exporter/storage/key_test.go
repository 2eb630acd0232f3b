package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

func TestKey(t *testing.T) {
	dir := t.TempDir()
	key, id, err := storage.LoadOrCreateKey(dir)
	must(t, err)
	if key == [16]byte{} || len(id) != 8 || id != storage.KeyID(key) {
		t.Fatal(key, id)
	}
	path := filepath.Join(dir, "users.key")
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Fatal(info, err)
	}
	for _, load := range []func(string) ([16]byte, string, error){
		func(string) ([16]byte, string, error) { return storage.LoadOrCreateKey(dir) }, storage.LoadKey,
	} {
		if again, sameID, err := load(path); err != nil || again != key || sameID != id {
			t.Fatal(again, sameID, err)
		}
	}
	if other, otherID, err := storage.LoadOrCreateKey(t.TempDir()); err != nil || other == key || otherID == id {
		t.Fatal("two keys are equal", err)
	}
	if id := storage.KeyID([16]byte{15: 1}); id != "595bcf10" {
		t.Fatal(id) // it is in checkpoints: it must stay what it is
	}
}

// A key that cannot be used is never replaced, and no error quotes it.
func TestUnusableKey(t *testing.T) {
	const digits = "00112233445566778899aabbccddeeff"
	for name, c := range map[string]struct {
		content string
		mode    os.FileMode
		want    string // in the error; none when the key is good
	}{
		"good":            {digits, 0o600, ""},
		"new line":        {digits + "\r\n", 0o400, ""},
		"upper case":      {strings.ToUpper(digits), 0o600, ""},
		"others":          {digits, 0o604, "chmod 600"},
		"others, to list": {digits, 0o601, "chmod 600"},
		"empty":           {"", 0o600, "32 hexadecimal digits"},
		"short":           {digits[:31], 0o600, "32 hexadecimal digits"},
		"long":            {digits + "0", 0o600, "32 hexadecimal digits"},
		"zeros":           {strings.Repeat("0", 32), 0o600, "openssl rand"},
		"one byte":        {strings.Repeat("Ab", 16), 0o600, "openssl rand"},
		"not hexadecimal": {digits[:31] + "g", 0o600, "32 hexadecimal digits"},
		"huge":            {strings.Repeat(" ", 1<<20) + digits, 0o600, "32 hexadecimal digits"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "users.key")
			must(t, os.WriteFile(path, []byte(c.content), 0o600))
			must(t, os.Chmod(path, c.mode))
			for _, load := range []func() ([16]byte, string, error){
				func() ([16]byte, string, error) { return storage.LoadKey(path) },
				func() ([16]byte, string, error) { return storage.LoadOrCreateKey(dir) },
			} {
				key, id, err := load()
				switch {
				case c.want == "" && (err != nil || key[1] != 0x11 || id != storage.KeyID(key)):
					t.Fatal(key, id, err)
				case c.want != "" && (err == nil || key != [16]byte{} || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path)):
					t.Fatal(key, id, err)
				case err != nil && strings.Contains(err.Error(), digits[:8]):
					t.Fatalf("%v gives the key away", err)
				}
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != c.content {
				t.Fatal("the file was changed", err)
			}
		})
	}
}

func TestKeyOfGroup(t *testing.T) {
	dir := t.TempDir()
	key, _, err := storage.LoadOrCreateKey(dir)
	must(t, err)
	path := filepath.Join(dir, "users.key")
	must(t, os.Chmod(path, 0o660))
	if _, _, err := storage.LoadKey(path); err == nil {
		t.Fatal("a given file that a group can read is taken")
	}
	again, _, err := storage.LoadOrCreateKey(dir) // its own one is closed to the group again
	must(t, err)
	if info, err := os.Stat(path); err != nil || again != key || info.Mode() != 0o600 {
		t.Fatal(info, err)
	}
	must(t, os.Remove(path))
	must(t, syscall.Mkfifo(path, 0o600))
	if _, _, err := storage.LoadOrCreateKey(dir); err == nil || !strings.Contains(err.Error(), "regular") {
		t.Fatal(err)
	}
}

// A new key is used only when it is durable; one that is not leaves nothing behind that could be taken for it.
func TestKeyFailingCalls(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		var ops []string
		fsys := faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
			if ops = append(ops, string(c.Op)); len(ops) == n {
				_ = do()
				return syscall.EIO
			}
			return do()
		})
		path := filepath.Join(dir, "users.key")
		must(t, os.WriteFile(path+".tmp", []byte("left over"), 0o600))
		key, _, err := storage.CreateKey(fsys, path)
		if len(ops) < n {
			must(t, err)
			if got := fmt.Sprint(ops); got != "[remove create write sync close rename syncdir]" {
				t.Fatal(got)
			}
			return
		}
		if err == nil || key != [16]byte{} {
			t.Fatal(n, key, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Fatal(n, "a key is there")
		}
		if _, _, err := storage.LoadOrCreateKey(dir); err != nil {
			t.Fatal(n, err)
		}
	}
}
