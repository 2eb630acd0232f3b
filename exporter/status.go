package exporter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
)

// Phase is what the engine is doing.
type Phase string

// Phases of an engine.
const (
	PhaseConnecting  Phase = "connecting"  // no source yet, or none any more
	PhaseNoStream    Phase = "no_stream"   // the broker has no such stream
	PhaseCatchingUp  Phase = "catching_up" // messages from before the start are being folded
	PhaseLive        Phase = "live"        // following the stream
	PhaseInterrupted Phase = "interrupted" // was live; the source is being opened again
	PhaseMismatch    Phase = "mismatch"    // the stream is another one than that of the state
)

// Status is a copy of what the engine knows of itself.
type Status struct {
	Phase     Phase
	Reason    string    // why the phase is not live, for a person
	CaughtUp  bool      // everything stored before the start is folded
	Position  Position  // of the last message applied
	Last      uint64    // last sequence of the stream, as far as known
	Pending   uint64    // messages not yet folded
	Remaining uint64    // of Pending, those that must be folded before KPIs are shown
	Rate      float64   // messages folded per second while catching up
	Clock     time.Time // fold clock
	Mismatch  *Mismatch // set in PhaseMismatch

	stream StreamInfo
	silent uint64 // up to this sequence, nothing is left for us
	target uint64 // the sequence at which the state has caught up
	since  time.Time
	from   uint64
	logged time.Time
}

// Ready tells whether the numbers are complete and kept up to date, and why not.
func (s Status) Ready() (bool, string) {
	if s.Phase == PhaseLive {
		return true, ""
	}
	if s.Reason != "" {
		return false, string(s.Phase) + ": " + s.Reason
	}
	if s.Remaining > 0 {
		return false, fmt.Sprintf("%s: %d messages remain, about %s", s.Phase, s.Remaining, s.Left().Round(time.Second))
	}
	return false, string(s.Phase)
}

// Left is how long catching up will still take at its rate so far.
func (s Status) Left() time.Duration {
	return time.Duration(float64(s.Remaining) / max(s.Rate, 1) * float64(time.Second))
}

// Shows tells whether KPIs may be shown: never before the state has caught up, since a counter would go down, and not
// while it belongs to another stream.
func (s Status) Shows() bool { return s.CaughtUp && s.Mismatch == nil }

// Status returns what the engine is doing.
func (e *Engine) Status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.status
	s.Position = e.position
	s.Clock = time.Unix(0, e.set.Clock())
	s.Last = max(s.Last, s.Position.Seq)
	return s
}

// began returns when the first message ever applied was stored, in Unix nanoseconds, and 0 before it: the counters of
// the stream as a whole start then.
func (e *Engine) began() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.set.Families() {
		if f.Def() == collectors.Events {
			return f.Start(0)
		}
	}
	panic("BUG: " + collectors.Events.Name + " is no family")
}

// opened starts to follow a stream that was verified.
func (e *Engine) opened(info StreamInfo) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	if e.position.Stream == "" || e.position.Created.IsZero() {
		// The first start: what the stream dropped before it was never ours to count.
		e.position.Seq = max(e.position.Seq, info.First-min(1, info.First))
	}
	e.position.Stream, e.position.Created, e.position.Subjects = info.Name, info.Created, info.Filter
	s.stream, s.Mismatch, s.Reason = info, nil, ""
	e.metrics.mismatch(nil)
	s.Last, s.Pending = info.Last, info.Pending
	if info.First > e.position.Seq+1 { // dropped before they were read; with a filter, some may not have been ours
		e.set.Lost(info.First - 1 - e.position.Seq)
		e.position.Seq = info.First - 1
	}
	e.vacated(info)
	if !s.CaughtUp && s.target == 0 {
		s.target, s.since, s.from = info.Last, time.Now(), e.position.Seq
	}
	e.digests.passed(e.position.Seq)
	s.Phase = PhaseCatchingUp
	e.advance(info.Pending)
	e.log.Info("following stream", "stream", info.Name, "after_sequence", e.position.Seq, "last_sequence", info.Last, "pending", info.Pending)
}

// progress notes how far the fold has come.
func (e *Engine) progress(b Batch) {
	if len(b.Messages) == 0 {
		return
	}
	e.status.Last = max(e.status.Last, e.position.Seq)
	e.advance(b.Pending)
}

func (e *Engine) advance(pending uint64) {
	s := &e.status
	s.Pending = pending
	if pending == 0 {
		s.silent = max(s.silent, s.stream.Last)
	}
	if s.CaughtUp || e.position.Seq >= s.target || pending == 0 {
		if !s.CaughtUp {
			s.CaughtUp, s.Remaining = true, 0
			e.saver.urge() // what was replayed need not be replayed again
			e.log.Info("caught up", "sequence", e.position.Seq, "messages", e.position.Seq-min(s.from, e.position.Seq), "took", time.Since(s.since).Round(time.Millisecond))
		}
		s.Phase = PhaseLive
		return
	}
	s.Remaining = min(pending, s.target-e.position.Seq)
	took := time.Since(s.since)
	s.Rate = float64(e.position.Seq-s.from) / max(took.Seconds(), 1e-3)
	if time.Since(s.logged) > 5*time.Second && took > 5*time.Second {
		s.logged = time.Now()
		e.log.Info("catching up", "remaining", s.Remaining, "per_second", int(s.Rate), "left", s.Left().Round(time.Second))
	}
}

// interrupted notes why the source is not followed at the moment.
func (e *Engine) interrupted(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	before := s.Phase
	var mismatch *Mismatch
	switch {
	case errors.As(err, &mismatch):
		s.Phase, s.Mismatch = PhaseMismatch, mismatch
	case s.Mismatch != nil: // stays what it is until the stream was verified
	case errors.Is(err, ErrNoStream):
		s.Phase = PhaseNoStream
	case s.CaughtUp:
		s.Phase = PhaseInterrupted
	default:
		s.Phase = PhaseConnecting
	}
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	if s.Phase != before || s.Reason != reason {
		e.log.Warn("not following the stream", "phase", string(s.Phase), "err", reason)
	}
	s.Reason = reason
}

// resolve does what the policy says when the stream is another one.
func (e *Engine) resolve(ctx context.Context, m *Mismatch) (StreamInfo, error) {
	e.metrics.mismatch(m)
	if e.cfg.OnMismatch == Halt {
		return StreamInfo{}, m
	}
	e.mu.Lock()
	e.log.Warn("stream identity is broken", "policy", string(e.cfg.OnMismatch), "field", m.Field, "have", m.Have, "want", m.Want)
	if e.cfg.OnMismatch == Reset {
		e.set = collectors.New(e.cfg.KPIs)
	}
	e.position = Position{Epoch: e.position.Epoch + 1}
	e.digests.reset()
	e.lastData, e.unhashed = nil, false
	e.status.CaughtUp, e.status.target, e.status.silent = false, 0, 0
	at := e.position
	e.mu.Unlock()
	return e.source.Open(ctx, at)
}

// watch looks at the stream from time to time: a stream that was replaced may deliver nothing, for ever.
func (e *Engine) watch(ctx context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(e.cfg.WatchInterval)
	defer tick.Stop()
	stalled := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		at := e.Position()
		info, err := e.source.Check(ctx, at)
		var mismatch *Mismatch
		switch {
		case errors.As(err, &mismatch), errors.Is(err, ErrNoStream):
			stop(err)
			return
		case err != nil: // Next finds out by itself
			continue
		}
		if e.outdated(at, info) {
			stop(errOutdated)
			return
		}
		if !e.behind(at, info) {
			stalled = 0
		} else if stalled++; stalled >= 2 {
			e.log.Warn("no progress; reading anew", "sequence", at.Seq, "pending", info.Pending)
			stop(errStalled)
			return
		}
	}
}

// errStalled says that messages are there and none comes, for two checks in a row.
var errStalled = errors.New("no progress")

// errOutdated says that the stream must be opened again to be read as it is now.
var errOutdated = errors.New("stream has changed")

// outdated reports whether the rest of the stream was deleted before it was read, or an edit of the stream asks for
// another filter. Messages on their way are forgotten when the source is opened again, so that none of them counts twice.
func (e *Engine) outdated(at Position, info StreamInfo) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	gone := len(info.Subjects) == 0 && info.Vacant > at.Seq && e.position.Seq == at.Seq
	return gone || !slices.Equal(info.Subjects, s.stream.Subjects)
}

// vacated moves the position over the rest of a stream that was deleted before it was read. With a filter, it may not
// have been ours.
func (e *Engine) vacated(info StreamInfo) {
	if len(info.Subjects) == 0 && info.Vacant > e.position.Seq {
		e.set.Lost(info.Vacant - e.position.Seq)
		e.position.Seq = info.Vacant
	}
}

// behind notes the end of the stream, and tells whether there may be messages after the position and none came during
// a check. That the rest of the stream is deleted or for others is only known once the source was opened again.
func (e *Engine) behind(at Position, info StreamInfo) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status.Last = max(e.status.Last, info.Last)
	return info.Pending > 0 && info.Last > e.status.silent && e.position.Seq == at.Seq
}

// backoff waits longer after each failure in a row, with jitter so that replicas do not come back at once.
type backoff struct {
	least, most, next time.Duration
}

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) wait(ctx context.Context) {
	b.next = min(max(2*b.next, b.least), b.most)
	t := time.NewTimer(b.next/2 + rand.N(b.next/2+1))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
