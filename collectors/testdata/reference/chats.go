package reference

import (
	"cmp"
	"time"
)

type chatKey struct{ bot, channel, chat string }

func (k chatKey) compare(other chatKey) int {
	return cmp.Or(cmp.Compare(k.bot, other.bot), cmp.Compare(k.channel, other.channel), cmp.Compare(k.chat, other.chat))
}

// identity is what an event or a chat knows of its user; empty where it knows nothing.
type identity struct{ user, device, browser string }

// chat is an open chat. Times are event times.
type chat struct {
	key                  chatKey
	pair                 pair
	opened, lastActivity time.Time
	known                identity // given on its events so far
	credited             bool     // a user has been seen in it

	userMessages      int
	unanswered        time.Time // of the first user message nobody answered yet
	isUnanswered      bool
	lastBotFallback   bool // the last message.bot was one
	lastUserAskedHelp bool // the last message.user or click was a click with operator

	handover     bool // was requested
	waitingSince time.Time
	isWaiting    bool // for a takeover

	agents  map[string]agent  // by message id
	ratings map[string]string // last one, by message id
}

// open opens a chat, after room has been made for it.
//
// Decision: the new chat is never the one evicted, however old its event time; a tie goes to the smaller key.
// Decision: least recently active goes by the event time of the last activity, not by the order of arrival.
func (f *fold) open(ev event, k chatKey, p pair) *chat {
	for len(f.chats) >= f.opt.MaxChats {
		var oldest *chat
		for _, c := range f.chats {
			if oldest == nil || cmp.Or(c.lastActivity.Compare(oldest.lastActivity), c.key.compare(oldest.key)) < 0 {
				oldest = c
			}
		}
		f.closeChat(oldest, "evicted", false)
	}
	c := &chat{key: k, pair: p, opened: ev.at, lastActivity: ev.at, agents: map[string]agent{}, ratings: map[string]string{}}
	f.chats[k] = c
	f.series.add("bot_chats_started_total", p.labels(nil), 1)
	return c
}

// closeChat removes a chat and counts all that is known at its end.
func (f *fold) closeChat(c *chat, reason string, resolved bool) {
	delete(f.chats, c.key)
	l := c.pair.labels(nil)
	f.series.add("bot_chats_ended_total", c.pair.labels(labels{"reason": reason}), 1)
	f.series.add("bot_chats_outcome_total", c.pair.labels(labels{"outcome": c.outcome(resolved)}), 1)
	f.series.add("bot_chats_feedback_total", c.pair.labels(labels{"mix": c.mix()}), 1)
	f.series.observe("bot_chat_duration_seconds", l, secondsBetween(c.opened, c.lastActivity))
	f.series.observe("bot_chat_user_messages", l, float64(c.userMessages))
	if c.isWaiting {
		f.series.add("bot_handover_unanswered_total", l, 1)
	}
}

func (c *chat) outcome(resolved bool) string {
	switch {
	case c.handover:
		return "escalated"
	case resolved:
		return "resolved"
	case c.userMessages == 0:
		return "unengaged"
	case c.isUnanswered || c.lastBotFallback: // also when an operator answered after the fallback
		return "abandoned"
	}
	return "contained"
}

// mix compares the last ratings of the chat's messages.
func (c *chat) mix() string {
	positive, negative := 0, 0
	for _, rating := range c.ratings {
		switch rating {
		case "positive":
			positive++
		case "negative":
			negative++
		}
	}
	switch {
	case positive == 0 && negative == 0:
		return "none"
	case negative == 0:
		return "only_positive"
	case positive == 0:
		return "only_negative"
	case positive > negative:
		return "more_positive"
	case positive < negative:
		return "more_negative"
	}
	return "balanced"
}

// secondsBetween two event times, never below 0.
func secondsBetween(from, to time.Time) float64 { return max(0, to.Sub(from).Seconds()) }
