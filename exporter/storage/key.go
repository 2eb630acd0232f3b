package storage

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	keyName    = "users.key"
	nextSuffix = ".next"
)

// LoadOrCreateKey returns the key of the pseudonyms in the storage directory, which must be locked, and its id. A key
// that is there and cannot be used is an error and never replaced: without it every user would count as new.
func LoadOrCreateKey(dir string) (key [16]byte, id string, err error) {
	if _, err := os.Lstat(filepath.Join(dir, keyName)); notExist(err) {
		return createKey(OS, filepath.Join(dir, keyName))
	}
	return StoredKey(dir)
}

// StoredKey returns the key in the storage directory and its id. A missing key is an error.
func StoredKey(dir string) (key [16]byte, id string, err error) {
	path := filepath.Join(dir, keyName)
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o007 == 0 {
		_ = os.Chmod(path, 0o600) // Kubernetes opens a volume's files to its group at every start; LoadKey judges
	}
	return LoadKey(path)
}

// ReplaceKey replaces the key in the storage directory, which must be locked, by a new one, and returns that and its id.
// After an error either the old one or the new one is there.
func ReplaceKey(dir string) (key [16]byte, id string, err error) {
	path := filepath.Join(dir, keyName)
	next := path + nextSuffix
	if left := remove(OS, []string{next}); left != nil {
		return key, "", fmt.Errorf("users key: %s cannot be removed", left[0])
	}
	if key, id, err = createKey(OS, next); err != nil {
		return key, id, err
	}
	if err = OS.Rename(next, path); err == nil {
		err = OS.SyncDir(dir)
	}
	if err != nil {
		return [16]byte{}, "", fmt.Errorf("users key: %w", err)
	}
	return key, id, nil
}

func createKey(fsys FS, path string) (key [16]byte, id string, err error) {
	if left := remove(fsys, []string{path + tempSuffix}); left != nil {
		return key, "", fmt.Errorf("users key: %s cannot be removed", left[0])
	}
	if _, err := rand.Read(key[:]); err != nil {
		return key, "", fmt.Errorf("users key: %w", err)
	}
	_, err = install(fsys, filepath.Dir(path), path, func(w io.Writer) error {
		_, err := io.WriteString(w, hex.EncodeToString(key[:])+"\n")
		return err
	})
	if err != nil {
		return [16]byte{}, "", fmt.Errorf("users key: %w", err)
	}
	return key, KeyID(key), nil
}

// LoadKey returns the key in a file, 32 hexadecimal digits, and its id. Nobody but the owner may be able to read the
// file; a group may when it belongs to root, as secrets that Kubernetes mounts do.
func LoadKey(path string) (key [16]byte, id string, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return key, "", fmt.Errorf("users key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return key, "", fmt.Errorf("users key: %w", err)
	}
	if err := private(path, info); err != nil {
		return key, "", err
	}
	b, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		return key, "", fmt.Errorf("users key: %w", err)
	}
	digits := strings.TrimSpace(string(b))
	if len(digits) != 2*len(key) {
		return key, "", fmt.Errorf("users key: %s must hold %d hexadecimal digits", path, 2*len(key))
	}
	if _, err := hex.Decode(key[:], []byte(digits)); err != nil {
		return [16]byte{}, "", fmt.Errorf("users key: %s must hold %d hexadecimal digits", path, 2*len(key)) // the cause would quote the key
	}
	if bytes.Count(key[:], key[:1]) == len(key) { // zeros above all: a placeholder that was never filled in
		return [16]byte{}, "", fmt.Errorf("users key: %s holds one byte over and over, which anybody can guess; make one with: openssl rand -hex %d", path, len(key))
	}
	return key, KeyID(key), nil
}

func private(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("users key: %s is not a regular file", path)
	}
	loose := info.Mode().Perm() & 0o077
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid == 0 && os.Geteuid() != 0 {
		loose &^= 0o040
	}
	if loose != 0 {
		return fmt.Errorf("users key: %s has mode %04o: others may read it; run chmod 600", path, info.Mode().Perm())
	}
	return nil
}

// KeyID names a key without giving it away.
func KeyID(key [16]byte) string {
	sum := sha256.Sum256(append([]byte("bot-exporter key id"), key[:]...))
	return hex.EncodeToString(sum[:4])
}
