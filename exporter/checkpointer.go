package exporter

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// frozen is the state that checkpoints are made of.
type frozen interface {
	Position() Position
	// freeze returns the state as a checkpoint, with its counters. It fails when a counter is lower than it was since.
	freeze(since *counters) (*Checkpoint, *counters, error)
}

// checkpointer decides when a checkpoint is due and writes it beside the fold, one at a time. The fold stands still only
// while the state is frozen.
//
// All methods but start and stop may be called at any time from any goroutine, setInterval from one at a time.
type checkpointer struct {
	store    Store
	log      *slog.Logger
	metrics  *selfMetrics
	most     uint64 // messages between two checkpoints
	state    frozen
	due      chan struct{}
	interval chan time.Duration // a new one
	done     chan struct{}
	wg       sync.WaitGroup

	writing  sync.Mutex    // held while a checkpoint is written; guards epoch, saved and counters
	epoch    uint64        // of the last checkpoint
	saved    bool          // there is one
	counters *counters     // its counters
	seq      atomic.Uint64 // position of the last checkpoint
	tried    atomic.Uint64 // position of the last attempt, which may have failed
	failures atomic.Int32  // in a row, of those that a restart might cure
	last     atomic.Int64  // when the state was last found to be saved, or the start; Unix nanoseconds
}

func newCheckpointer(cfg Config, store Store, log *slog.Logger, metrics *selfMetrics, state frozen) *checkpointer {
	c := &checkpointer{
		store: store, log: log, metrics: metrics, most: cfg.CheckpointMessages, state: state,
		due: make(chan struct{}, 1), interval: make(chan time.Duration, 1), done: make(chan struct{}),
	}
	c.setInterval(cfg.CheckpointInterval)
	c.last.Store(time.Now().UnixNano())
	return c
}

// restored notes the checkpoint that the state was made from.
func (c *checkpointer) restored(cp *Checkpoint, state *counters) {
	c.epoch, c.saved, c.counters = cp.Epoch, true, state
	c.seq.Store(cp.Seq)
	c.tried.Store(cp.Seq)
	c.metrics.checkpointSize.Set(float64(cp.Size))
}

func (c *checkpointer) start() { c.wg.Go(c.loop) }

// stop waits for a checkpoint that is being written.
func (c *checkpointer) stop() {
	close(c.done)
	c.wg.Wait()
}

// trigger asks for a checkpoint soon. It does not wait.
func (c *checkpointer) trigger() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}

// setInterval makes checkpoints due at another interval. It does not wait.
func (c *checkpointer) setInterval(d time.Duration) {
	select {
	case <-c.interval: // not yet taken up
	default:
	}
	c.interval <- d
}

// applied triggers a checkpoint when many messages were applied since the last attempt: a disk that fails is not tried
// with every batch.
func (c *checkpointer) applied(seq uint64) {
	if seq-min(seq, c.tried.Load()) >= c.most {
		c.trigger()
	}
}

func (c *checkpointer) loop() {
	tick := time.NewTicker(<-c.interval)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return
		case d := <-c.interval:
			tick.Reset(d)
			continue
		case <-tick.C:
		case <-c.due:
		}
		_ = c.save() // counted and logged there; the next one is a new attempt
	}
}

// age returns the time since the state was last found to be saved, or since the start when it never was.
func (c *checkpointer) age() time.Duration { return time.Since(time.Unix(0, c.last.Load())) }

// save writes a checkpoint of this moment unless nothing has changed since the last one.
func (c *checkpointer) save() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if at := c.state.Position(); at.Created.IsZero() || c.saved && c.seq.Load() == at.Seq && c.epoch == at.Epoch {
		c.last.Store(time.Now().UnixNano())
		return nil
	}
	cp, now, err := c.state.freeze(c.counters)
	start := time.Now()
	c.tried.Store(cp.Seq)
	if err == nil {
		err = c.store.Save(cp)
	}
	if err != nil {
		if noRoom(err) {
			c.failures.Store(0)
		} else {
			c.failures.Add(1)
		}
		c.metrics.checkpointFailures.Inc()
		c.log.Error("checkpoint failed", "sequence", cp.Seq, "err", err)
		return fmt.Errorf("save checkpoint: %w", err)
	}
	took := time.Since(start)
	c.epoch, c.saved, c.counters = cp.Epoch, true, now
	c.seq.Store(cp.Seq)
	c.failures.Store(0)
	c.metrics.checkpointDuration.Set(took.Seconds())
	c.metrics.checkpointSize.Set(float64(cp.Size))
	c.last.Store(time.Now().UnixNano())
	c.log.Debug("checkpoint written", "sequence", cp.Seq, "bytes", cp.Size, "took", took)
	return nil
}

// maxCheckpointFailures in a row make the process unhealthy, such as of fsync or rename: a restart may find another
// disk. Those that no restart cures do not count (noRoom).
const maxCheckpointFailures = 3

// healthy reports whether checkpoints do not fail again and again in a way that a restart might cure.
func (c *checkpointer) healthy() bool { return c.failures.Load() < maxCheckpointFailures }

// noRoom reports whether the storage is full or may not be written. No restart cures that, and one would throw away the
// newest state there is, which is in memory; the next interval tries again.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS) ||
		errors.Is(err, fs.ErrPermission)
}
