//go:build !linux

package storage_test

import (
	"errors"
	"os/exec"
)

func inNamespace(*exec.Cmd) ([]byte, error) { return nil, errors.ErrUnsupported }

func mountTmpfs(string, string) error { return errors.ErrUnsupported }
