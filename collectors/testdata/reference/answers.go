package reference

import "time"

// overtaken is how long ago by the fold clock something may have been applied that an event stored now comes before.
const overtaken = 10 * time.Second

// answer is a message of the bot, not proactive.
type answer struct {
	at       time.Time // event time
	applied  time.Time // fold clock
	fallback bool
	used     bool // it answered something
}

// acceptance is a handover.accepted.
type acceptance struct {
	at      time.Time // event time
	applied time.Time // fold clock
	used    bool      // it accepted something
}

// run is the bot's last answer: its latest messages, none of them proactive, with no message or click of the user between them.
// One fallback among them makes it one. It stays the last answer until the bot's next message.
//
// Decision: a proactive message neither belongs to a run nor ends one; messages of operators do not end one either.
type run struct {
	fallback bool
	ended    bool // the bot's next message begins another one
}

// answer notes a message that can answer: the first after one or more unanswered messages of the user answers them all; the
// response time runs from the first of them, the first that was applied.
func (f *fold) answer(c *chat, ev event, sender string) {
	if sender == "bot" {
		if c.run.ended {
			c.run = run{}
		}
		c.run.fallback = c.run.fallback || ev.fallback
		c.lastAnswer = &answer{at: ev.at, applied: f.clock, fallback: ev.fallback, used: c.waitsForAnswer}
	}
	if c.waitsForAnswer {
		f.respond(c, sender, c.unanswered, ev.at)
		c.waitsForAnswer = false
	}
}

func (f *fold) respond(c *chat, sender string, from, to time.Time) {
	f.series.observe("bot_response_seconds", c.pair.labels(labels{"sender": sender}), secondsBetween(from, to))
}

// userWrote notes a message of the user, echoes of clicks too: it waits for an answer, unless that overtook it.
//
// Overtaking: when no user message waits, and the last answer answered nothing, was applied at most 10 s of fold clock ago and
// has a later event time than this message, it answers this message, and alone begins the bot's last answer.
//
// Decision: the last answer is the bot's, whatever an operator wrote since. A click that came after it still ends it.
func (f *fold) userWrote(c *chat, ev event) {
	c.userMessages++
	ended := c.run.ended
	c.run.ended = true
	last := c.lastAnswer
	switch {
	case c.waitsForAnswer: // an earlier one is the first
	case last != nil && !last.used && f.clock.Sub(last.applied) <= overtaken && last.at.After(ev.at):
		f.respond(c, "bot", ev.at, last.at)
		last.used = true
		c.run = run{fallback: last.fallback, ended: ended}
	default:
		c.waitsForAnswer, c.unanswered = true, ev.at
	}
}

// request counts a request for a human. The sighting is that of the user who asks, nil where nobody knows who that is.
func (f *fold) request(c *chat, ev event, seen *sighting) {
	p := c.pair
	f.series.add("bot_handover_requests_total", p.labels(labels{"cause": c.cause(ev), "via": ev.via}), 1)
	if !c.asked { // chats with at least one request, by the way of the first
		c.asked = true
		f.series.add("bot_handover_chats_total", p.labels(labels{"via": ev.via}), 1)
	}
	if seen == nil {
		c.askedUnknown = true // credited to the first user seen in the chat after it
	} else {
		seen.user.asked(seen.at)
	}
	if ev.via == "takeover" {
		f.requestTakeover(c, ev)
	}
}

// cause of a request, derived where it does not say.
func (c *chat) cause(ev event) string {
	switch {
	case ev.cause != "":
		return ev.cause
	case c.clickedForHelp:
		return "operator_button"
	case c.run.fallback:
		return "after_fallback"
	}
	return "direct"
}

// requestTakeover: the wait runs from the first takeover request not yet accepted. A last acceptance that accepted nothing, at
// most 10 s ago and not earlier than the request, accepts it.
//
// Decision: as with answers, only when no request waits already.
func (f *fold) requestTakeover(c *chat, ev event) {
	if !c.askedForTaker {
		c.askedForTaker, c.firstTakeover = true, ev.at
	}
	last := c.lastAcceptance
	switch {
	case c.waits:
	case last != nil && !last.used && f.clock.Sub(last.applied) <= overtaken && !last.at.Before(ev.at):
		f.series.observe("bot_handover_wait_seconds", c.pair.labels(nil), secondsBetween(ev.at, last.at))
		last.used = true
	default:
		c.waits, c.waitingSince = true, ev.at
	}
}

// accept notes that an operator took over. Without an open chat it is nothing.
func (f *fold) accept(c *chat, ev event) {
	c.operatorTook = true
	c.lastAcceptance = &acceptance{at: ev.at, applied: f.clock, used: c.waits}
	if c.waits {
		f.series.observe("bot_handover_wait_seconds", c.pair.labels(nil), secondsBetween(c.waitingSince, ev.at))
		c.waits = false
	}
}

// operatorWrote: the first response runs from the first takeover request of the chat to the operator's first message after it.
func (f *fold) operatorWrote(c *chat, ev event) {
	c.operatorTook = true
	if c.askedForTaker && !c.operatorReplied {
		c.operatorReplied = true
		f.series.observe("bot_handover_first_response_seconds", c.pair.labels(nil), secondsBetween(c.firstTakeover, ev.at))
	}
	f.answer(c, ev, "operator")
}
