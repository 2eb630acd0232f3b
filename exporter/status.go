package exporter

import (
	"errors"
	"fmt"
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
	Began     int64     // when the first message ever applied was stored, in Unix nanoseconds; 0 before it
	Samples   int       // of all KPIs
	Lost      uint64    // messages that were applied or shown before the broker lost them
	Mismatch  *Mismatch // set in PhaseMismatch

	stream StreamInfo
	silent uint64 // up to this sequence, nothing is left for us, as the leader of the stream says
	target uint64 // the last sequence at the start, as the leader said: there the state has caught up
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
	s.Position, s.Lost = e.position, e.lost
	s.Clock, s.Began, s.Samples = time.Unix(0, e.set.Clock()), e.began(), e.set.Samples()
	s.Last = max(s.Last, s.Position.Seq)
	return s
}

// began returns when the counters of the stream as a whole start.
func (e *Engine) began() int64 {
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
	e.floor = max(e.floor, e.shown(e.position))
	e.forgetMark(e.position)
	s.stream, s.Mismatch, s.Reason = info, nil, ""
	e.metrics.mismatch(nil)
	s.Last, s.Pending = info.Last, info.Pending
	if info.First > e.position.Seq+1 { // dropped before they were read; with a filter, some may not have been ours
		e.set.Lost(info.First - 1 - e.position.Seq)
		e.position.Seq = info.First - 1
	}
	switch {
	case s.CaughtUp:
	case s.target == 0:
		s.target, s.since, s.from = info.Last, time.Now(), e.position.Seq
	case info.Replicas < 2: // with more, the leader may have changed and know less for a moment
		s.target = min(s.target, info.Last)
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

// advance opens the gate once everything is folded that the leader of the stream named at the start, and that was
// shown before. That a consumer has no more messages says nothing: its server may be behind.
func (e *Engine) advance(pending uint64) {
	s, seq := &e.status, e.position.Seq
	s.Pending = pending
	if !s.CaughtUp && max(seq, s.silent) >= s.target && seq >= e.floor {
		s.CaughtUp, s.Remaining = true, 0
		e.floor = 0
		e.checkpointer.trigger() // what was replayed need not be replayed again
		e.log.Info("caught up", "sequence", seq, "messages", seq-min(s.from, seq), "took", time.Since(s.since).Round(time.Millisecond))
	}
	if s.CaughtUp {
		s.Phase, s.Reason = PhaseLive, ""
		return
	}
	s.Remaining = max(s.target, e.floor) - seq
	if pending > 0 && len(s.stream.Subjects) > 0 { // the rest may not be ours
		s.Remaining = min(s.Remaining, pending)
	}
	if s.Reason = ""; e.floor > max(s.Last, seq) {
		s.Reason = fmt.Sprintf("numbers up to message %d were shown, and the broker lost its last messages: they are shown again after message %d", e.floor, e.floor)
	}
	took := time.Since(s.since)
	s.Rate = float64(seq-min(s.from, seq)) / max(took.Seconds(), 1e-3)
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
