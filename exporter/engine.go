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

// Engine is the single owner of the state: it folds the messages of a source into it, keeps checkpoints, and lets
// scrapes read it between two batches.
type Engine struct {
	cfg          Config
	source       Source // since Run
	store        Store
	log          *slog.Logger
	metrics      *selfMetrics
	decoder      *event.Decoder // only the folding goroutine uses it
	checkpointer *checkpointer
	marks        marks
	digests      digester
	short        time.Time  // since when a stream of several replicas ends too early; zero when it does not
	reload       sync.Mutex // one at a time
	damaged      error      // no checkpoint could be read; nil once counting began anew

	mu       sync.Mutex // guards what follows; held for a batch, a copy for a scrape, or a freeze for a checkpoint
	set      *collectors.Set
	position Position
	trail    trail
	rejects  rejects
	floor    uint64 // sequence below which nothing may be shown
	lost     uint64 // messages that were applied or shown before the broker lost them
	status   Status
}

// New returns an Engine that goes on from the newest checkpoint of the store. It fails when that checkpoint does not
// fit the configuration: to count on would mix numbers with different meanings.
func New(cfg Config, store Store, log *slog.Logger) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, store: store, log: log,
		decoder: event.NewDecoder(cfg.Events),
		set:     collectors.New(cfg.KPIs),
		status:  Status{Phase: PhaseConnecting},
		digests: digester{every: digestEvery, rest: digestRest},
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
	if e.marks.last, err = e.store.Shown(); err != nil {
		e.log.Error("mark of what was shown is not readable; counters may go down", "err", err)
	}
	cp, err := e.store.Load()
	switch {
	case errors.Is(err, ErrNoCheckpoint):
		return nil
	case errors.Is(err, ErrDamaged):
		e.damaged = err
		e.log.Error("checkpoints are damaged", "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("load checkpoint: %w", err)
	}
	if err := cp.restore(e.cfg, e.set); err != nil {
		return err
	}
	e.position = cp.Position
	e.position.Shown = e.shown(e.position)
	e.trail.restore(cp.Known)
	e.floor, e.lost = cp.Floor, cp.Lost
	e.checkpointer.restored(cp, readCounters(e.set))
	e.log.Info("restored checkpoint", "stream", cp.Stream, "sequence", cp.Seq, "epoch", cp.Epoch)
	return nil
}

// fold applies one batch: the only place where state and position change, and they change together.
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
		if m.Seq > e.digests.next { // there is no message at the mark
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

// Position returns the position of the last message applied, with its anchor.
func (e *Engine) Position() Position {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.position
}

// Read calls f with the state between two batches, and returns the position that it is of. While KPIs may not be shown it
// reports false and does not call f. The fold stands still meanwhile; f must be quick, and keep nothing of the state.
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
