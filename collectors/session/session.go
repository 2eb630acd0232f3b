// Package session is the only state that the KPI modules share: who was seen before, which chats are open, and what
// the clock has done to them. It turns an event into a Fact, in which every question that needs memory is answered.
//
// It counts nothing and exposes nothing. It reads no clock, takes no lock and does no I/O: the same messages give the
// same facts, whatever happens between them.
package session

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// Config holds what decides about chats, users and time. All of it is part of the function from stream to numbers.
type Config struct {
	IdleTimeout  time.Duration            // of channels that IdleTimeouts does not name
	IdleTimeouts map[string]time.Duration // by channel
	MaxChats     int                      // open at once; beyond, the least recently active is closed
	MaxTracked   int                      // messages remembered in one chat for their rating and agent

	Windows   []time.Duration // rolling windows of users, whole hours, ascending
	Retention time.Duration   // users not seen for so long are forgotten; at least the longest window

	DedupWindow time.Duration // how long the ids of events are remembered, in fold clock
	DedupMax    int           // how many ids are remembered

	MaxPast   time.Duration // how far event time may lie before stored time
	MaxFuture time.Duration // and after it

	MaxDevices  int // device labels
	MaxBrowsers int // browser labels

	Location *time.Location // in which days end
	Key      [16]byte       // of the hashes that stand for users, chats, messages and events
}

// Defaults returns the configuration of kpis: sections 1 to 3 of the definitions.
func Defaults() Config {
	return Config{
		IdleTimeout:  30 * time.Minute,
		IdleTimeouts: map[string]time.Duration{"web": 30 * time.Minute, "whatsapp": 24 * time.Hour, "voice": 30 * time.Minute},
		MaxChats:     1_000_000, MaxTracked: 1000,
		Windows:     []time.Duration{24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour},
		Retention:   400 * 24 * time.Hour,
		DedupWindow: time.Hour, DedupMax: 1_000_000,
		MaxPast: 24 * time.Hour, MaxFuture: 5 * time.Minute,
		MaxDevices: 20, MaxBrowsers: 50,
		Location: time.UTC,
	}
}

// Clamp tells in which direction an event time was out of bounds.
type Clamp uint8

// Directions of a clamped event time.
const (
	Unclamped Clamp = iota
	ClampPast
	ClampFuture
)

func (c Clamp) String() string {
	return [...]string{"", "past", "future", ""}[min(c, 3)]
}

// Fact is what one message, or the passing of time before it, means. It is valid until the next call.
type Fact struct {
	*event.Event             // Kind is event.None when only time has passed
	Clock        int64       // fold clock, Unix nanoseconds
	At           int64       // event time, bounded, Unix nanoseconds
	Clamped      Clamp       // how At differs from the time sent
	Pair         metric.Pair // bot and channel
	OtherBot     bool        // the bot went to the overflow label
	OtherChannel bool        // the channel went to the overflow label

	Closed []Chat // chats that ended, in the order of their due times
	Days   []Day  // distribution of users by their messages, of a day that ended

	Stored    int64     // stored time, Unix nanoseconds
	Initiator Initiator // who wrote first in the chat that starts with this event
	Outreach  Outreach  // what became of an outreach with this event
	OpensChat bool
	Seen      bool   // a user was seen
	NewUser   bool   // for the first time ever
	Returns   bool   // the user begins a visit and had one before
	Device    string // label of the user seen
	Browser   string // label of the user seen

	Answers  bool  // the first answer after a user message
	Response int64 // nanoseconds from the first unanswered user message to this answer

	FirstRequest bool        // the chat's first request for a human
	Cause        event.Cause // of a request for a human, derived when absent
	Accepted     bool        // ends a wait for a human
	Wait         int64       // nanoseconds of that wait

	Responds      bool  // the operator's first message after the chat's first takeover request
	FirstResponse int64 // nanoseconds from that request to this message

	FirstVote bool        // the chat had no vote before
	VoteFrom  event.Score // the vote before, when this one differs

	FirstRating bool         // the message was not rated before, as far as is known
	ChangedFrom event.Rating // the rating before, when this one differs
	RatedAgent  event.Agent  // whom a first rating is for
}

// Day says that users of a pair sent a number of messages each on a day that ended.
type Day struct {
	Pair     metric.Pair
	Messages int64
	Users    uint64
}

// Table is the state. Not safe for concurrent use.
type Table struct {
	cfg   Config
	clock int64
	pairs *metric.Pairs

	hash  hasher
	dedup dedup
	users users
	days  days
	chats chats

	devices  *metric.Limit
	browsers *metric.Limit
	names    *metric.Limit // devices and browsers that were named
	agents   *metric.Limit // agents of messages that open chats remember
	agentOf  userAgents

	none event.Event
	fact Fact
}

// New returns an empty Table over pairs, which the caller shares with the metrics.
func New(cfg Config, pairs *metric.Pairs) *Table {
	t := &Table{
		cfg: cfg, pairs: pairs,
		hash:     hasher{key: cfg.Key},
		dedup:    dedup{window: cfg.DedupWindow.Nanoseconds(), max: cfg.DedupMax},
		users:    newUsers(cfg),
		days:     newDays(cfg.Location),
		devices:  metric.NewLimit(cfg.MaxDevices),
		browsers: metric.NewLimit(cfg.MaxBrowsers),
		names:    metric.NewLimit(maxNames),
		agents:   metric.NewLimit(maxAgents),
		agentOf:  userAgents{},
	}
	t.chats = newChats(cfg)
	return t
}

// Clock returns the fold clock: the largest stored time so far, in Unix nanoseconds.
func (t *Table) Clock() int64 { return t.clock }

// Advance moves the fold clock to a stored time, never backwards. It closes the chats that are due and ends days;
// it runs for every message, also for one that is rejected later. The Fact is nil when nothing came of it.
func (t *Table) Advance(stored int64) *Fact {
	if t.pairs.Origin == 0 {
		t.pairs.Origin = stored
	}
	t.clock = max(t.clock, stored)
	if !t.chats.due(t.clock) && !t.days.due(t.clock) && !t.users.due(t.clock) {
		return nil
	}
	f := t.reset(&t.none)
	t.users.advance(t.clock)
	f.Days = t.days.advance(t.clock, f.Days)
	for i, ok := t.chats.nextDue(t.clock); ok; i, ok = t.chats.nextDue(t.clock) {
		f.Closed = append(f.Closed, t.chats.close(i, ReasonIdle, false))
	}
	if len(f.Closed)+len(f.Days) == 0 {
		return nil
	}
	return f
}

// Duplicate tells whether an event with the same source and id is still remembered, and remembers it.
func (t *Table) Duplicate(e *event.Event) bool {
	return t.dedup.seen(t.hash.of('e', e.Source, e.ID), t.clock)
}

func (t *Table) reset(e *event.Event) *Fact {
	closed, ended := t.fact.Closed[:0], t.fact.Days[:0]
	t.fact = Fact{Event: e, Clock: t.clock, Closed: closed, Days: ended}
	return &t.fact
}

// Apply folds one event that is neither rejected, ignored nor a duplicate; stored is its stored time.
func (t *Table) Apply(e *event.Event, stored int64) *Fact {
	f := t.reset(e)
	f.At, f.Clamped = t.cfg.bound(e, stored)
	f.Pair, f.OtherBot, f.OtherChannel = t.pairs.Intern(e.Bot, e.Channel, t.clock)
	t.users.grow(t.pairs.Len())

	i := t.find(f)
	if e.Kind == event.ChatStarted && i != 0 && !f.OpensChat {
		return f // a second start of an open chat changes nothing
	}
	var c *chat
	if i != 0 {
		c = t.chats.slab.Edit(i)
	}
	t.see(f, c)
	if c == nil {
		t.outside(f)
		return f
	}
	t.inside(f, i, c)
	return f
}

// find returns the index of the event's chat, 0 when it is not open, and opens it where the event's kind does.
func (t *Table) find(f *Fact) uint32 {
	if f.Chat == "" {
		return 0
	}
	key := t.hash.of('c', f.Bot, f.Channel, f.Chat)
	if i, ok := t.chats.index.Get(key); ok || !opens[f.Kind] {
		return i
	}
	if t.chats.slab.Len() >= t.cfg.MaxChats {
		if i, ok := t.chats.leastRecent(); ok {
			f.Closed = append(f.Closed, t.chats.close(i, ReasonEvicted, false))
		}
	}
	f.OpensChat = true
	return t.chats.open(key, f.Pair, f.Channel, f.At)
}

// bound returns the event time, or the stored time where the event time is absent or too far from it.
func (c *Config) bound(e *event.Event, stored int64) (int64, Clamp) {
	after := func(a, b int64) uint64 { return uint64(a) - uint64(b) } // of times in order, however far apart
	switch {
	case !e.HasTime:
		return stored, Unclamped
	case e.Time < stored && after(stored, e.Time) > uint64(c.MaxPast):
		return stored, ClampPast
	case e.Time > stored && after(e.Time, stored) > uint64(c.MaxFuture):
		return stored, ClampFuture
	}
	return e.Time, Unclamped
}

// userKey stands for the user of a bot's channel, whatever the device.
func (t *Table) userKey(e *event.Event) table.Key { return t.hash.of('u', e.Bot, e.Channel, e.User) }
