package storage

import (
	"errors"
	"fmt"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// ErrLocked says that another process uses the directory.
var ErrLocked = errors.New("in use by another process")

// ErrReplaced says that the directory is no longer the one that was locked: it was removed, moved away or mounted over, and
// another process may use the one in its place.
var ErrReplaced = errors.New("the directory was replaced while it was in use: stop the exporter, put the right one in its place, and start it again")

// ErrDamaged says that there are checkpoints, and none is whole.
var ErrDamaged = exporter.ErrDamaged

// Reason says what is wrong with a file. The set is closed: it is the value of a label.
type Reason string

// The reasons for which a file is rejected.
const (
	Unreadable Reason = "unreadable" // the file system cannot read it
	Truncated  Reason = "truncated"  // its length is not the one it states
	Magic      Reason = "magic"      // it does not start as a checkpoint does
	Checksum   Reason = "checksum"   // its bytes are not those that were written
	Malformed  Reason = "malformed"  // its checksums are right and its structure is wrong
)

// Reasons returns every Reason.
func Reasons() []Reason { return []Reason{Unreadable, Truncated, Magic, Checksum, Malformed} }

// DamageError says that a file is not a whole checkpoint.
type DamageError struct {
	Path   string
	Reason Reason
	Err    error
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("checkpoint %s: %s: %v", e.Path, e.Reason, e.Err)
}

// Unwrap returns the cause.
func (e *DamageError) Unwrap() error { return e.Err }

func damage(reason Reason, format string, args ...any) error {
	return &DamageError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// VersionError says that a file was written by another version of this program, in a format that this one cannot
// read. That is not damage: an older checkpoint must not silently take its place.
type VersionError struct {
	Path    string
	Version uint32
}

func (e *VersionError) Error() string {
	remedy := "move the file away to go on from an older checkpoint"
	if e.Version < formatVersion {
		remedy = "start with an empty storage path, to count the stream again as far back as the broker holds it"
	}
	return fmt.Sprintf("checkpoint %s: format version is %d and this program reads version %d: start the program that wrote it, or %s",
		e.Path, e.Version, formatVersion, remedy)
}

// withPath adds the path to an error of parse or check.
func withPath(path string, err error) error {
	var d *DamageError
	var v *VersionError
	switch {
	case errors.As(err, &d):
		d.Path = path
	case errors.As(err, &v):
		v.Path = path
	}
	return err
}
