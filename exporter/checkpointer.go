package exporter

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// saver decides when a checkpoint is due and writes it beside the fold, one at a time.
type saver struct {
	engine *Engine
	due    chan struct{}
	every  chan time.Duration // a new interval
	done   chan struct{}
	wg     sync.WaitGroup

	writing sync.Mutex    // held while a checkpoint is written; guards epoch, saved and tallies
	epoch   uint64        // of the last checkpoint
	saved   bool          // there is one
	tallies *tallies      // its counters
	seq     atomic.Uint64 // position of the last checkpoint
	tried   atomic.Uint64 // position of the last attempt, which may have failed
	failed  atomic.Int32  // failures in a row that a restart might cure

	mu   sync.Mutex
	last time.Time // when it was written, or the start
}

func (s *saver) init(e *Engine) {
	s.engine, s.due, s.done = e, make(chan struct{}, 1), make(chan struct{})
	s.every = make(chan time.Duration, 1)
	s.last = time.Now()
}

func (s *saver) start() { s.wg.Go(s.loop) }

func (s *saver) restored(cp *Checkpoint) {
	s.epoch, s.saved, s.tallies = cp.Epoch, true, tally(s.engine.set)
	s.seq.Store(cp.Seq)
	s.tried.Store(cp.Seq)
	s.engine.metrics.checkpointSize.Set(float64(cp.Size))
}

// stop waits for a checkpoint that is being written.
func (s *saver) stop() {
	close(s.done)
	s.wg.Wait()
}

// urge asks for a checkpoint soon. It does not wait.
func (s *saver) urge() {
	select {
	case s.due <- struct{}{}:
	default:
	}
}

// interval makes checkpoints due at another interval. It does not wait; only one goroutine may call it at a time.
func (s *saver) interval(d time.Duration) {
	select {
	case <-s.every: // not yet taken up
	default:
	}
	s.every <- d
}

// applied asks for a checkpoint when many messages were applied since the last one was tried: a disk that fails is not
// tried with every batch.
func (s *saver) applied(seq uint64) {
	if seq-min(seq, s.tried.Load()) >= s.engine.cfg.CheckpointMessages {
		s.urge()
	}
}

func (s *saver) loop() {
	tick := time.NewTicker(s.engine.cfg.CheckpointInterval)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case d := <-s.every:
			tick.Reset(d)
			continue
		case <-tick.C:
		case <-s.due:
		}
		_ = s.engine.save() // counted and logged there; the next one is a new attempt
	}
}

// age returns the time since the last checkpoint, or since the start when there is none yet.
func (s *saver) age() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.last)
}

// save writes a checkpoint of this moment unless nothing has changed since the last one. The fold stands still only
// while the state is frozen.
func (e *Engine) save() error {
	s := &e.saver
	s.writing.Lock()
	defer s.writing.Unlock()

	e.mu.Lock()
	cp := &Checkpoint{Position: e.position, Fingerprint: e.cfg.Fingerprint(), KeyID: e.cfg.KeyID, Floor: e.floor, Lost: e.lost}
	if cp.Created.IsZero() || s.saved && s.seq.Load() == cp.Seq && s.epoch == cp.Epoch {
		e.mu.Unlock()
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
		return nil
	}
	cp.Sections, cp.Known = e.set.Sections(), e.trail.list()
	counters := tally(e.set)
	err := counters.fell(s.tallies)
	e.mu.Unlock()

	start := time.Now()
	s.tried.Store(cp.Seq)
	if err == nil {
		err = e.store.Save(cp)
	}
	if err != nil {
		if noRoom(err) {
			s.failed.Store(0)
		} else {
			s.failed.Add(1)
		}
		e.metrics.checkpointFailures.Inc()
		e.log.Error("checkpoint failed", "sequence", cp.Seq, "err", err)
		return fmt.Errorf("save checkpoint: %w", err)
	}
	took := time.Since(start)
	s.epoch, s.saved, s.tallies = cp.Epoch, true, counters
	s.seq.Store(cp.Seq)
	s.failed.Store(0)
	e.metrics.checkpointDuration.Set(took.Seconds())
	e.metrics.checkpointSize.Set(float64(cp.Size))
	s.mu.Lock()
	s.last = time.Now()
	s.mu.Unlock()
	e.log.Debug("checkpoint written", "sequence", cp.Seq, "bytes", cp.Size, "took", took)
	return nil
}

// noRoom tells whether the storage refuses in good order: it is full, or may not be written. No restart cures that, and
// one would throw away the newest state there is, which is in memory; the next interval tries again.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EROFS) ||
		errors.Is(err, fs.ErrPermission)
}
