package simulate

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// staffed reports whether operators are on duty.
func (s *Simulator) staffed(l *line) bool {
	if s.cfg.Flat {
		return true
	}
	shift, hour := shifts[l.role], s.moment().In(s.cfg.Location).Hour()
	return shift[0] <= hour && hour < shift[1]
}

// seeksHuman starts a user's request for a human: by a button, or in words, perhaps after one more quick reply.
func (s *Simulator) seeksHuman(c *chat) int64 {
	c.chosen = nil
	switch {
	case c.cause == event.CauseOperatorButton:
		c.chosen = &operatorButton
	case c.cause == event.CauseDirect && c.line.channel != voice && s.chance(unhelpedShare):
		c.chosen = c.topic.quickReply()
	}
	if c.chosen != nil {
		return s.then(c, clicked, s.wait(5, 0.6))
	}
	return s.then(c, requested, s.wait(6, 0.6))
}

func (s *Simulator) requests(c *chat) int64 {
	e := &s.e
	e.Kind, e.Via = event.HandoverRequested, c.via
	if !c.asked && !c.echo && s.chance(0.7) { // otherwise the exporter finds out
		e.Cause = c.cause
	}
	b := s.behavior(c.line, s.moment())
	again := c.asked
	c.asked = true
	switch {
	case c.via == event.ViaTicket:
		c.topic = &desk
		return s.then(c, answered, s.latency(c))
	case !s.staffed(c.line) || !s.chance(b.AcceptShare):
		c.ignored, c.wrong = true, true
	case s.chance(b.SlowShare):
		return s.then(c, accepted, s.between(30*60, 60*60))
	default:
		return s.then(c, accepted, s.wait(b.OperatorWait, 1))
	}
	patience := s.wait(2*b.OperatorWait, 0.7)
	switch x := s.Float64(); {
	case x < 0.25 && !again:
		return s.then(c, requested, patience)
	case x < 0.55:
		return s.then(c, userWrote, patience)
	}
	return s.leave(c, patience)
}

// takesOver begins an operator's part of a chat, asked or not.
func (s *Simulator) takesOver(c *chat) {
	c.human, c.ignored, c.wrong = true, false, false
	c.rounds = 1 + s.IntN(4)
}

func (s *Simulator) operatorWrites(c *chat) int64 {
	if !c.human {
		s.takesOver(c)
	}
	s.e.Kind, s.e.Message = event.MessageOperator, s.letters.new()
	c.rounds--
	switch {
	case c.rounds <= 0:
		return s.finish(c, offered)
	case s.chance(0.25): // in several parts
		return s.then(c, operatorWrote, s.wait(6, 0.6))
	}
	return s.then(c, userWrote, s.thinking(c))
}
