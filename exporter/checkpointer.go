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

// freezer is the state that checkpoints are made of.
type freezer interface {
	Position() Position
	// freeze returns the state as a checkpoint, with its counters. It fails when a counter is lower than in since.
	freeze(since *counters) (*Checkpoint, *counters, error)
}

// checkpointer decides when a checkpoint is due and writes it concurrently with the fold, one at a time. The fold waits
// only while the state is frozen.
//
// All methods but start and stop may be called at any time from any goroutine, setInterval from one at a time.
type checkpointer struct {
	store       Store
	log         *slog.Logger
	metrics     *selfMetrics
	maxMessages uint64 // between two checkpoints
	state       freezer
	due         chan struct{}
	interval    chan time.Duration // takes a new interval
	done        chan struct{}
	wg          sync.WaitGroup

	writing  sync.Mutex    // held while a checkpoint is written; guards exists, epoch and counters
	exists   bool          // there is a last checkpoint
	epoch    uint64        // of the last checkpoint
	counters *counters     // of the last checkpoint
	seq      atomic.Uint64 // position of the last checkpoint
	tried    atomic.Uint64 // position of the last attempt, which may have failed
	failures atomic.Int32  // consecutive failures that a restart might cure
	savedAt  atomic.Int64  // when the checkpoint last matched the state, or the start; Unix nanoseconds
}

func newCheckpointer(cfg Config, store Store, log *slog.Logger, metrics *selfMetrics, state freezer) *checkpointer {
	c := &checkpointer{
		store: store, log: log, metrics: metrics, maxMessages: cfg.CheckpointMessages, state: state,
		due: make(chan struct{}, 1), interval: make(chan time.Duration, 1), done: make(chan struct{}),
	}
	c.setInterval(cfg.CheckpointInterval)
	c.savedAt.Store(time.Now().UnixNano())
	return c
}

// restored records the checkpoint that the state was restored from.
func (c *checkpointer) restored(cp *Checkpoint, state *counters) {
	c.exists, c.epoch, c.counters = true, cp.Epoch, state
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

// trigger requests a checkpoint. It does not wait.
func (c *checkpointer) trigger() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}

// setInterval changes the time between two checkpoints. It does not wait.
func (c *checkpointer) setInterval(d time.Duration) {
	select {
	case <-c.interval: // drop one that the loop has not read yet
	default:
	}
	c.interval <- d
}

// applied triggers a checkpoint when enough messages were applied since the last attempt. It counts from the attempt,
// not the last success: a failing disk must not be tried with every batch.
func (c *checkpointer) applied(seq uint64) {
	if seq-min(seq, c.tried.Load()) >= c.maxMessages {
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
		_ = c.save() // counted and logged there; the next tick retries
	}
}

// age returns the time since the checkpoint last matched the state, or since the start if it never did.
func (c *checkpointer) age() time.Duration { return time.Since(time.Unix(0, c.savedAt.Load())) }

// save writes a checkpoint unless nothing has changed since the last one.
func (c *checkpointer) save() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if at := c.state.Position(); at.Created.IsZero() || c.exists && c.seq.Load() == at.Seq && c.epoch == at.Epoch {
		c.savedAt.Store(time.Now().UnixNano())
		return nil
	}
	cp, now, err := c.state.freeze(c.counters)
	start := time.Now()
	c.tried.Store(cp.Seq)
	if err == nil {
		err = c.store.Save(cp)
	}
	if err != nil {
		if cannotWrite(err) {
			c.failures.Store(0)
		} else {
			c.failures.Add(1)
		}
		c.metrics.checkpointFailures.Inc()
		c.log.Error("cannot write checkpoint", "sequence", cp.Seq, "err", err)
		return fmt.Errorf("save checkpoint: %w", err)
	}
	took := time.Since(start)
	c.exists, c.epoch, c.counters = true, cp.Epoch, now
	c.seq.Store(cp.Seq)
	c.failures.Store(0)
	c.metrics.checkpointDuration.Set(took.Seconds())
	c.metrics.checkpointSize.Set(float64(cp.Size))
	c.savedAt.Store(time.Now().UnixNano())
	c.log.Debug("wrote checkpoint", "sequence", cp.Seq, "bytes", cp.Size, "took", took)
	return nil
}

// maxCheckpointFailures consecutive failures, such as of fsync or rename, make the process unhealthy: a restart may find
// another disk. Failures that no restart cures do not count (cannotWrite).
const maxCheckpointFailures = 3

// healthy reports whether checkpoints work, apart from failures that a restart cannot cure.
func (c *checkpointer) healthy() bool { return c.failures.Load() < maxCheckpointFailures }

// cannotWrite reports whether the storage is full or not writable. A restart does not cure that, and it would throw away
// the newest state, which exists only in memory. The next interval tries again.
func cannotWrite(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS) ||
		errors.Is(err, fs.ErrPermission)
}
