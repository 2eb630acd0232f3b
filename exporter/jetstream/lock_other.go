//go:build !unix

package jetstream

import "os"

type dirLock struct{}

// lockDir cannot lock here; it only makes the directory.
func lockDir(dir string) (*dirLock, error) { return &dirLock{}, os.MkdirAll(dir, 0o700) }

func (*dirLock) release() error { return nil }
