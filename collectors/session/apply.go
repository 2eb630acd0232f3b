package session

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// sightings are the kinds of events in which a user is seen.
var sightings = [event.Custom + 1]bool{
	event.ChatStarted: true, event.MessageUser: true, event.ElementClicked: true,
	event.FeedbackGiven: true, event.CSATSubmitted: true, event.HandoverRequested: true,
}

// see remembers in the chat, if there is one, who its user is, and notes the sighting.
func (t *Table) see(f *Fact, c *chat) {
	sighting := sightings[f.Kind]
	if c == nil && !sighting {
		return
	}
	onDevice, inBrowser := t.given(f.Event)
	var user table.Key
	if f.User != "" {
		user = t.userKey(f.Event)
	}
	if c != nil {
		user = inherit(&c.user, user)
		onDevice, inBrowser = inherit(&c.device, onDevice), inherit(&c.browser, inBrowser)
	}
	if !sighting || user == (table.Key{}) {
		return
	}
	device, browser := t.within(f.Pair, t.label(t.devices, onDevice), t.label(t.browsers, inBrowser))
	begins := c != nil && !c.has(flagOwned)
	id := t.hash.identity(user, device, browser)
	f.Seen = true
	f.Device, f.Browser = text(t.devices, device), text(t.browsers, browser)
	f.NewUser, f.Returns = t.users.seen(id, groupKey{f.Pair, device, browser}, begins, f.Kind == event.HandoverRequested)
	if begins {
		c.set(flagOwned, true)
	}
	if f.Kind == event.MessageUser {
		t.days.message(id, f.Pair)
	}
}

// inherit keeps a value that was given, and otherwise returns the one kept before.
func inherit[T comparable](kept *T, given T) T {
	var none T
	if given != none {
		*kept = given
	}
	return *kept
}

// outside answers for an event whose chat is not open and does not open.
func (t *Table) outside(f *Fact) {
	if f.Kind == event.FeedbackGiven {
		f.FirstRating, f.RatedAgent = true, f.Agent
	}
}

// inside updates the open chat.
func (t *Table) inside(f *Fact, i uint32, c *chat) {
	t.chats.touch(i, c, f.Kind, f.At)
	switch f.Kind {
	case event.MessageUser:
		c.messages++
		if !c.has(flagUnanswered) {
			c.unanswered = f.At
			c.set(flagUnanswered, true)
		}
		c.set(flagOperatorButton, false)
	case event.MessageBot:
		t.answer(f, c)
		c.set(flagFallback, f.Fallback)
		if f.Message != "" && f.Agent.ID != "" {
			t.track(c, f.Event)
		}
	case event.MessageOperator:
		t.answer(f, c)
	case event.ElementClicked:
		c.set(flagOperatorButton, f.Operator)
	case event.HandoverRequested:
		t.request(f, c)
	case event.HandoverAccepted:
		if c.has(flagWaiting) {
			f.Accepted, f.Wait = true, max(0, f.At-c.waiting)
			c.set(flagWaiting, false)
		}
	case event.FeedbackGiven:
		t.rate(f, c)
	case event.ChatEnded:
		f.Closed = append(f.Closed, t.chats.close(i, ReasonExplicit, f.Resolved))
	}
}

// answer ends the wait of all user messages that had no answer.
func (t *Table) answer(f *Fact, c *chat) {
	if c.has(flagUnanswered) {
		f.Answers, f.Response = true, max(0, f.At-c.unanswered)
		c.set(flagUnanswered, false)
	}
}

func (t *Table) request(f *Fact, c *chat) {
	f.Cause = f.Event.Cause
	if f.Cause == event.CauseAbsent {
		switch {
		case c.has(flagOperatorButton):
			f.Cause = event.CauseOperatorButton
		case c.has(flagFallback):
			f.Cause = event.CauseAfterFallback
		default:
			f.Cause = event.CauseDirect
		}
	}
	f.FirstRequest = !c.has(flagEscalated)
	c.set(flagEscalated, true)
	if f.Via == event.ViaTakeover && !c.has(flagWaiting) {
		c.waiting = f.At
		c.set(flagWaiting, true)
	}
}
