package simulate

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// rates gives a thumb to the newest answer, or changes one.
func (s *Simulator) rates(c *chat) int64 {
	e := &s.e
	l := &c.letters[c.newest]
	if c.next == changed {
		// The newest one or one before it, whichever has a rating.
		for i := range c.letters {
			if o := &c.letters[(c.newest+i)%len(c.letters)]; o.rating != event.Unrated && s.chance(0.6) {
				l = o
			}
		}
	}
	p := s.behavior(c.line, s.moment()).PositiveShare
	if l.wrong {
		p *= 0.35
	} else {
		p = min(1.06*p, 1)
	}
	rating := event.Rating(1 + s.turn3(0.94*p, 0.94*(1-p)))
	if rating == l.rating { // no change
		rating = event.Positive + (rating-event.Positive+1+event.Rating(s.IntN(2)))%3
	}
	l.rating = rating
	e.Kind, e.Message, e.Rating = event.FeedbackGiven, l.id, rating
	if s.chance(0.6) {
		e.Agent = *l.agent
	}
	if s.chance(0.2) {
		e.User = c.user
	}
	if s.chance(0.15) {
		return s.then(c, changed, s.wait(7, 0.6))
	}
	return s.decide(c)
}

func (s *Simulator) clicks(c *chat) int64 {
	e, el := &s.e, c.chosen
	e.Kind = event.ElementClicked
	e.Element, e.Title, e.Target, e.Destination = el.kind, el.title, el.target, el.destination
	switch {
	case el == &operatorButton:
		e.Operator = true
		return s.then(c, requested, s.wait(0.6, 0.4))
	case el.kind == event.QuickReply: // the bot sees it as a message
		c.input = event.InputButton
		return s.then(c, userWrote, s.wait(0.1, 0.3))
	case c.turn >= c.turns:
		return s.finish(c, converted)
	}
	return s.then(c, userWrote, s.thinking(c))
}

func (s *Simulator) requests(c *chat) int64 {
	e := &s.e
	e.Kind, e.Via = event.HandoverRequested, c.via
	if !c.asked && s.chance(0.7) { // otherwise the exporter finds out
		e.Cause = c.cause
	}
	b := s.behavior(c.line, s.moment())
	again := c.asked
	c.asked = true
	switch {
	case c.via == event.ViaTicket:
		c.topic = &desk
		return s.then(c, answered, s.latency(c))
	case s.chance(b.AcceptShare):
		return s.then(c, accepted, s.wait(b.OperatorWait, 1))
	}
	c.ignored, c.wrong = true, true
	patience := s.wait(2*b.OperatorWait, 0.7)
	switch x := s.Float64(); {
	case x < 0.25 && !again:
		return s.then(c, requested, patience)
	case x < 0.55:
		return s.then(c, userWrote, patience)
	}
	return s.leave(c, patience)
}

func (s *Simulator) operatorWrites(c *chat) int64 {
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

// leave is the way out for a user who is not asked for an opinion.
func (s *Simulator) leave(c *chat, delay int64) int64 {
	if c.silent {
		return s.vanish(c)
	}
	return s.then(c, ended, delay)
}

// finish goes on to the first of the last steps, from the given one, that happens in this chat.
func (s *Simulator) finish(c *chat, from step) int64 {
	good := !c.wrong && c.wrongs <= 1
	if from == converted && good && c.topic != nil && c.topic.converted != "" && s.chance(0.35) {
		return s.then(c, converted, s.wait(10, 0.7))
	}
	if from <= offered && s.chance(0.5) {
		return s.then(c, offered, s.wait(5, 0.5))
	}
	if c.silent {
		return s.vanish(c)
	}
	return s.then(c, ended, s.wait(10, 0.8))
}

// votes fills in a survey. Who was not understood or not answered is less content, by an amount that leaves the mean of
// all votes where it was.
func (s *Simulator) votes(c *chat) {
	mean := s.behavior(c.line, s.moment()).CSATMean
	if c.wrong || c.wrongs > 0 || c.ignored {
		mean -= 0.9
	} else {
		mean += 0.3
	}
	s.e.Kind, s.e.Score = event.CSATSubmitted, event.Score(s.score(mean))
	s.e.User = c.user
}

func (s *Simulator) resolved(c *chat) bool {
	switch {
	case c.turn == 0 || c.ignored:
		return false
	case c.human:
		return s.chance(0.85)
	case c.wrong:
		return s.chance(0.05)
	}
	return s.chance(0.6)
}

// vanish is the end of a chat as far as anybody can see. Now and then something is still on its way: it was entered
// without a network, and comes minutes, hours or in rare cases days later.
func (s *Simulator) vanish(c *chat) int64 {
	if c.turn == 0 || !s.chance(lateShare) {
		return gone
	}
	c.lag = 1 + s.wait(400, 1.6)
	if s.chance(0.1) {
		c.lag = int64(25+s.IntN(15)) * 3600 * second
	}
	return s.then(c, arrivedLate, c.lag)
}

func (s *Simulator) arrivesLate(c *chat) int64 {
	s.late = c.lag
	s.e.User = c.user
	if l := &c.letters[c.newest]; l.id != "" && l.rating == event.Unrated {
		s.e.Kind, s.e.Message, s.e.Rating, s.e.Agent = event.FeedbackGiven, l.id, event.Positive, *l.agent
	} else {
		s.e.Kind, s.e.Message, s.e.Input = event.MessageUser, s.letters.new(), event.InputText
	}
	return gone
}
