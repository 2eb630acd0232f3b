package exporter

import (
	"errors"
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// Checkpoint is the state together with the position that led to it. Both are written, or neither.
type Checkpoint struct {
	Position
	Fingerprint string // of the settings that affect the numbers
	KeyID       string // names the key of the pseudonyms without revealing it

	Known []Known // messages applied, oldest first: where the stream differs from them, the broker lost its tail
	Floor uint64  // sequence below which nothing may be shown, because more was shown before the tail was lost
	Lost  uint64  // messages that were applied or shown before the broker lost them

	Sections []codec.Section         // for Save to write
	Raw      []collectors.RawSection // read by Load
	Size     int64                   // bytes written by Save or read by Load
}

// restore fills an empty state. It fails when the checkpoint was made with another configuration or key: continuing
// would mix numbers with different meanings.
func (cp *Checkpoint) restore(c Config, set *collectors.Set) error {
	if err := collectors.Readable(cp.Raw); err != nil { // first, because another version also has other settings
		return unreadable(err)
	}
	if cp.Fingerprint != c.Fingerprint() {
		return fmt.Errorf("checkpoint does not fit: %s; restore the settings, or start with an empty storage path to count the stream again",
			c.differences(cp.Fingerprint, "the checkpoint"))
	}
	if cp.KeyID != c.KeyID {
		return fmt.Errorf("checkpoint does not fit: key id is %s, the checkpoint has %s; provide the key that the checkpoint was made with, "+
			"or switch to the new one with bot-exporter users rekey", c.KeyID, cp.KeyID)
	}
	if err := set.Restore(cp.Raw); err != nil {
		return unreadable(err)
	}
	return nil
}

func unreadable(err error) error {
	return fmt.Errorf("checkpoint does not fit: %w; start the version of the program that wrote it, or start with an empty storage path to count the stream again", err)
}

// Store keeps checkpoints and the mark. One goroutine at a time calls its methods, except SetShown, which may run
// concurrently with the others.
type Store interface {
	// Load returns the newest intact checkpoint, ErrNoCheckpoint, or ErrDamaged when none is intact. Any other error
	// must stop the start: a state that cannot be read is not an empty state.
	Load() (*Checkpoint, error)
	// Save writes a checkpoint so that a crash at any moment leaves either it or the previous one.
	Save(*Checkpoint) error
	// Shown returns the last mark set, or the zero Mark when there is none. After a power cut the mark may be older, or
	// damaged, which is an error.
	Shown() (Mark, error)
	// SetShown replaces the mark so that it survives the end of the process. It runs for every page, so it must not
	// wait for the disk.
	SetShown(Mark) error
	// Close releases the storage for another process.
	Close() error
}

// Errors of Load.
var (
	ErrNoCheckpoint = errors.New("no checkpoint")           // none was ever saved
	ErrDamaged      = errors.New("no checkpoint is intact") // there are some, all damaged
)
