package exporter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
)

// leaderPatience is how long a replicated stream may end too early before its tail counts as lost: a new leader may not
// yet have applied what the old one delivered.
const leaderPatience = 30 * time.Second

// resolve applies the policy when the stream is another one, or lost its tail.
func (e *Engine) resolve(ctx context.Context, m *Mismatch) (StreamInfo, error) {
	e.metrics.setMismatch(m)
	switch e.cfg.OnMismatch {
	case Resume:
		if err := e.resume(ctx, m); err != nil {
			return StreamInfo{}, err
		}
	case Rebase, Reset:
		e.startOver(m)
	default:
		return StreamInfo{}, m
	}
	return e.source.Open(ctx, e.Position())
}

// startOver continues with another stream from its first message.
func (e *Engine) startOver(m *Mismatch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log.Warn("switching to another stream", "policy", string(e.cfg.OnMismatch), "field", m.Field, "have", m.Have, "want", m.Want)
	if e.cfg.OnMismatch == Reset {
		e.set = collectors.New(e.cfg.KPIs)
		e.lost = 0
	}
	e.trail, e.floor = trail{}, 0
	e.restartAt(Position{Epoch: e.position.Epoch + 1})
}

// restartAt moves to a position in another stream, or in another history of the same stream.
func (e *Engine) restartAt(at Position) {
	e.position = at
	e.digests.reset()
	e.status.CaughtUp, e.status.target, e.status.emptyTo = false, 0, 0
}

// verifyHistory compares the newest known message that the stream still has. It is for when the message of the position
// itself is gone.
func (e *Engine) verifyHistory(ctx context.Context, info StreamInfo) error {
	e.mu.Lock()
	d := divergence{source: e.source, at: e.position, known: e.trail.list()}
	e.mu.Unlock()
	for _, k := range slices.Backward(d.known) {
		if k.Seq < info.First {
			return nil
		}
		switch v, err := d.compare(ctx, k); {
		case err != nil:
			return err
		case v == different:
			return &Mismatch{Field: "anchor", Want: fmt.Sprintf("message %d stored %s", k.Seq, time.Unix(0, k.Time).UTC()), Have: "another message"}
		case v == same:
			return nil
		}
	}
	return nil
}

// resume goes back to the last message that the state and a stream without its old tail have in common. What was counted
// after it stays counted, since it happened. What the stream holds after it is new.
func (e *Engine) resume(ctx context.Context, m *Mismatch) error {
	if m.Field != "last_sequence" && m.Field != "anchor" {
		return m
	}
	e.mu.Lock()
	at, floor := e.position, max(e.floor, e.position.Shown)
	d := divergence{source: e.source, at: at, known: e.trail.list()}
	e.mu.Unlock()
	if err := d.find(ctx); err != nil {
		return fmt.Errorf("%w; cannot resume: %w", m, err)
	}
	switch {
	case d.common.Seq == at.Seq && d.info.Last >= max(at.Seq, at.Shown): // the tail came back
		return nil
	case d.info.Replicas > 1 && d.info.Last < max(at.Seq, at.Shown):
		if e.shortSince.IsZero() {
			e.shortSince = time.Now()
		}
		if time.Since(e.shortSince) < leaderPatience {
			return m
		}
	}
	e.shortSince = time.Time{}

	shownOnly := max(floor, at.Seq) - at.Seq // messages that were shown but are in no checkpoint
	lost := d.lost()
	switch {
	case d.common.Seq < at.Seq:
		lost += shownOnly
	case at.Shown > d.info.Last:
		lost += at.Shown - max(at.Seq, d.info.Last)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.log.Warn("broker lost its last messages; resuming after the last common one", "sequence", d.common.Seq,
		"stored", time.Unix(0, d.common.Time).UTC(), "lost", lost, "field", m.Field, "have", m.Have, "want", m.Want)
	e.trail.cut(d.common)
	e.lost += lost
	if e.floor = 0; shownOnly > 0 { // count as many new messages before showing anything
		e.floor = d.common.Seq + shownOnly
	}
	e.restartAt(Position{
		Stream: at.Stream, Created: at.Created, Subjects: at.Subjects, Seq: d.common.Seq, Anchor: d.common.Anchor, Epoch: at.Epoch + 1,
	})
	e.checkpointer.trigger()
	return nil
}

// divergence searches for the point where the stream departs from the messages applied.
type divergence struct {
	source Source
	at     Position
	known  []Known    // oldest first
	info   StreamInfo // as last seen
	common Known      // last message in both
}

// lost returns how many of the messages applied the stream no longer has.
func (d *divergence) lost() uint64 {
	newest := d.known[len(d.known)-1]
	return newest.Count - min(newest.Count, d.common.Count)
}

type verdict int

const (
	same verdict = iota
	different
	gone // deleted, or dropped by the stream's limits: proves nothing
)

// find sets common. Two histories share a beginning and differ from there on, so a binary search finds the last known
// message that the stream still has.
func (d *divergence) find(ctx context.Context) error {
	lo, hi := -1, len(d.known) // same up to lo, different from hi on
	missing := map[int]bool{}
	for {
		i, v, err := d.probe(ctx, lo, hi, missing)
		switch {
		case err != nil:
			return err
		case v == gone:
			return d.settle(ctx, lo, hi)
		case v == same:
			lo = i
		default:
			hi = i
		}
	}
}

// probe compares the known message nearest to the middle between lo and hi that is not gone.
func (d *divergence) probe(ctx context.Context, lo, hi int, missing map[int]bool) (int, verdict, error) {
	middle := (lo + hi) / 2
	for step := range hi - lo {
		for _, i := range []int{middle - step, middle + step} {
			if i <= lo || i >= hi || missing[i] {
				continue
			}
			v, err := d.compare(ctx, d.known[i])
			if err != nil || v != gone {
				return i, v, err
			}
			missing[i] = true
		}
	}
	return 0, gone, nil
}

func (d *divergence) compare(ctx context.Context, k Known) (verdict, error) {
	m, err := d.next(ctx, k.Seq-1)
	switch {
	case err != nil:
		return 0, err
	case m != nil && m.Seq == k.Seq && NewAnchor(m.Time, m.Data) == k.Anchor:
		return same, nil
	case m != nil && m.Seq == k.Seq, k.Seq > d.info.Last:
		return different, nil
	}
	return gone, nil
}

// next returns the first message after a sequence.
func (d *divergence) next(ctx context.Context, seq uint64) (m *Message, err error) {
	at := d.at
	at.Seq = seq
	m, d.info, err = d.source.Ahead(ctx, at)
	return m, err
}

// settle handles the messages between the last known one that is the same and the first that differs.
func (d *divergence) settle(ctx context.Context, lo, hi int) error {
	if lo < 0 {
		return fmt.Errorf("the stream has none of the %d messages that the checkpoint can identify", len(d.known))
	}
	d.common = d.known[lo]
	if hi == len(d.known) || d.known[hi].Count-d.common.Count == uint64(hi-lo) {
		return nil // everything applied in between is gone
	}
	return d.narrow(ctx, d.common, d.known[hi])
}

// narrow finds the last common message between two known ones by stored time: anything stored later than every message
// applied is new. If the broker's clock went back, a new message would look old; where that can be seen, it is an error.
func (d *divergence) narrow(ctx context.Context, lo, hi Known) error {
	newest := d.known[len(d.known)-1].Time
	back := func(m *Message) error {
		return fmt.Errorf("between messages %d and %d the stored times go back, at message %d to %s", lo.Seq, hi.Seq, m.Seq, time.Unix(0, m.Time).UTC())
	}
	m, err := d.next(ctx, hi.Seq-1)
	switch {
	case err != nil:
		return err
	case m != nil && m.Time <= newest:
		return back(m)
	}
	common, end := lo, hi.Seq // common is old; the message at end is new or was never stored
	for end-common.Seq > 1 {
		middle := common.Seq + (end-common.Seq)/2
		m, err := d.next(ctx, middle-1)
		switch {
		case err != nil:
			return err
		case m == nil || m.Seq >= end || m.Time > newest:
			end = middle
		case m.Time < common.Time:
			return back(m)
		default:
			common = Known{m.Seq, lo.Count + m.Seq - lo.Seq, NewAnchor(m.Time, m.Data)}
		}
	}
	d.common = common
	return nil
}
