package exporter

import (
	"context"
	"errors"
	"slices"
	"time"
)

// errStalled says that messages are there and none comes, for two checks in a row.
var errStalled = errors.New("no progress")

// errOutdated says that an edit of the stream asks for another filter, so that it must be opened again.
var errOutdated = errors.New("stream was edited")

// recheck is the time between two checks when the first found nothing where something was: what was delivered before is
// folded meanwhile.
const recheck = 500 * time.Millisecond

// askEvery is the time between two questions for what is left, while the consumer has nothing and the gate is closed.
const askEvery = 100 * time.Millisecond

// watch looks at the stream from time to time: one that was replaced may deliver nothing, for ever, and so may a consumer
// whose server is behind the others.
func (e *Engine) watch(ctx context.Context, stop context.CancelCauseFunc) {
	ask, check := time.NewTicker(askEvery), time.NewTicker(e.cfg.WatchInterval)
	defer ask.Stop()
	defer check.Stop()
	var w watched
	e.ask(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ask.C:
			if e.ask(ctx) {
				ask.Stop()
			}
		case <-check.C:
			if err := e.look(ctx, &w); err != nil {
				stop(err)
				return
			}
			check.Reset(w.next(e.cfg.WatchInterval))
		}
	}
}

// ask asks the leader for what is left when the consumer has nothing more and the gate is still closed: the rest of
// the stream may be deleted, or for others. It reports whether the gate is open.
func (e *Engine) ask(ctx context.Context) (done bool) {
	e.mu.Lock()
	s, at := e.status, e.position
	e.mu.Unlock()
	if s.CaughtUp || s.Pending > 0 || max(at.Seq, s.silent) >= s.target {
		return s.CaughtUp
	}
	next, info, err := e.source.Ahead(ctx, at)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case err != nil:
		if reason := err.Error(); !e.status.CaughtUp && e.status.Reason != reason {
			e.status.Reason = reason
			e.log.Warn("leader of the stream does not tell what is left", "err", err)
		}
	default:
		if next == nil {
			e.status.silent = max(e.status.silent, info.Last)
		}
		e.advance(e.status.Pending)
	}
	return e.status.CaughtUp
}

// watched is what the checks in a row found. Only what two of them found is acted upon: between, what was delivered
// before the first is folded.
type watched struct {
	at      uint64 // position of the last one without progress
	waiting int    // checks in a row at which there were messages and none came
	nothing int    // at which there was nothing
}

// next returns the time until the next check.
func (w *watched) next(interval time.Duration) time.Duration {
	if w.nothing == 1 {
		return min(recheck, interval)
	}
	return interval
}

// look checks that the stream is the same and that what it holds arrives. After an error it must be opened again.
func (e *Engine) look(ctx context.Context, w *watched) error {
	at := e.Position()
	info, err := e.source.Check(ctx, at)
	var mismatch *Mismatch
	switch {
	case errors.As(err, &mismatch), errors.Is(err, ErrNoStream):
		return err
	case err != nil: // Next finds out by itself
		return nil
	}
	if e.outdated(info) {
		return errOutdated
	}
	behind := e.behind(at, info)
	if !behind || at.Seq != w.at {
		*w = watched{at: at.Seq}
	}
	if !behind {
		return nil
	}
	next, info, err := e.source.Ahead(ctx, at)
	if err == nil && next == nil {
		w.waiting = 0
		if w.nothing++; w.nothing >= 2 {
			e.pass(at, info.Last)
		}
		return nil
	}
	w.nothing = 0
	if w.waiting++; w.waiting >= 2 {
		e.log.Warn("no progress; reading anew", "sequence", at.Seq, "last_sequence", info.Last)
		return errStalled
	}
	return nil
}

// outdated reports whether the stream needs another filter than that it was opened with.
func (e *Engine) outdated(info StreamInfo) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !slices.Equal(info.Subjects, e.status.stream.Subjects)
}

// behind notes the end of the stream, and reports whether there may be messages after the position and none came during
// a check.
func (e *Engine) behind(at Position, info StreamInfo) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	s.Last = max(s.Last, info.Last)
	known := e.position.Seq
	if len(s.stream.Subjects) > 0 && known >= e.floor {
		known = max(known, s.silent)
	}
	return info.Last > known && e.position.Seq == at.Seq
}

// pass goes past the end of the stream, where the leader holds nothing more for us. Without a filter that was deleted
// before it was read.
func (e *Engine) pass(at Position, last uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.position.Seq != at.Seq || e.position.Epoch != at.Epoch {
		return
	}
	e.status.silent = max(e.status.silent, last)
	if len(e.status.stream.Subjects) == 0 && last > at.Seq {
		e.log.Warn("messages at the end of the stream were deleted before they were read", "after_sequence", at.Seq, "messages", last-at.Seq)
		e.set.Lost(last - at.Seq)
		e.position.Seq = last
		e.digests.passed(last)
	} else if e.floor > at.Seq && e.floor <= last {
		e.log.Warn("messages that were shown are deleted; counters may go down", "after_sequence", at.Seq, "shown", e.floor)
		e.floor = 0
	}
	e.advance(0)
}
