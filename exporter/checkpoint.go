package exporter

import (
	"errors"
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// Checkpoint is the state together with the position that led to it: both are written, or neither.
type Checkpoint struct {
	Position
	Fingerprint string // of the configuration that decides about the numbers
	KeyID       string // names the key of the pseudonyms without giving it away

	Known []Known // messages applied, oldest first: where the stream differs from them, the broker lost its tail
	Floor uint64  // sequence below which nothing may be shown, since more was shown before the tail was lost
	Lost  uint64  // messages that were applied or shown before the broker lost them

	Sections []codec.Section    // what Save writes
	Saved    []collectors.Saved // what Load read
	Size     int64              // bytes that Save wrote, or Load read
}

// restore fills an empty state. It fails when the checkpoint was made with another configuration or key: to count on
// would mix numbers with different meanings.
func (cp *Checkpoint) restore(c Config, set *collectors.Set) error {
	if err := collectors.Readable(cp.Saved); err != nil { // before the settings, of which another version has others
		return unreadable(err)
	}
	if cp.Fingerprint != c.Fingerprint() {
		return fmt.Errorf("checkpoint does not fit: %s; restore the settings, or start with an empty storage path to count the stream anew",
			c.differences(cp.Fingerprint, "the checkpoint"))
	}
	if cp.KeyID != c.KeyID {
		return fmt.Errorf("checkpoint does not fit: key id is %s, the checkpoint has %s; provide the key that the checkpoint was made with, "+
			"or go on under the new one with bot-exporter users rekey", c.KeyID, cp.KeyID)
	}
	if err := set.Restore(cp.Saved); err != nil {
		return unreadable(err)
	}
	return nil
}

func unreadable(err error) error {
	return fmt.Errorf("checkpoint does not fit: %w; start the version of the program that wrote it, or start with an empty storage path to count the stream anew", err)
}

// Store keeps checkpoints, and beside them a mark. Its methods are called by one goroutine at a time, but for SetShown,
// which may run beside the others.
type Store interface {
	// Load returns the newest checkpoint that is whole, ErrNoCheckpoint, or ErrDamaged when none is whole. Any other
	// error must stop the start: a state that cannot be read is not an empty state.
	Load() (*Checkpoint, error)
	// Save writes a checkpoint so that a crash at any moment leaves either it or the one before.
	Save(*Checkpoint) error
	// Shown returns the mark that was set last, and the zero Mark when there is none. After a power cut it may be
	// older, or damaged, which is an error.
	Shown() (Mark, error)
	// SetShown replaces the mark so that it survives the end of the process. It runs for each page, so that it must not
	// wait for the disk.
	SetShown(Mark) error
	// Close gives the storage free for another process.
	Close() error
}

// Errors of Load.
var (
	ErrNoCheckpoint = errors.New("no checkpoint")          // nothing was ever saved
	ErrDamaged      = errors.New("no checkpoint is whole") // there are some
)
