package session

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// overtaken is how long, in fold clock, an answer or an acceptance waits for what it belongs to and was stored before.
const overtaken = int64(10 * time.Second)

// Apply folds one event that is neither rejected, ignored nor a duplicate; stored is its stored time that counts.
func (t *Table) Apply(e *event.Event, stored int64) *Fact {
	f := t.reset(e)
	f.Stored = stored
	f.At, f.Clamped = t.cfg.bound(e, stored)
	f.Pair, f.OtherBot, f.OtherChannel = t.pairs.Intern(e.Bot, e.Channel, t.clock)
	t.users.grow(t.pairs.Len())
	if f.Kind.Has(event.Apart) {
		return f
	}
	key := t.hash.of('c', f.Bot, f.Channel, f.Chat).Hi
	i := t.findOrOpen(f, key)
	var c *chat
	if i != 0 {
		c = t.chats.Edit(i)
	}
	user := t.identify(f, c)
	t.see(f, c, user)
	if c != nil {
		t.update(f, i, c)
	}
	switch f.Kind {
	case event.MessageBot:
		t.sent(f.Event, key)
	case event.FeedbackGiven:
		t.rate(f, key, c)
	case event.CSATSubmitted:
		t.vote(f, key)
	case event.ChatEnded:
		if c != nil {
			f.Closed = append(f.Closed, t.chats.close(i, ReasonExplicit, f.Resolved))
		}
	}
	return f
}

// findOrOpen returns the number of the event's chat, and opens it where the event's kind does; 0 when it is not open. A
// chat that was over when the event happened closes first: the event belongs to another session.
func (t *Table) findOrOpen(f *Fact, key uint64) uint32 {
	i := t.chats.Get(key)
	if i != 0 && t.chats.over(t.chats.At(i), f.At) {
		f.Closed = append(f.Closed, t.chats.close(i, ReasonIdle, false))
		i = 0
	}
	if i != 0 {
		if c := t.chats.Edit(i); f.Kind.Has(event.KeepsChatOpen) && !c.has(flagUserSession) || f.Kind.Has(event.UserActs) {
			c.touch(f.At, t.clock)
		}
		return i
	}
	if !f.Kind.Has(event.OpensChat) {
		return 0
	}
	if t.chats.Len() >= t.cfg.MaxChats {
		f.Closed = append(f.Closed, t.chats.close(t.chats.leastRecent(), ReasonEvicted, false))
	}
	t.ratings.votes.Forget(key) // they were for the chat before
	return t.chats.open(key, f.Pair, f.Channel, f.At, t.clock)
}

// see notes the sighting of the event's user. A request for a human by an unknown user is attributed to
// the first user who is seen in the chat.
func (t *Table) see(f *Fact, c *chat, w who) {
	if !f.Kind.Has(event.SeesUser) {
		return
	}
	asks := f.Kind == event.HandoverRequested
	if w.key == (table.Key{}) {
		if asks {
			c.set(flagAskedUnknown, true)
		}
		return
	}
	if c != nil && c.has(flagAskedUnknown) {
		c.set(flagAskedUnknown, false)
		asks = true
	}
	g := t.within(groupKey{f.Pair, t.label(t.devices, w.device), t.label(t.browsers, w.browser)})
	id := t.hash.identity(w.key, g.device, g.browser)
	f.Seen = true
	f.Device, f.Browser = text(t.devices, g.device), text(t.browsers, g.browser)
	s := t.users.seen(id, g, min(f.At, t.clock), asks)
	f.NewUser, f.Returns = s.fresh, s.returns
	if s.moves { // else the person was seen in that hour before, or later
		t.users.touch(w.key, s.last)
	}
	if f.Kind == event.MessageUser {
		t.days.add(id, f.Pair, 1)
	}
}

// update applies the event to its open chat.
func (t *Table) update(f *Fact, i uint32, c *chat) {
	if f.Kind.Has(event.UserActs) {
		f.Initiator, f.Outreach = t.chats.starts(c, f.Kind)
	}
	switch f.Kind {
	case event.MessageUser:
		c.messages++
		if f.Input != event.InputButton { // the echo of a click is no action of its own
			c.set(flagOperatorButton, false)
		}
		t.ask(f, c)
	case event.ElementClicked:
		c.set(flagOperatorButton, f.Operator)
		c.set(flagNextBegins, true)
	case event.MessageBot:
		if f.Proactive {
			c.set(flagOutreach, c.has(flagOutreach) || !c.has(flagStarted))
		} else {
			t.say(f, c)
		}
	case event.MessageOperator:
		c.set(flagEscalated, true)
		t.answer(f, c)
		if c.has(flagTakeover) && !c.has(flagResponded) {
			c.set(flagResponded, true)
			f.Responds, f.FirstResponse = true, max(0, f.At-c.requested)
		}
	case event.HandoverRequested:
		t.request(f, i, c)
	case event.HandoverAccepted:
		t.accept(f, c)
	}
}

// ask notes that a user message waits for its answer, unless that was stored before it.
func (t *Table) ask(f *Fact, c *chat) {
	if c.has(flagUnanswered) {
		c.set(flagNextBegins, true)
		return
	}
	if c.has(flagSpare) && t.clock-c.spareClock <= overtaken && c.spare > f.At {
		f.Answers, f.Response = true, c.spare-f.At
		c.set(flagSpare, false)
		c.set(flagFallback, c.has(flagLastFallback)) // what was said before it answered something else
		return
	}
	c.unanswered = f.At
	c.set(flagUnanswered|flagNextBegins, true)
}

// say applies a message of the bot that may answer the user.
func (t *Table) say(f *Fact, c *chat) {
	t.answer(f, c)
	if c.set(flagSpare, !f.Answers); !f.Answers {
		c.spare, c.spareClock = f.At, t.clock
	}
	if c.has(flagNextBegins) {
		c.set(flagFallback|flagNextBegins, false)
	}
	c.set(flagLastFallback, f.Fallback)
	c.set(flagFallback, f.Fallback || c.has(flagFallback))
}

// answer ends the wait of all user messages that had no answer.
func (t *Table) answer(f *Fact, c *chat) {
	if c.has(flagUnanswered) {
		f.Answers, f.Response = true, max(0, f.At-c.unanswered)
		c.set(flagUnanswered, false)
	}
}

// request notes a request for a human, and starts a wait for a takeover unless its acceptance was stored before it.
func (t *Table) request(f *Fact, i uint32, c *chat) {
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
	f.FirstRequest = !c.has(flagRequested)
	c.set(flagRequested|flagEscalated, true)
	if f.Via != event.ViaTakeover {
		return
	}
	if !c.has(flagTakeover) {
		c.set(flagTakeover, true)
		c.requested = f.At
	}
	switch {
	case c.has(flagWaiting):
	case c.has(flagSpareAcceptance) && t.clock-c.acceptance <= overtaken && c.handover >= f.At:
		f.Accepted, f.Wait = true, c.handover-f.At
		c.set(flagSpareAcceptance, false)
	default:
		c.handover = f.At
		c.set(flagSpareAcceptance, false)
		t.chats.wait(i, c)
	}
}

// accept ends the wait for a human. When nobody waits, the acceptance may have overtaken its request.
func (t *Table) accept(f *Fact, c *chat) {
	if c.set(flagEscalated, true); c.has(flagWaiting) {
		f.Accepted, f.Wait = true, max(0, f.At-c.handover)
		t.chats.served(c)
		return
	}
	c.handover, c.acceptance = f.At, t.clock
	c.set(flagSpareAcceptance, true)
}
