package exporter

import (
	"errors"
	"fmt"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
)

// Phase says what the engine is doing.
type Phase string

// Phases of an engine.
const (
	PhaseConnecting  Phase = "connecting"  // the source is not open and the engine has not caught up
	PhaseNoStream    Phase = "no_stream"   // the broker has no such stream
	PhaseCatchingUp  Phase = "catching_up" // folding messages from before the start
	PhaseLive        Phase = "live"        // following the stream
	PhaseInterrupted Phase = "interrupted" // was live; opening the source again
	PhaseMismatch    Phase = "mismatch"    // the stream is not the one that the state was made from
)

// Status describes the engine at one moment.
type Status struct {
	Phase     Phase
	Reason    string    // why the phase is not live, for people
	CaughtUp  bool      // everything stored before the start is folded
	Position  Position  // of the last message applied
	Last      uint64    // last sequence of the stream, as far as known
	Pending   uint64    // messages not yet folded
	Remaining uint64    // of Pending, those that must be folded before KPIs are shown
	Rate      float64   // messages folded per second while catching up
	Clock     time.Time // fold clock
	Began     int64     // stored time of the first message ever applied, Unix nanoseconds; 0 before it
	Samples   int       // samples of all KPIs
	Lost      uint64    // messages that were applied or shown before the broker lost them
	Mismatch  *Mismatch // set in PhaseMismatch
	Advice    []Advice  // what was last found wrong with settings of the stream; nobody changes it

	stream      StreamInfo
	emptyTo     uint64 // up to this sequence nothing is left to read, according to the stream leader
	target      uint64 // last sequence at the start, according to the leader: reaching it means caught up
	replaySince time.Time
	replayFrom  uint64    // position at replaySince
	loggedAt    time.Time // last progress report
}

// Ready reports whether the numbers are complete and up to date, and if not, why.
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

// Left estimates how long catching up will take, from the rate so far.
func (s Status) Left() time.Duration {
	return time.Duration(float64(s.Remaining) / max(s.Rate, 1) * float64(time.Second))
}

// Shows reports whether KPIs may be shown: not before the engine has caught up, since a counter would go down, and not
// while the stream is another one than the state's.
func (s Status) Shows() bool { return s.CaughtUp && s.Mismatch == nil }

// Status returns the current status.
func (e *Engine) Status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.status
	s.Position, s.Lost = e.position, e.lost
	s.Clock, s.Began, s.Samples = time.Unix(0, e.set.Clock()), e.began(), e.set.Samples()
	s.Last = max(s.Last, s.Position.Seq)
	return s
}

// began returns the stored time of the first message ever applied, in Unix nanoseconds.
func (e *Engine) began() int64 {
	for _, f := range e.set.Families() {
		if f.Def() == collectors.Events {
			return f.Start(0)
		}
	}
	panic("BUG: " + collectors.Events.Name + " is no family")
}

// opened starts to follow a verified stream.
func (e *Engine) opened(info StreamInfo) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	if e.position.Stream == "" || e.position.Created.IsZero() {
		// First start: messages dropped before it are no loss.
		e.position.Seq = max(e.position.Seq, info.First-min(1, info.First))
	}
	e.position.Stream, e.position.Created, e.position.Subjects = info.Name, info.Created, info.Filter
	e.floor = max(e.floor, e.shownTo(e.position))
	e.replaceMark(e.position)
	s.stream, s.Mismatch, s.Reason = info, nil, ""
	e.metrics.setMismatch(nil)
	s.Last, s.Pending = info.Last, info.Pending
	if info.First > e.position.Seq+1 { // dropped before they were read
		e.set.Lost(info.First - 1 - e.position.Seq)
		e.position.Seq = info.First - 1
	}
	switch {
	case s.CaughtUp:
	case s.target == 0:
		s.target, s.replaySince, s.replayFrom = info.Last, time.Now(), e.position.Seq
	case info.Replicas < 2: // with more, a new leader may briefly know less
		s.target = min(s.target, info.Last)
	}
	e.digests.skipTo(e.position.Seq)
	s.Phase = PhaseCatchingUp
	e.advance(info.Pending)
	e.log.Info("following stream", "stream", info.Name, "after_sequence", e.position.Seq, "last_sequence", info.Last, "pending", info.Pending)
}

// progress updates the status after a batch.
func (e *Engine) progress(b Batch) {
	if len(b.Messages) == 0 {
		return
	}
	e.status.Last = max(e.status.Last, e.position.Seq)
	e.advance(b.Pending)
}

// advance declares the engine caught up once it has folded everything that the leader had at the start and everything
// shown before. A consumer without more messages proves nothing: its server may be behind.
func (e *Engine) advance(pending uint64) {
	s, seq := &e.status, e.position.Seq
	s.Pending = pending
	if !s.CaughtUp && max(seq, s.emptyTo) >= s.target && seq >= e.floor {
		s.CaughtUp, s.Remaining = true, 0
		e.floor = 0
		e.checkpointer.trigger() // so that a crash does not repeat the replay
		e.log.Info("caught up", "sequence", seq, "messages", seq-min(s.replayFrom, seq), "took", time.Since(s.replaySince).Round(time.Millisecond))
	}
	if s.CaughtUp {
		s.Phase, s.Reason = PhaseLive, ""
		return
	}
	s.Remaining = max(s.target, e.floor) - seq
	if pending > 0 && len(s.stream.Subjects) > 0 { // the filter may leave out the rest
		s.Remaining = min(s.Remaining, pending)
	}
	if s.Reason = ""; e.floor > max(s.Last, seq) {
		s.Reason = fmt.Sprintf("numbers up to message %d were shown before the broker lost its last messages; they will be shown again after message %d", e.floor, e.floor)
	}
	took := time.Since(s.replaySince)
	s.Rate = float64(seq-min(s.replayFrom, seq)) / max(took.Seconds(), 1e-3)
	if time.Since(s.loggedAt) > 5*time.Second && took > 5*time.Second {
		s.loggedAt = time.Now()
		e.log.Info("catching up", "remaining", s.Remaining, "per_second", int(s.Rate), "left", s.Left().Round(time.Second))
	}
}

// interrupted records why the engine stopped following the stream.
func (e *Engine) interrupted(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	before := s.Phase
	var mismatch *Mismatch
	switch {
	case errors.As(err, &mismatch):
		s.Phase, s.Mismatch = PhaseMismatch, mismatch
	case s.Mismatch != nil: // stays until a stream is verified
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
		e.log.Warn("stopped following stream", "phase", string(s.Phase), "err", reason)
	}
	s.Reason = reason
}
