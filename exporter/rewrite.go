package exporter

import (
	"errors"
	"fmt"
	"iter"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Generations is a Store that gives access to older checkpoints.
type Generations interface {
	Store
	// Older yields the checkpoints before the one that Load returns, newest first, or why one cannot be read.
	Older() iter.Seq2[*Checkpoint, error]
	// Forget removes all but the newest checkpoint. It fails if one cannot be removed.
	Forget() error
}

// Person is a user as named by events.
type Person struct {
	Bot      string
	Channels []string // every channel seen if empty
	User     string
}

// ErrUnnamed says that a search of every channel missed some: the names of channels beyond the limit are not kept.
var ErrUnnamed = errors.New("more channels were seen than limits.channels, and their names are not kept; name the channels to search")

// Erase removes persons from the newest checkpoint of a storage that no engine uses. It writes a new checkpoint at the
// same position and removes the older ones. If no checkpoint has any of the persons, nothing changes. Totals stay.
func Erase(cfg Config, store Generations, persons []Person) (session.Erased, error) {
	set, cp, err := cfg.newest(store)
	if err != nil {
		return session.Erased{}, err
	}
	before := readCounters(set)
	erased, unnamed := eraseFrom(set, persons)
	if erased.Any() {
		return erased, errors.Join(rewrite(cfg, store, cp, set, before), unnamed)
	}
	var unread error
	for old, err := range store.Older() { // an earlier attempt may have failed to remove them
		if err == nil {
			set, err = cfg.open(old)
		}
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("search older checkpoint: %w", err))
			continue
		}
		if erased, _ = eraseFrom(set, persons); erased.Any() {
			return erased, errors.Join(store.Forget(), unnamed)
		}
	}
	return erased, errors.Join(unread, unnamed)
}

func eraseFrom(set *collectors.Set, persons []Person) (erased session.Erased, unnamed error) {
	seen, all := set.Channels()
	for _, p := range persons {
		channels := p.Channels
		if len(channels) == 0 {
			if channels = seen; !all {
				unnamed = ErrUnnamed
			}
		}
		erased.Add(set.Erase(p.Bot, channels, p.User))
	}
	return erased, unnamed
}

// Rekey switches the newest checkpoint of a storage that no engine uses to another key of the pseudonyms. It discards
// all pseudonyms, writes a new checkpoint at the same position and removes the older ones. Totals stay. The old key is
// not needed. Rekey calls next once only the storage can fail, because next may replace the stored key.
func Rekey(cfg Config, store Generations, next func() (key [16]byte, id string, err error)) (id string, err error) {
	cp, err := store.Load()
	if err != nil {
		return "", fmt.Errorf("load checkpoint: %w", err)
	}
	cfg.KeyID = cp.KeyID
	set, err := cfg.open(cp)
	if err != nil {
		return "", err
	}
	key, id, err := next()
	if err != nil {
		return "", err
	}
	if id == cp.KeyID {
		for old, err := range store.Older() { // an earlier attempt may have failed to remove them
			if err != nil || old.KeyID != id {
				return id, store.Forget()
			}
		}
		return "", fmt.Errorf("the checkpoint already has key %s; give another key", id)
	}
	before := readCounters(set)
	set.Rekey(key)
	cfg.KeyID, cp.KeyID = id, id
	return id, rewrite(cfg, store, cp, set, before)
}

// rewrite saves a changed state as the newest checkpoint at its old position, reads it back, and removes the older ones.
// It first checks that no counter changed.
func rewrite(cfg Config, store Generations, cp *Checkpoint, set *collectors.Set, before *counters) error {
	after := readCounters(set)
	if err := errors.Join(after.decreased(before), before.decreased(after)); err != nil {
		return err
	}
	cp.Raw, cp.Sections = nil, set.Sections()
	if err := store.Save(cp); err != nil {
		return err
	}
	if _, _, err := cfg.newest(store); err != nil {
		return fmt.Errorf("read back new checkpoint (the older ones are still there): %w", err)
	}
	return store.Forget()
}

// newest returns the state of the newest checkpoint.
func (c Config) newest(store Store) (*collectors.Set, *Checkpoint, error) {
	cp, err := store.Load()
	if err != nil {
		return nil, nil, fmt.Errorf("load checkpoint: %w", err)
	}
	set, err := c.open(cp)
	return set, cp, err
}

// open returns the state of a checkpoint that was made with this configuration and key.
func (c Config) open(cp *Checkpoint) (*collectors.Set, error) {
	set := collectors.New(c.KPIs)
	return set, cp.restore(c, set)
}
