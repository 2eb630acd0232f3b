package exporter

import (
	"errors"
	"fmt"
	"iter"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Generations is a Store that lets older checkpoints be seen and removed.
type Generations interface {
	Store
	// Older yields the checkpoints before the one that Load returns, newest first, or why one cannot be read.
	Older() iter.Seq2[*Checkpoint, error]
	// Forget removes all but the newest checkpoint; what cannot be removed is an error.
	Forget() error
}

// Person is a user as events name it.
type Person struct {
	Bot      string
	Channels []string // all that were seen when there are none
	User     string
}

// ErrUnnamed says that there are channels whose names are not kept, since they are beyond the limit, and none was given.
var ErrUnnamed = errors.New("channels beyond limits.channels were seen, whose names are not kept: they have to be given")

// Erase takes persons out of the newest checkpoint of a storage that no engine uses, by a new generation of the same
// position, and removes the older ones. When nobody is found in any of them, nothing changes. Totals stay as they are.
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
			unread = errors.Join(unread, fmt.Errorf("an older checkpoint cannot be searched: %w", err))
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

// Rekey goes on under another key of the pseudonyms, from the newest checkpoint of a storage that no engine uses, by a new
// generation of the same position, and removes the older ones. It forgets all pseudonyms; totals stay as they are. The
// key is asked for when nothing but the storage can fail any more; that of the checkpoint is not needed.
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
		return "", fmt.Errorf("the checkpoint has the key %s already", id)
	}
	before := readCounters(set)
	set.Rekey(key)
	cfg.KeyID, cp.KeyID = id, id
	return id, rewrite(cfg, store, cp, set, before)
}

// rewrite saves a changed state as the newest checkpoint, at the position that it had, reads it back, and removes the
// older ones. That no counter changed is checked before.
func rewrite(cfg Config, store Generations, cp *Checkpoint, set *collectors.Set, before *counters) error {
	after := readCounters(set)
	if err := errors.Join(after.decreased(before), before.decreased(after)); err != nil {
		return err
	}
	cp.Saved, cp.Sections = nil, set.Sections()
	if err := store.Save(cp); err != nil {
		return err
	}
	if _, _, err := cfg.newest(store); err != nil {
		return fmt.Errorf("the new checkpoint cannot be read back; the ones before are still there: %w", err)
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
