package simulate

import (
	"math"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// chat is one conversation: a state machine whose steps are events. Its memory is used again for later chats.
type chat struct {
	line   *line
	id     string
	user   string
	device *device
	traits uint64 // of the user
	clock  int64  // time of its last event
	skew   int64  // how wrong the clock of its device is
	test   bool

	next     step
	turns    int  // user messages that are planned
	turn     int  // user messages so far
	implicit bool // nobody said chat.started
	silent   bool // will end without chat.ended
	header   bool // gives the device as User-Agent

	topic   *topic
	input   event.Input // of the next user message
	wrong   bool        // the last answer was a fallback, or none came
	bubble  bool        // the last answer was in two parts
	wrongs  int         // fallbacks so far
	human   bool        // an operator has taken over
	rounds  int         // messages that the operator is going to write
	ignored bool        // nobody took the request for a human

	askAt int // user message at which a human is asked for; 0 for never
	asked bool
	cause event.Cause
	via   event.Via

	critic  bool // rates answers
	open    bool // the last answer can be rated and was not
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
	userWrote
	triggered
	answered
	rated
	changed // a rating, to another one
	clicked
	requested
	accepted
	operatorWrote
	converted
	offered
	voted
	ended
	arrivedLate
	business // a custom event outside of any chat
)

const gone = -1 // the delay after the last event of a chat

// begin makes a chat on a line, or a custom event outside of chats, and gives its place.
func (s *Simulator) begin(l *line) int32 {
	var who int32
	if n := len(s.free); n > 0 {
		who, s.free = s.free[n-1], s.free[:n-1]
	} else {
		s.chats = append(s.chats, chat{})
		who = int32(len(s.chats) - 1)
	}
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
	if s.chance(skewShare) {
		c.skew = int64(7+s.IntN(20)) * 60 * second
	}
	s.plan(c)
	return who
}

// plan draws what kind of chat it is going to be.
func (s *Simulator) plan(c *chat) {
	b := s.behavior(c.line, s.moment())
	ch := &channels[c.line.channel]
	c.silent = s.chance(b.SilentShare)
	c.critic = s.chance(0.22)
	more := ch.turns
	if c.critic {
		more = 1 - 0.6*(1-more) // who rates a lot stays longer
	}
	c.turns = 1 + min(int(math.Log(1-s.Float64())/math.Log(more)), 30)
	if s.chance(b.HandoverShare) {
		c.askAt = 1 + s.IntN(c.turns)
		c.cause = event.Cause(1 + s.turn3(0.42, 0.33))
		c.via = event.ViaTakeover
		if s.chance(0.22) {
			c.via = event.ViaTicket
		}
	}
	if c.line.channel == whatsapp {
		c.silent = s.chance(0.5 + b.SilentShare/2)
		switch {
		case s.chance(0.08): // a notification
			c.next, c.implicit = greeted, true
		case s.chance(0.4):
			c.next, c.implicit = userWrote, true
		}
	}
}

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
