// Package session is the only state that the KPI modules share: who was seen before, which chats are open, and how
// the clock has closed them. It turns an event into a Fact, in which every question that needs memory is answered.
//
// It counts nothing and exposes nothing. It reads no clock, takes no lock and does no I/O: the same messages give the
// same facts, whatever happens between them.
package session

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Table is the state. Not safe for concurrent use.
type Table struct {
	cfg     Config
	clock   int64
	doubted bool // the message before would have moved the clock too far, and did not
	pairs   *metric.Pairs

	hash    hasher
	dedup   dedup
	users   users
	days    days
	chats   chats
	ratings ratings

	devices  *metric.Limit
	browsers *metric.Limit
	names    *metric.Limit // devices and browsers that were named
	agents   *metric.Limit // agents of remembered messages
	agentOf  userAgents

	none event.Event
	fact Fact
}

// New returns an empty Table over pairs, which the caller shares with the metrics.
func New(cfg Config, pairs *metric.Pairs) *Table {
	return &Table{
		cfg: cfg, pairs: pairs,
		hash:     hasher{key: cfg.Key},
		dedup:    dedup{window: cfg.DedupWindow.Nanoseconds(), max: cfg.DedupMax},
		users:    newUsers(cfg),
		days:     newDays(cfg.Location),
		chats:    newChats(cfg),
		ratings:  ratings{window: cfg.FeedbackWindow.Nanoseconds(), max: cfg.MaxMessages},
		devices:  metric.NewLimit(cfg.MaxDevices),
		browsers: metric.NewLimit(cfg.MaxBrowsers),
		names:    metric.NewLimit(maxNames),
		agents:   metric.NewLimit(maxAgents),
		agentOf:  userAgents{},
	}
}

// Clock returns the fold clock: the largest stored time so far, in Unix nanoseconds.
func (t *Table) Clock() int64 { return t.clock }

// Witness returns the stored time that counts for a message, and whether its own is doubted. A stored time that would
// move the clock too far needs a witness: the message's own event, nil where there is no valid one, or that the message
// before would have moved the clock too far as well. It is called once for every message, before Advance.
func (t *Table) Witness(stored int64, e *event.Event) (counts int64, doubted bool) {
	far := t.pairs.Origin != 0 && stored > t.clock && apart(stored, t.clock) > uint64(t.cfg.MaxJump)
	doubted = far && !t.doubted
	if doubted && e != nil && e.HasTime {
		_, clamped := t.cfg.bound(e, stored)
		doubted = clamped != Unclamped
	}
	if t.doubted = doubted; doubted {
		return t.clock, true
	}
	return stored, false
}

// Advance moves the fold clock to a stored time, never backwards. It closes the chats that are due and ends days; it
// runs for every message, also for one that is rejected later. The Fact is nil when nothing came of it.
func (t *Table) Advance(stored int64) *Fact {
	if t.pairs.Origin == 0 {
		t.pairs.Origin = stored
	}
	t.clock = max(t.clock, stored)
	t.ratings.advance(t.clock)
	if !t.chats.anyDue(t.clock) && !t.days.due(t.clock) && !t.users.due(t.clock) {
		return nil
	}
	f := t.reset(&t.none)
	t.users.advance(t.clock)
	f.Days = t.days.advance(t.clock, f.Days)
	for _, e := range t.chats.takeDue(t.clock) {
		f.Closed = append(f.Closed, t.chats.end(e.chat, ReasonIdle, false))
	}
	if len(f.Closed)+len(f.Days) == 0 {
		return nil
	}
	return f
}

// Duplicate reports whether an event with the same source and id is still remembered, and remembers it.
func (t *Table) Duplicate(e *event.Event) bool {
	return t.dedup.seen(t.hash.of('e', e.Source, e.ID), t.clock)
}

func (t *Table) reset(e *event.Event) *Fact {
	closed, ended := t.fact.Closed[:0], t.fact.Days[:0]
	t.fact = Fact{Event: e, Clock: t.clock, Closed: closed, Days: ended}
	return &t.fact
}
