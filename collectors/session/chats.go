package session

import (
	"maps"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// opens are the kinds of events that open a chat which is not open.
var opens = [event.Custom + 1]bool{
	event.ChatStarted: true, event.MessageUser: true, event.MessageBot: true, event.MessageOperator: true,
	event.HandoverRequested: true, event.ElementClicked: true, event.AgentTriggered: true,
}

// activity are the kinds of events that keep a chat open.
var activity = [event.Custom + 1]bool{
	event.ChatStarted: true, event.MessageUser: true, event.MessageBot: true, event.MessageOperator: true,
	event.HandoverRequested: true, event.HandoverAccepted: true, event.ElementClicked: true, event.AgentTriggered: true,
}

// userActivity are those that keep a WhatsApp chat open: its session runs from what the user does.
var userActivity = [event.Custom + 1]bool{
	event.ChatStarted: true, event.MessageUser: true, event.ElementClicked: true,
}

// chat is one open chat. It holds no pointers and no ids: millions of them cost the garbage collector nothing.
type chat struct {
	key        table.Key
	user       table.Key // of the user last named; zero while unknown
	start      int64     // event time of the opening
	last       int64     // event time of the last activity
	unanswered int64     // event time of the first unanswered user message, while flagUnanswered
	waiting    int64     // event time of the first takeover request not accepted, while flagWaiting
	messages   uint32    // of the user
	ratings    uint32    // first of its tracked messages
	tracked    uint16    // how many
	positive   uint16    // messages whose last rating is positive
	negative   uint16
	device     name // last named
	browser    name
	pair       metric.Pair
	flags      chatFlags
	class      uint8 // its idle timeout
}

type chatFlags uint8

const (
	flagUnanswered     chatFlags = 1 << iota // the last user message has no answer yet
	flagWaiting                              // a takeover was requested and not accepted
	flagEscalated                            // a human was requested
	flagFallback                             // the last bot message was a fallback
	flagOperatorButton                       // the user's last action was a click on the operator button
	flagOwned                                // a user was seen in it: the one it belongs to
	flagWhatsApp                             // only what the user does is activity
)

func (c *chat) has(f chatFlags) bool { return c.flags&f != 0 }

func (c *chat) set(f chatFlags, on bool) {
	if on {
		c.flags |= f
	} else {
		c.flags &^= f
	}
}

// Reason is why a chat ended.
type Reason uint8

// Reasons of an end.
const (
	ReasonExplicit Reason = iota + 1
	ReasonIdle
	ReasonEvicted
)

func (r Reason) String() string {
	return [...]string{"", "explicit", "idle", "evicted", ""}[min(r, 4)]
}

// Initiator is who wrote first in a chat that a user started.
type Initiator uint8

// Initiators of a chat.
const (
	NotStarted Initiator = iota
	UserInitiated
	BotInitiated // by a proactive message
)

func (i Initiator) String() string {
	return [...]string{"", "user", "bot", ""}[min(i, 3)]
}

// Outreach is what became of a chat in which the bot wrote first, unasked.
type Outreach uint8

// Results of an outreach.
const (
	NoOutreach Outreach = iota
	Replied
	Ignored
)

func (o Outreach) String() string {
	return [...]string{"", "replied", "ignored", ""}[min(o, 3)]
}

// Outcome is what became of a chat. The first that fits counts.
type Outcome uint8

// Outcomes of a chat.
const (
	Escalated Outcome = iota + 1 // a human was requested or took part
	Unengaged                    // no user message
	Resolved                     // ended as resolved
	Abandoned                    // the last user message got no answer, or the bot's last answer was a fallback
	Contained                    // everything else: the bot did it alone
)

func (o Outcome) String() string {
	return [...]string{"", "escalated", "unengaged", "resolved", "abandoned", "contained", ""}[min(o, 6)]
}

// Mix is how the rated messages of a chat were rated. Neutral ratings do not count.
type Mix uint8

// Mixes of ratings.
const (
	OnlyPositive Mix = iota + 1
	MorePositive
	Balanced
	MoreNegative
	OnlyNegative
	NoFeedback
)

func (m Mix) String() string {
	return [...]string{"", "only_positive", "more_positive", "balanced", "more_negative", "only_negative", "none", ""}[min(m, 7)]
}

// Chat is a chat that ended.
type Chat struct {
	Pair       metric.Pair
	Started    bool     // by a user; else only Outreach counts
	Outreach   Outreach // Ignored or none
	Reason     Reason
	Outcome    Outcome
	Mix        Mix
	Duration   int64 // nanoseconds
	Messages   int64 // of the user
	Unanswered bool  // a takeover request was never accepted
}

// chats are the open chats.
type chats struct {
	slab    table.Slab[chat]
	index   table.Map[uint32]
	marks   table.Slab[mark]
	timers  timers
	classes map[string]uint8 // by channel
	other   uint8            // class of all other channels
	count   []uint32         // open chats by pair
}

func newChats(cfg Config) chats {
	c := chats{classes: map[string]uint8{}}
	c.other = c.timers.class(cfg.IdleTimeout)
	for _, channel := range slices.Sorted(maps.Keys(cfg.IdleTimeouts)) { // classes are numbered in a fixed order
		c.classes[channel] = c.timers.class(cfg.IdleTimeouts[channel])
	}
	return c
}

func (cs *chats) open(key table.Key, p metric.Pair, channel string, at int64) uint32 {
	i := cs.slab.New()
	c := cs.slab.Edit(i)
	class, ok := cs.classes[channel]
	if !ok {
		class = cs.other
	}
	*c = chat{key: key, pair: p, start: at, last: at, class: class}
	c.set(flagWhatsApp, channel == "whatsapp")
	v, _ := cs.index.Put(key)
	*v = i
	cs.timers.add(i, class, at)
	for len(cs.count) <= int(p) {
		cs.count = append(cs.count, 0)
	}
	cs.count[p]++
	return i
}

// touch notes the last activity. Event times may run backwards, and the timer then goes off earlier.
func (cs *chats) touch(i uint32, c *chat, kind event.Kind, at int64) {
	if c.has(flagWhatsApp) && !userActivity[kind] || !activity[kind] {
		return
	}
	c.last = at
	cs.timers.moved(i, c.class, at)
}

func (cs *chats) close(i uint32, why Reason, resolved bool) Chat {
	c := cs.slab.At(i)
	ended := Chat{
		Pair: c.pair, Reason: why, Outcome: c.outcome(resolved), Mix: c.mix(),
		Duration: max(0, c.last-c.start), Messages: int64(c.messages), Unanswered: c.has(flagWaiting),
	}
	for m := c.ratings; m != 0; {
		next := cs.marks.At(m).next
		cs.marks.Free(m)
		m = next
	}
	cs.count[c.pair]--
	cs.timers.drop(i, c.class)
	cs.index.Delete(c.key)
	cs.slab.Free(i)
	return ended
}

func (c *chat) outcome(resolved bool) Outcome {
	switch {
	case c.has(flagEscalated):
		return Escalated
	case resolved:
		return Resolved
	case c.messages == 0:
		return Unengaged
	case c.has(flagUnanswered), c.has(flagFallback):
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

// OpenChats appends the number of open chats of each pair as of now. Chats whose timeout has passed since the last
// message do not count any more, though they are closed, and counted as ended, only by the next message.
func (t *Table) OpenChats(dst []float64, now int64) []float64 {
	first := len(dst)
	for p := range t.pairs.Len() {
		n := uint32(0)
		if p < len(t.chats.count) {
			n = t.chats.count[p]
		}
		dst = append(dst, float64(n))
	}
	if now > t.clock {
		t.chats.timers.overdue(&t.chats, now, func(c *chat) { dst[first+int(c.pair)]-- })
	}
	return dst
}
