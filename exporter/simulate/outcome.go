package simulate

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// rates gives a thumb to the newest answer, or changes one, perhaps long after the chat.
func (s *Simulator) rates(c *chat) int64 {
	e := &s.e
	l := &c.letters[c.newest]
	if c.next != rated {
		l = s.reconsiders(c)
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
	switch {
	case c.next == regretted:
		return gone
	case s.chance(0.15):
		return s.then(c, changed, s.wait(7, 0.6))
	}
	return s.decide(c)
}

// reconsiders picks an answer that has a rating, most often a late one.
func (s *Simulator) reconsiders(c *chat) (l *letter) {
	for i := range c.letters {
		o := &c.letters[(c.newest+1+i)%len(c.letters)]
		if o.rating != event.Unrated && (l == nil || s.chance(0.6)) {
			l = o
		}
	}
	return l
}

func (s *Simulator) clicks(c *chat) int64 {
	e, el := &s.e, c.chosen
	e.Kind = event.ElementClicked
	e.Element, e.Title, e.Target, e.Destination = el.kind, el.title, el.target, el.destination
	switch {
	case c.asks():
		e.Operator = el == &operatorButton
		if s.chance(echoShare) {
			return s.then(c, echoed, s.wait(0.1, 0.3))
		}
		return s.then(c, requested, s.wait(0.6, 0.4))
	case el.kind == event.QuickReply: // the bot sees it as a message
		c.input = event.InputButton
		return s.then(c, userWrote, s.wait(0.1, 0.3))
	case c.turn >= c.turns:
		return s.finish(c, converted)
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

// votes fills in a survey, or does so again with another score. A user who was not understood or not answered votes lower,
// by an amount that keeps the mean of all votes.
func (s *Simulator) votes(c *chat) int64 {
	mean := s.behavior(c.line, s.moment()).CSATMean
	if c.wrong || c.wrongs > 0 || c.ignored {
		mean -= 0.9
	} else {
		mean += 0.3
	}
	score := event.Score(s.score(mean))
	switch {
	case score != c.vote:
	case score == 5:
		score--
	default:
		score++
	}
	c.vote = score
	s.e.Kind, s.e.Score, s.e.User = event.CSATSubmitted, score, c.user
	switch {
	case c.next == recast:
		return gone
	case c.next == voted && s.chance(revoteShare):
		return s.then(c, revoted, s.wait(5, 0.6))
	}
	return s.finish(c, ended)
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

// vanish ends a chat as far as anybody can see. Now and then its user comes back to the open page after the idle timeout, or
// an event is still on its way: it was entered offline, and arrives minutes, hours or in rare cases days later.
func (s *Simulator) vanish(c *chat) int64 {
	switch {
	case c.turn == 0:
		return gone
	case c.rated() && s.chance(regretShare):
		return s.then(c, regretted, s.wait(1500, 1))
	case c.vote != 0 && s.chance(regretShare):
		return s.then(c, recast, s.wait(1500, 1))
	case c.silent && c.line.channel == web && s.chance(comebackShare):
		return s.then(c, userWrote, s.between(35*60, 120*60))
	case !s.chance(lateShare):
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
