package storage_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

// life is a store on a simulated disk over several power cuts.
type life struct {
	disk   *faultfs.Disk
	rng    *rand.Rand
	sync   faultfs.Hook // stands before Sync and SyncDir of a disk that lies
	faults bool         // calls fail at random
	acked  uint64       // the last checkpoint that Save called durable
	tried  uint64       // the last one that Save was called for
}

func size(n uint64) int { return int(n*2654435761) % 14_000 }

// run opens the store, verifies what it loads, saves, and loses power at a random call.
func (l *life) run() error {
	killAt, calls := 1+l.rng.IntN(90), 0
	fsys := faultfs.Wrap(l.disk, func(c *faultfs.Call, do func() error) error {
		calls++
		switch {
		case calls > killAt:
			return faultfs.ErrDead
		case calls == killAt:
			defer l.disk.Kill()
			if l.rng.IntN(2) == 0 {
				return faultfs.ErrDead
			}
			if c.Op == faultfs.Write {
				c.Data = c.Data[:l.rng.IntN(len(c.Data)+1)]
			}
		case l.faults && l.rng.IntN(40) == 0:
			return l.fault(c, do)
		}
		if l.sync != nil && (c.Op == faultfs.Sync || c.Op == faultfs.SyncDir) {
			return l.sync(c, do)
		}
		return do()
	})
	dead := func() bool { return calls >= killAt }

	var rejected []error
	s, err := storage.Open(storage.Config{Dir: "/d", FS: fsys, Rejected: func(d *storage.DamageError) { rejected = append(rejected, d) }})
	if err == nil {
		var c *exporter.Checkpoint
		c, err = s.Load()
		if dead() || err == nil || errors.Is(err, exporter.ErrNoCheckpoint) || !l.faults {
			if e := l.judge(c, err, rejected, dead()); e != nil {
				return e
			}
		}
		for n := l.rng.IntN(8); n > 0 && !dead(); n-- {
			l.tried++
			if s.Save(checkpoint(l.tried, size(l.tried))) == nil {
				l.acked = l.tried
			}
		}
	} else if !dead() && !l.faults {
		return fmt.Errorf("open: %w", err)
	}
	l.disk.PowerCut()
	return nil
}

func (l *life) fault(c *faultfs.Call, do func() error) error {
	switch {
	case c.Op == faultfs.Sync && l.sync == nil:
		return l.disk.LoseDirty(c.Path)
	case c.Op == faultfs.Write:
		c.Data = c.Data[:l.rng.IntN(len(c.Data)+1)]
		_ = do()
		return syscall.ENOSPC
	case l.rng.IntN(2) == 0:
		_ = do() // it happened, and an error is returned all the same
	}
	return syscall.EIO
}

// judge returns an error unless Load gave what it has to give.
func (l *life) judge(c *exporter.Checkpoint, err error, rejected []error, dead bool) error {
	if dead && err != nil {
		return nil
	}
	if len(rejected) > 0 && !l.faults {
		return fmt.Errorf("rejected: %v", rejected)
	}
	if errors.Is(err, exporter.ErrNoCheckpoint) {
		if l.acked > 0 {
			return fmt.Errorf("no checkpoint and %d was saved", l.acked)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if c.Seq > l.tried || c.Seq < l.acked && len(rejected) == 0 {
		return fmt.Errorf("loaded %d; %d was saved and %d begun", c.Seq, l.acked, l.tried)
	}
	return differ(c, checkpoint(c.Seq, size(c.Seq)))
}

// final is run without faults after the last power cut: everything must be in order again.
func (l *life) final() error {
	var rejected []error
	s, err := storage.Open(storage.Config{Dir: "/d", FS: l.disk, Rejected: func(d *storage.DamageError) { rejected = append(rejected, d) }})
	if err != nil {
		return err
	}
	c, err := s.Load()
	l.faults = false
	if err := l.judge(c, err, rejected, false); err != nil {
		return err
	}
	for range 3 {
		l.tried++
		if err := s.Save(checkpoint(l.tried, 10)); err != nil {
			return err
		}
	}
	names, err := l.disk.ReadDir("/d")
	if len(names) != 3 || strings.Contains(fmt.Sprint(names), "tmp") {
		return fmt.Errorf("%d files are left: %v", len(names), names)
	}
	return err
}

// F8: what was not synced is lost in part, in another order, with torn pages.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	cuts, faulty := 0, 0
	seeds(t, 10_000, func(t *testing.T, seed uint64) {
		l := &life{disk: faultfs.NewDisk(seed), rng: random(seed)}
		l.faults = l.rng.IntN(2) == 0
		if l.faults {
			faulty++
		}
		for range 1 + l.rng.IntN(4) {
			cuts++
			if err := l.run(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if err := l.final(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	})
	t.Logf("%d power cuts; %d runs with failing calls", cuts, faulty)
}

// The simulation is worth something only if it finds what it is there for.
func TestPowerCutsFindWhatLies(t *testing.T) {
	skip := func(op faultfs.Op) faultfs.Hook {
		return func(c *faultfs.Call, do func() error) error {
			if c.Op == op {
				return nil
			}
			return do()
		}
	}
	for name, hook := range map[string]faultfs.Hook{
		"no fsync":           skip(faultfs.Sync),
		"no directory fsync": skip(faultfs.SyncDir),
	} {
		t.Run(name, func(t *testing.T) { found(t, false, hook) })
	}
	t.Run("fsync again after a failure", func(t *testing.T) { found(t, true, nil) })
}

func found(t *testing.T, again bool, hook faultfs.Hook) {
	const tries = 2000
	for seed := range uint64(tries) {
		l := &life{disk: faultfs.NewDisk(seed), rng: random(seed), sync: hook}
		if again {
			l.sync = func(c *faultfs.Call, do func() error) error {
				if c.Op == faultfs.Sync && l.rng.IntN(10) == 0 {
					_ = l.disk.LoseDirty(c.Path)
				}
				return do()
			}
		}
		for range 4 {
			if err := l.run(); err != nil {
				t.Logf("seed %d: %v", seed, err)
				return
			}
		}
	}
	t.Fatalf("not found in %d runs", tries)
}
