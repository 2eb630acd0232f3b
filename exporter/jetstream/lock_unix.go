//go:build unix

package jetstream

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dirLock keeps a second server out of a directory. The server itself does not, and two destroy the streams.
type dirLock struct{ file *os.File }

func lockDir(dir string) (*dirLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another process uses %s: %w", dir, err)
	}
	return &dirLock{file: f}, nil
}

// release frees the directory. The file remains: to remove it would let two others lock different files.
func (l *dirLock) release() error { return l.file.Close() }
