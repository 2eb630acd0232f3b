package exporter

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Engine owns the state. It folds the messages of a source into it, keeps checkpoints, and lets scrapes read it between
// two batches.
type Engine struct {
	cfg          Config
	source       Source // since Run
	store        Store
	log          *slog.Logger
	metrics      *selfMetrics
	decoder      *event.Decoder // only the folding goroutine uses it
	checkpointer *checkpointer
	mark         shownMark
	digests      digester
	shortSince   time.Time // when a replicated stream was first seen to end too early; zero while it does not
	reloading    sync.Mutex
	damaged      error // why no checkpoint could be read; nil once counting has started again

	mu       sync.Mutex // guards the fields below; held for a batch, a copy for a scrape, or a freeze for a checkpoint
	set      *collectors.Set
	position Position
	trail    trail
	rejects  rejects
	floor    uint64 // sequence below which nothing may be shown
	lost     uint64 // messages that were applied or shown before the broker lost them
	status   Status
}

// New returns an Engine that continues from the newest checkpoint of the store. It fails when that checkpoint does not
// fit the configuration: continuing would mix numbers with different meanings.
func New(cfg Config, store Store, log *slog.Logger) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, store: store, log: log,
		decoder: event.NewDecoder(cfg.Events),
		set:     collectors.New(cfg.KPIs),
		status:  Status{Phase: PhaseConnecting},
		digests: digester{every: digestEvery, restFactor: digestRestFactor},
	}
	e.metrics = newSelfMetrics(e)
	e.checkpointer = newCheckpointer(cfg, store, log, e.metrics, e)
	if err := e.restore(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) restore() error {
	var err error
	if e.mark.last, err = e.store.Shown(); err != nil {
		e.log.Error("cannot read mark; counters may go down", "err", err)
	}
	cp, err := e.store.Load()
	switch {
	case errors.Is(err, ErrNoCheckpoint):
		return nil
	case errors.Is(err, ErrDamaged):
		e.damaged = err
		e.log.Error("found no intact checkpoint", "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("load checkpoint: %w", err)
	}
	if err := cp.restore(e.cfg, e.set); err != nil {
		return err
	}
	e.position = cp.Position
	e.position.Shown = e.shownTo(e.position)
	e.trail.restore(cp.Known)
	e.floor, e.lost = cp.Floor, cp.Lost
	e.checkpointer.restored(cp, readCounters(e.set))
	e.log.Info("restored checkpoint", "stream", cp.Stream, "sequence", cp.Seq, "epoch", cp.Epoch)
	return nil
}

// fold applies one batch. State and position change together.
func (e *Engine) fold(b Batch) {
	start := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	var ev event.Event
	for i := range b.Messages {
		m := &b.Messages[i]
		if m.Seq <= e.position.Seq {
			e.metrics.redelivered.Inc()
			continue
		}
		if m.Seq > e.digests.next { // no message at the boundary
			e.digests.take(m.Seq-1, e.set, e.status.CaughtUp)
		}
		if lost := m.Seq - e.position.Seq - 1; lost > 0 && len(e.status.stream.Subjects) == 0 {
			e.set.Lost(lost)
		}
		e.apply(m, &ev)
		if m.Seq == e.digests.next {
			e.digests.take(m.Seq, e.set, e.status.CaughtUp)
		}
	}
	e.progress(b)
	e.checkpointer.applied(e.position.Seq)
	e.metrics.fold.Observe(time.Since(start).Seconds())
}

func (e *Engine) apply(m *Message, ev *event.Event) {
	if !m.Skip {
		var reject *event.Reject
		if err := e.decoder.Decode(m.Header, m.Data, ev); err != nil {
			reject = err.(*event.Reject) //nolint:errorlint,errcheck // Decode returns nothing else
			e.rejects.add(m, *reject, e.log)
		}
		e.set.Fold(m.Time, ev, reject)
	}
	e.position.Seq, e.position.Anchor = m.Seq, NewAnchor(m.Time, m.Data)
	e.trail.add(m.Seq, e.position.Anchor)
}

// Position returns the position of the last message applied.
func (e *Engine) Position() Position {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.position
}

// Read calls f with the state between two batches and returns the state's position. While KPIs may not be shown it
// returns false and does not call f. The fold waits meanwhile: f must be quick, and must not retain the state.
func (e *Engine) Read(f func(*collectors.Set)) (at Position, shown bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.status.Shows() {
		return Position{}, false
	}
	f(e.set)
	return e.position, true
}

func (e *Engine) freeze(since *counters) (*Checkpoint, *counters, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := readCounters(e.set)
	cp := &Checkpoint{
		Position: e.position, Fingerprint: e.cfg.Fingerprint(), KeyID: e.cfg.KeyID, Floor: e.floor, Lost: e.lost,
		Sections: e.set.Sections(), Known: e.trail.list(),
	}
	err := now.decreased(since)
	return cp, now, err
}
