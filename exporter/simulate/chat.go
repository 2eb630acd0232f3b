package simulate

import (
	"math"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// chat is one conversation: a state machine whose steps are events. Its memory is reused for later chats.
type chat struct {
	line   *line
	id     string
	user   string
	device *device
	traits uint64 // of the user
	clock  int64  // time of its last event
	skew   int64  // how wrong the clock of its device is
	test   bool
	overtaking

	next     step
	turns    int  // user messages that are planned
	turn     int  // user messages so far
	implicit bool // nobody said chat.started
	silent   bool // will end without chat.ended
	header   bool // gives the device as User-Agent, at the beginning only
	unnamed  bool // gives it with the second message only

	topic   *topic
	input   event.Input // of the next user message
	wrong   bool        // the last answer was a fallback, or none came
	bubble  bool        // the last answer was in two parts
	wrongs  int         // fallbacks so far
	human   bool        // an operator has taken over
	rounds  int         // messages that the operator is going to write
	ignored bool        // nobody took the request for a human

	askAt  int // user message at which a human is asked for; 0 for never
	asked  bool
	echo   bool // the click for a human came as a message, too
	cause  event.Cause
	via    event.Via
	takeAt int // user message after which an operator takes over unasked; 0 for never

	critic  bool        // rates answers
	vote    event.Score // the last one; 0 for none
	open    bool        // the last answer can be rated and was not
	chosen  *element
	letters [4]letter // the last answers that can be rated
	newest  int       // index of the last one, modulo len(letters)
	lag     int64     // how late the last event is going to arrive
}

// letter is a message that can be rated.
type letter struct {
	id     string
	agent  *event.Agent
	wrong  bool
	rating event.Rating
}

// step is the next thing to happen in a chat.
type step uint8

const (
	opened step = iota
	greeted
	reached // by the bot, which writes first
	userWrote
	triggered
	answered
	rated
	changed // a rating, to another one
	clicked
	echoed // the click for a human, as a message
	requested
	accepted
	operatorWrote
	converted
	offered
	voted
	revoted
	ended
	farewell  // of the bot, which has ended the chat already
	regretted // a rating of a chat that is over
	recast    // a vote, likewise
	arrivedLate
	business // a custom event outside of any chat
)

const gone = -1 // the delay after the last event of a chat

// begin makes a chat on a line, or a custom event outside of chats, and returns its index.
func (s *Simulator) begin(l *line) int32 {
	who := s.room()
	c := &s.chats[who]
	*c = chat{line: l, input: event.InputText, test: s.chance(testShare)}
	if s.chance(businessShare) {
		c.next = business
		return who
	}
	person := l.people.pick(s.dice)
	c.id, c.user = s.talks.new(), l.people.ids.of(person)
	c.traits = l.people.traits(person)
	c.device = l.people.device(c.traits, devices[l.channel], deviceWeights[l.channel], s.dice)
	c.header = c.traits>>55&1 != 0
	c.unnamed = l.channel != voice && s.chance(unnamedShare)
	if s.chance(skewShare) {
		c.skew = int64(7+s.IntN(20)) * 60 * second
	}
	s.plan(c)
	switch {
	case s.chance(channels[l.channel].nudges):
		c.next, c.implicit = reached, true
	case l.channel == whatsapp && s.chance(0.4):
		c.next, c.implicit = userWrote, true
	case l.channel == web && s.chance(tabShare):
		s.secondTab(who)
	}
	return who
}

// room returns the index of a new chat. It may move all chats.
func (s *Simulator) room() (who int32) {
	if n := len(s.free); n > 0 {
		who, s.free = s.free[n-1], s.free[:n-1]
		return who
	}
	s.chats = append(s.chats, chat{})
	return int32(len(s.chats) - 1)
}

// secondTab begins another chat of the same person while a chat goes on.
func (s *Simulator) secondTab(first int32) {
	who := s.room()
	c, f := &s.chats[who], &s.chats[first]
	*c = chat{
		line: f.line, input: event.InputText, test: f.test, id: s.talks.new(), user: f.user, traits: f.traits,
		device: f.device, header: f.header, skew: f.skew,
	}
	s.plan(c)
	s.agenda.push(appointment{s.now + s.wait(15, 0.8), who})
}

// plan draws what kind of chat it will be.
func (s *Simulator) plan(c *chat) {
	b := s.behavior(c.line, s.moment())
	ch := &channels[c.line.channel]
	c.silent = s.chance(b.SilentShare)
	c.critic = s.chance(0.22)
	more := ch.turns
	if c.critic {
		more = 1 - 0.6*(1-more) // users who rate a lot stay longer
	}
	c.turns = 1 + min(int(math.Log(1-s.Float64())/math.Log(more)), 30)
	if s.chance(b.HandoverShare) {
		c.askAt = 1 + s.IntN(c.turns)
		c.cause = event.Cause(1 + s.turn3(0.42, 0.33))
		c.via = event.ViaTakeover
		if s.chance(0.22) {
			c.via = event.ViaTicket
		}
	} else if s.chance(takeoverShare) {
		c.takeAt = 1 + s.IntN(c.turns)
	}
	if c.line.channel == whatsapp {
		c.silent = s.chance(0.5 + b.SilentShare/2)
	}
}

// rated reports whether an answer that can still be rated has a rating.
func (c *chat) rated() bool {
	for i := range c.letters {
		if c.letters[i].rating != event.Unrated {
			return true
		}
	}
	return false
}

// asks reports whether it is time to ask for a human.
func (c *chat) asks() bool { return c.askAt > 0 && c.turn >= c.askAt && !c.asked }

// turn3 draws 0, 1 or 2, the first two with the given probabilities.
func (d dice) turn3(p0, p1 float64) int {
	switch x := d.Float64(); {
	case x < p0:
		return 0
	case x < p0+p1:
		return 1
	}
	return 2
}
