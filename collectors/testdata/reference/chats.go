package reference

import (
	"cmp"
	"slices"
	"time"
)

// ChatKey names a chat as the events do.
type ChatKey struct{ Bot, Channel, Chat string }

func (k ChatKey) compare(other ChatKey) int {
	return cmp.Or(cmp.Compare(k.Bot, other.Bot), cmp.Compare(k.Channel, other.Channel), cmp.Compare(k.Chat, other.Chat))
}

// identity is what an event or a chat names of its user; empty where it names nothing.
type identity struct{ user, device, browser string }

// chat is an open chat. Times are event times where nothing else is said.
type chat struct {
	key     ChatKey
	pair    pair
	session int // no two chats that were ever opened have the same

	first, last time.Time // earliest and latest activity
	lastClock   time.Time // the clock when the last activity was applied
	known       identity  // named on its events so far

	started      bool // by a user act
	proactive    bool // the bot wrote unasked before the first user act
	userMessages int

	waitsForAnswer bool
	unanswered     time.Time // of the first user message nobody answered yet
	lastAnswer     *answer   // the one message of bot or operator that came last, none of them proactive
	run            run       // the bot's last answer
	clickedForHelp bool      // the user's last action was a click with operator

	asked           bool // for a human, in whatever way
	askedForTaker   bool // takeover
	askedUnknown    bool // by a user who is not known yet
	operatorTook    bool // part
	operatorReplied bool // after the first takeover request
	firstTakeover   time.Time
	waits           bool // for a takeover
	waitingSince    time.Time
	lastAcceptance  *acceptance

	positive, negative int // ratings, for the mix
}

// find returns the open chat of that key, nil if there is none.
func (f *fold) find(key ChatKey) *chat {
	for _, c := range f.chats {
		if c.key == key {
			return c
		}
	}
	return nil
}

// open opens a chat, after room has been made for it: beyond the most open chats the least recently active one is evicted,
// which is the one with the smallest due time, then key. A vote of an earlier chat of this key is forgotten.
//
// Decision: the new chat is never the one evicted, however short its timeout.
func (f *fold) open(ev event, key ChatKey, p pair) *chat {
	for len(f.chats) >= f.opt.MaxChats {
		f.closeChat(slices.MinFunc(f.chats, func(a, b *chat) int {
			return cmp.Or(f.due(a).Compare(f.due(b)), f.opt.ChatOrder(a.key, b.key))
		}), "evicted", false)
	}
	f.votes = slices.DeleteFunc(f.votes, func(v *vote) bool { return v.key == key })
	f.sessions++
	c := &chat{key: key, pair: p, session: f.sessions, first: ev.at, last: ev.at, lastClock: f.clock}
	f.chats = append(f.chats, c)
	return c
}

// active notes an activity: start is the earliest event time of all, last activity the latest.
//
// Decision: the clock at the last activity is the clock when the last to arrive was applied, late as its event time may be.
func (f *fold) active(c *chat, ev event) {
	if ev.at.Before(c.first) {
		c.first = ev.at
	}
	if ev.at.After(c.last) {
		c.last = ev.at
	}
	c.lastClock = f.clock
}

// timeout of a chat: that of its channel, and from the first takeover request on at least the operator's.
func (f *fold) timeout(c *chat) time.Duration {
	timeout := f.opt.idleTimeout(c.key.Channel)
	if c.askedForTaker {
		timeout = max(timeout, f.opt.OperatorTimeout)
	}
	return timeout
}

// due is the moment at which the clock closes a chat as idle: the later of the event time of the last activity and the clock at
// the last activity, plus the timeout.
func (f *fold) due(c *chat) time.Time {
	from := c.last
	if c.lastClock.After(from) {
		from = c.lastClock
	}
	return from.Add(f.timeout(c))
}

// closeIdleChats closes each chat that the clock has reached. The definitions order them by due time, then key; nothing that is
// counted depends on the order.
func (f *fold) closeIdleChats() {
	for _, c := range slices.Clone(f.chats) {
		if !f.due(c).After(f.clock) {
			f.closeChat(c, "idle", false)
		}
	}
}

// isTooLateFor: an event whose event time is the timeout or more after that of the last activity closes its chat as idle first,
// and then meets no open chat.
func (f *fold) isTooLateFor(c *chat, ev event) bool {
	return ev.at.Sub(c.last) >= f.timeout(c)
}

// start counts a chat at its first user act.
func (f *fold) start(c *chat, ev event) {
	c.started = true
	initiator := "user"
	// Started by the bot, and an outreach that was replied to: it wrote unasked before that act, which is not chat.started.
	if c.proactive && ev.kind != "chat.started" {
		initiator = "bot"
		f.series.add("bot_outreach_total", c.pair.labels(labels{"result": "replied"}), 1)
	}
	f.series.add("bot_chats_started_total", c.pair.labels(labels{"initiator": initiator}), 1)
}

// closeChat removes a chat and counts all that is known at its end, if it started: else it was no chat of a user, only an
// outreach that nobody replied to, if anything.
func (f *fold) closeChat(c *chat, reason string, resolved bool) {
	f.chats = slices.DeleteFunc(f.chats, func(one *chat) bool { return one == c })
	if !c.started {
		if c.proactive {
			f.series.add("bot_outreach_total", c.pair.labels(labels{"result": "ignored"}), 1)
		}
		return
	}
	l := c.pair.labels(nil)
	f.series.add("bot_chats_ended_total", c.pair.labels(labels{"reason": reason}), 1)
	f.series.add("bot_chats_outcome_total", c.pair.labels(labels{"outcome": c.outcome(resolved)}), 1)
	f.series.add("bot_chats_feedback_total", c.pair.labels(labels{"mix": c.mix()}), 1)
	f.series.observe("bot_chat_duration_seconds", l, secondsBetween(c.first, c.last))
	f.series.observe("bot_chat_user_messages", l, float64(c.userMessages))
	if c.waits {
		f.series.add("bot_handover_unanswered_total", l, 1)
	}
}

func (c *chat) outcome(resolved bool) string {
	switch {
	case c.asked || c.operatorTook:
		return "escalated"
	case c.userMessages == 0:
		return "unengaged"
	case resolved:
		return "resolved"
	case c.waitsForAnswer || c.run.fallback:
		return "abandoned"
	}
	return "contained"
}

// mix of the ratings given while the chat was open; neutral does not count.
func (c *chat) mix() string {
	switch {
	case c.positive == 0 && c.negative == 0:
		return "none"
	case c.negative == 0:
		return "only_positive"
	case c.positive == 0:
		return "only_negative"
	case c.positive > c.negative:
		return "more_positive"
	case c.positive < c.negative:
		return "more_negative"
	}
	return "balanced"
}

// secondsBetween two event times; negative waits and responses count as 0.
func secondsBetween(from, to time.Time) float64 { return max(0, to.Sub(from).Seconds()) }
