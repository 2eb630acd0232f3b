package session

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// chat is one open chat. It holds no pointers and no ids: millions of them cost the garbage collector nothing. Times are
// event times except where it says clock.
type chat struct {
	user       table.Key // of the person last named; zero while unknown
	start      int64     // of the earliest activity
	last       int64     // of the latest activity
	touched    int64     // clock at the last activity
	unanswered int64     // of the first unanswered user message, while flagUnanswered
	spare      int64     // of the bot's last message, while flagSpare
	spareClock int64     // clock at that message
	handover   int64     // of the first waiting takeover request while flagWaiting, of the last acceptance while flagSpareAcceptance
	acceptance int64     // clock at that acceptance; while flagWaiting, the chat's place among those that wait
	requested  int64     // of the first takeover request, while flagTakeover
	messages   uint32    // of the user
	session    uint32    // number of this chat among all that were opened
	positive   uint32    // messages whose last rating given in this chat is positive
	negative   uint32
	device     name // last named
	browser    name
	pair       metric.Pair
	flags      chatFlags
	class      uint8 // its idle timeout
}

type chatFlags uint16

const (
	flagStarted         chatFlags = 1 << iota // by what a user did
	flagOutreach                              // a proactive message came before
	flagUnanswered                            // a user message has no answer yet
	flagSpare                                 // the bot's last message answered nothing
	flagFallback                              // the bot's last answer holds a fallback
	flagLastFallback                          // its last message is one
	flagNextBegins                            // the bot's next message begins another answer: the user wrote or clicked
	flagOperatorButton                        // the user's last action was a click on the operator button
	flagRequested                             // a human was requested
	flagTakeover                              // by takeover
	flagWaiting                               // a takeover request is not accepted yet
	flagSpareAcceptance                       // the last acceptance accepted nothing
	flagResponded                             // an operator wrote after the first takeover request
	flagEscalated                             // a human was requested, or took part
	flagAskedUnknown                          // somebody who is not known yet asked for a human
	flagUserSession                           // only what the user does is activity
)

func (c *chat) has(f chatFlags) bool { return c.flags&f != 0 }

func (c *chat) set(f chatFlags, on bool) {
	if on {
		c.flags |= f
	} else {
		c.flags &^= f
	}
}

// touch notes an activity. Event times may run backwards, the clock does not.
func (c *chat) touch(at, clock int64) {
	c.start, c.last, c.touched = min(c.start, at), max(c.last, at), clock
}

func (c *chat) outcome(resolved bool) Outcome {
	switch {
	case c.has(flagEscalated):
		return Escalated
	case c.messages == 0:
		return Unengaged
	case resolved:
		return Resolved
	case c.has(flagUnanswered | flagFallback):
		return Abandoned
	}
	return Contained
}

func (c *chat) mix() Mix {
	p, n := c.positive, c.negative
	switch {
	case p == 0 && n == 0:
		return NoFeedback
	case n == 0:
		return OnlyPositive
	case p == 0:
		return OnlyNegative
	case p > n:
		return MorePositive
	case p < n:
		return MoreNegative
	}
	return Balanced
}

// chats are the open chats, by the hash of bot, channel and chat.
type chats struct {
	table.Keyed[chat]
	timers       timers
	timeouts     []time.Duration  // by class
	classes      map[string]uint8 // by channel
	operator     time.Duration    // the least timeout after a takeover request
	userSessions []string         // channels
	opened       uint32           // sessions so far
	started      []uint32         // open chats that a user started, by pair
	waiting      []uint32         // numbers of the chats that wait for an operator, in no order
}

func newChats(cfg Config) chats {
	// Class 0 is that of all other channels. Classes are numbered in a fixed order: they are state.
	c := chats{timeouts: []time.Duration{cfg.IdleTimeout}, classes: map[string]uint8{}, operator: cfg.OperatorTimeout, userSessions: cfg.UserSessions}
	for _, channel := range slices.Sorted(maps.Keys(cfg.IdleTimeouts)) {
		c.classes[channel] = uint8(len(c.timeouts))
		c.timeouts = append(c.timeouts, cfg.IdleTimeouts[channel])
	}
	return c
}

func (cs *chats) timeout(c *chat) time.Duration {
	if t := cs.timeouts[c.class]; !c.has(flagTakeover) || t > cs.operator {
		return t
	}
	return cs.operator
}

// due is when the clock closes a chat: a timeout after its last activity, by event time or by clock, whichever is later.
func (cs *chats) due(c *chat) int64 {
	from, timeout := max(c.last, c.touched), int64(cs.timeout(c))
	if from > math.MaxInt64-timeout {
		return math.MaxInt64
	}
	return from + timeout
}

// isDue reports whether the clock closes a chat. The end of all time stands for never.
func (cs *chats) isDue(c *chat, clock int64) bool {
	due := cs.due(c)
	return due <= clock && due != math.MaxInt64
}

// over reports whether an event that happened at a time is too late to belong to a chat, whatever the clock says.
func (cs *chats) over(c *chat, at int64) bool {
	return at > c.last && apart(at, c.last) >= uint64(cs.timeout(c))
}

func (cs *chats) open(key uint64, p metric.Pair, channel string, at, clock int64) uint32 {
	i := cs.Add(key)
	c := cs.Edit(i)
	if cs.opened++; cs.opened == 0 {
		cs.opened = 1 // 0 is no session
	}
	*c = chat{pair: p, start: at, last: at, touched: clock, session: cs.opened, class: cs.classes[channel]}
	c.set(flagUserSession, slices.Contains(cs.userSessions, channel))
	cs.timers.add(cs, i, cs.due(c))
	return i
}

// starts notes that a user did something in an open chat. The first time it returns who wrote first, and whether the
// user replied to an outreach.
func (cs *chats) starts(c *chat, kind event.Kind) (Initiator, Outreach) {
	if c.has(flagStarted) {
		return NotStarted, NoOutreach
	}
	c.set(flagStarted, true)
	for len(cs.started) <= int(c.pair) {
		cs.started = append(cs.started, 0)
	}
	cs.started[c.pair]++
	if c.has(flagOutreach) && kind != event.ChatStarted {
		return BotInitiated, Replied
	}
	return UserInitiated, NoOutreach
}

// wait notes that a chat waits for an operator.
func (cs *chats) wait(i uint32, c *chat) {
	c.set(flagWaiting, true)
	c.acceptance = int64(len(cs.waiting))
	cs.waiting = append(cs.waiting, i)
}

// served ends the wait.
func (cs *chats) served(c *chat) {
	end := len(cs.waiting) - 1
	last := cs.waiting[end]
	cs.waiting[c.acceptance] = last
	cs.Edit(last).acceptance = c.acceptance
	cs.waiting = cs.waiting[:end]
	c.acceptance = 0 // the place is not saved: a restored list has another order
	c.set(flagWaiting, false)
}

// eachWaiting calls f for every chat that waits for an operator and that a clock would not close.
func (cs *chats) eachWaiting(clock int64, f func(*chat)) {
	for _, i := range cs.waiting {
		if c := cs.At(i); !cs.isDue(c, clock) {
			f(c)
		}
	}
}

// close ends a chat before it is due.
func (cs *chats) close(i uint32, why Reason, resolved bool) Chat {
	cs.timers.drop(cs, i)
	return cs.end(i, why, resolved)
}

// end forgets a chat that has left the heap.
func (cs *chats) end(i uint32, why Reason, resolved bool) Chat {
	c := cs.Edit(i)
	ended := Chat{
		Pair: c.pair, Started: c.has(flagStarted), Reason: why, Outcome: c.outcome(resolved), Mix: c.mix(),
		Duration: c.last - c.start, Messages: int64(c.messages), Unanswered: c.has(flagWaiting),
	}
	if ended.Started {
		cs.started[c.pair]--
	} else if c.has(flagOutreach) {
		ended.Outreach = Ignored
	}
	if ended.Unanswered {
		cs.served(c)
	}
	cs.Remove(i)
	return ended
}
