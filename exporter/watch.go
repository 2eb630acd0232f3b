package exporter

import (
	"context"
	"errors"
	"slices"
	"time"
)

// errStalled says that the stream has messages but two checks in a row saw none arrive.
var errStalled = errors.New("no progress")

// errFilterChanged says that the stream was edited and now needs another filter, so it must be opened again.
var errFilterChanged = errors.New("stream was edited")

const (
	endInterval  = 100 * time.Millisecond // between two checks for the end of the stream while KPIs are withheld
	recheckDelay = 500 * time.Millisecond // after a check that found nothing left: batches under way get folded meanwhile
)

// watch checks the stream from time to time: a consumer may stay silent forever when its stream was replaced or its
// server is behind.
func (e *Engine) watch(ctx context.Context, stop context.CancelCauseFunc) {
	end, check := time.NewTicker(endInterval), time.NewTicker(e.cfg.WatchInterval)
	defer end.Stop()
	defer check.Stop()
	var progress progressChecks
	e.checkEnd(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			if e.checkEnd(ctx) {
				end.Stop()
			}
		case <-check.C:
			if err := e.checkStream(ctx, &progress); err != nil {
				stop(err)
				return
			}
			check.Reset(progress.next(e.cfg.WatchInterval))
		}
	}
}

// checkEnd asks the leader what is left when the consumer has nothing more but the engine has not caught up: the
// remaining messages may be deleted, or filtered out. It reports whether the engine has caught up.
func (e *Engine) checkEnd(ctx context.Context) (caughtUp bool) {
	e.mu.Lock()
	s, at := e.status, e.position
	e.mu.Unlock()
	if s.CaughtUp || s.Pending > 0 || max(at.Seq, s.emptyTo) >= s.target {
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
			e.log.Warn("cannot ask stream leader what is left", "err", err)
		}
	default:
		if next == nil {
			e.status.emptyTo = max(e.status.emptyTo, info.Last)
		}
		e.advance(e.status.Pending)
	}
	return e.status.CaughtUp
}

// progressChecks counts what consecutive checks found. It takes two to act on a finding, because messages that were
// already delivered at the first may still be waiting to be folded.
type progressChecks struct {
	seq     uint64 // position at the last check that saw no progress
	stalled int    // checks in a row that found messages but saw none arrive
	empty   int    // checks in a row that found nothing left to read
}

// next returns the time until the next check.
func (c *progressChecks) next(interval time.Duration) time.Duration {
	if c.empty == 1 {
		return min(recheckDelay, interval)
	}
	return interval
}

// checkStream checks that the stream is still the same and that its messages arrive. After an error the source must be
// opened again.
func (e *Engine) checkStream(ctx context.Context, c *progressChecks) error {
	at := e.Position()
	info, err := e.source.Check(ctx, at)
	var mismatch *Mismatch
	switch {
	case errors.As(err, &mismatch), errors.Is(err, ErrNoStream):
		return err
	case err != nil: // Next will report it
		return nil
	}
	if e.filterChanged(info) {
		return errFilterChanged
	}
	behind := e.behind(at, info)
	if !behind || at.Seq != c.seq {
		*c = progressChecks{seq: at.Seq}
	}
	if !behind {
		return nil
	}
	next, info, err := e.source.Ahead(ctx, at)
	if err == nil && next == nil {
		c.stalled = 0
		if c.empty++; c.empty >= 2 {
			e.skipToEnd(at, info.Last)
		}
		return nil
	}
	c.empty = 0
	if c.stalled++; c.stalled >= 2 {
		e.log.Warn("restarting consumer: no progress", "sequence", at.Seq, "last_sequence", info.Last)
		return errStalled
	}
	return nil
}

// filterChanged reports whether the stream needs another filter than the one it was opened with.
func (e *Engine) filterChanged(info StreamInfo) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !slices.Equal(info.Subjects, e.status.stream.Subjects)
}

// behind records the end of the stream. It reports whether there may be messages after the position and none arrived
// during the check.
func (e *Engine) behind(at Position, info StreamInfo) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.status
	s.Last = max(s.Last, info.Last)
	known := e.position.Seq
	if len(s.stream.Subjects) > 0 && known >= e.floor {
		known = max(known, s.emptyTo)
	}
	return info.Last > known && e.position.Seq == at.Seq
}

// skipToEnd moves past the end of the stream once the leader has nothing more to read. Without a filter, the skipped
// messages were deleted before they were read.
func (e *Engine) skipToEnd(at Position, last uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.position.Seq != at.Seq || e.position.Epoch != at.Epoch {
		return
	}
	e.status.emptyTo = max(e.status.emptyTo, last)
	if len(e.status.stream.Subjects) == 0 && last > at.Seq {
		e.log.Warn("skipping messages deleted before they were read", "after_sequence", at.Seq, "messages", last-at.Seq)
		e.set.Lost(last - at.Seq)
		e.position.Seq = last
		e.digests.skipTo(last)
	} else if e.floor > at.Seq && e.floor <= last {
		e.log.Warn("skipping deleted messages that were shown; counters may go down", "after_sequence", at.Seq, "shown", e.floor)
		e.floor = 0
	}
	e.advance(0)
}
