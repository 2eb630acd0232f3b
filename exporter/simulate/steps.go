package simulate

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

func (s *Simulator) moment() time.Time { return time.Unix(0, s.now) }

// step fills s.e with the next event of a chat, decides what follows and returns the nanoseconds until then.
func (s *Simulator) step(c *chat) int64 {
	e := &s.e
	e.Chat = c.id
	switch c.next {
	case opened:
		e.Kind = event.ChatStarted
		s.introduce(c)
		return s.afterOpening(c)
	case greeted:
		e.Kind, e.Message, e.Proactive = event.MessageBot, s.letters.new(), true
		if s.chance(0.45) {
			return s.then(c, userWrote, s.thinking(c))
		}
		return s.leave(c, s.wait(60, 0.8))
	case reached:
		return s.reachesOut(c)
	case userWrote:
		return s.userWrites(c)
	case triggered:
		e.Kind, e.Agent, e.Topic = event.AgentTriggered, c.topic.agent, c.topic.agent.ID
		return s.then(c, answered, s.latency(c))
	case answered:
		return s.answers(c)
	case rated, changed, regretted:
		return s.rates(c)
	case clicked:
		return s.clicks(c)
	case echoed:
		c.echo = true
		c.turn++
		e.Kind, e.Message, e.User, e.Input = event.MessageUser, s.letters.new(), c.user, event.InputButton
		return s.then(c, requested, s.wait(0.5, 0.4))
	case requested:
		return s.requests(c)
	case accepted:
		e.Kind = event.HandoverAccepted
		s.takesOver(c)
		return s.then(c, operatorWrote, s.wait(9, 0.6))
	case operatorWrote:
		return s.operatorWrites(c)
	case converted:
		e.Kind, e.Key = event.Custom, c.topic.converted
		return s.finish(c, offered)
	case offered:
		e.Kind = event.CSATOffered
		if s.chance(0.42) {
			return s.then(c, voted, s.wait(8, 0.7))
		}
		return s.finish(c, ended)
	case voted, revoted, recast:
		return s.votes(c)
	case ended:
		e.Kind, e.Resolved = event.ChatEnded, s.resolved(c)
		if c.turn > 0 && s.chance(farewellShare) {
			return s.then(c, farewell, s.wait(0.4, 0.4))
		}
		return s.vanish(c)
	case farewell:
		e.Kind, e.Message = event.MessageBot, s.letters.new()
		return s.vanish(c)
	case arrivedLate:
		return s.arrivesLate(c)
	case business:
		outside := roles[c.line.role].outside
		e.Kind, e.Key = event.Custom, outside[s.IntN(len(outside))]
		return gone
	}
	panic("BUG: step of a chat")
}

func (s *Simulator) then(c *chat, next step, delay int64) int64 {
	c.next = next
	return delay
}

// introduce adds user and device, as the first event of most chats does.
func (s *Simulator) introduce(c *chat) {
	s.e.User = c.user
	if !c.unnamed {
		c.device.tell(&s.e, c.header)
	}
	s.e.Language = language(c.traits)
}

func (s *Simulator) afterOpening(c *chat) int64 {
	switch x := s.Float64(); {
	case x < 0.09: // opened by mistake
		return s.leave(c, s.wait(12, 1))
	case x < 0.22 && c.line.channel == web:
		return s.then(c, greeted, s.wait(4, 0.4))
	}
	return s.then(c, userWrote, s.thinking(c))
}

// reachesOut lets the bot write first. Most people do not reply, and those who do take their time.
func (s *Simulator) reachesOut(c *chat) int64 {
	s.e.Kind, s.e.Message, s.e.Proactive = event.MessageBot, s.letters.new(), true
	s.introduce(c)
	if !s.chance(s.behavior(c.line, s.moment()).ReplyShare) {
		return s.leave(c, s.wait(1800, 0.5))
	}
	c.topic = s.subject(c)
	c.chosen = c.topic.quickReply()
	if c.chosen != nil && s.chance(0.4) {
		return s.then(c, clicked, s.wait(200, 1.2))
	}
	return s.then(c, userWrote, s.wait(300, 1.2))
}

// subject draws what a user wants.
func (s *Simulator) subject(c *chat) *topic {
	r := &roles[c.line.role]
	return &r.topics[s.turn(r.common)]
}

func (s *Simulator) thinking(c *chat) int64 {
	ch := &channels[c.line.channel]
	return s.wait(ch.think, ch.spread)
}

func (s *Simulator) latency(c *chat) int64 {
	median := c.topic.latency
	if c.line.channel == voice {
		median *= 0.7
	}
	return s.wait(median*s.behavior(c.line, s.moment()).Latency, 0.55)
}

func (s *Simulator) userWrites(c *chat) int64 {
	e := &s.e
	e.Kind, e.Message, e.User = event.MessageUser, s.letters.new(), c.user
	e.Input, c.input = c.input, event.InputText
	if e.Input == event.InputText {
		e.Input = event.Input(1 + s.turn(channels[c.line.channel].inputs))
	}
	switch {
	case c.turn == 0 && c.implicit:
		s.introduce(c)
	case c.turn == 1 && c.unnamed, !c.header && s.chance(0.05):
		c.device.tell(e, c.header)
	}
	c.turn++
	if c.human {
		return s.then(c, operatorWrote, s.wait(22, 0.8))
	}
	switch x := s.Float64(); {
	case c.ignored: // still waits for a human, and nobody is there
		return s.leave(c, s.thinking(c))
	case x < 0.06 && c.turn < c.turns: // a second message before the answer
		return s.then(c, userWrote, s.wait(3, 0.5))
	case x > 0.988 && !c.asks(): // the bot says nothing
		c.wrong = true
		return s.leave(c, s.wait(45, 0.8))
	}
	if c.topic == nil || s.chance(0.3) {
		c.topic = s.subject(c)
		return s.then(c, triggered, s.wait(0.08, 0.5))
	}
	return s.then(c, answered, s.latency(c))
}

func (s *Simulator) answers(c *chat) int64 {
	e := &s.e
	e.Kind, e.Message, e.Agent = event.MessageBot, s.letters.new(), c.topic.agent
	if c.asked { // for a ticket, which is confirmed
		return s.finish(c, offered)
	}
	if c.bubble { // the second part
		return s.decide(c)
	}
	p := s.behavior(c.line, s.moment()).FallbackShare * c.topic.fallback
	if c.asks() {
		p = 0
		if c.cause == event.CauseAfterFallback {
			p = 1
		}
	}
	c.wrong = s.chance(p)
	e.Fallback = c.wrong
	if c.wrong {
		c.wrongs++
	}
	if e.Reviewable = c.line.channel != voice && s.chance(0.8); e.Reviewable {
		c.newest = (c.newest + 1) % len(c.letters)
		c.letters[c.newest] = letter{id: e.Message, agent: &c.topic.agent, wrong: c.wrong}
		c.open = c.critic && s.chance(0.55)
	}
	if !c.wrong && s.chance(0.12) {
		c.bubble = true
		return s.then(c, answered, s.wait(0.4, 0.4))
	}
	return s.decide(c)
}

// decide draws what the user does after an answer.
func (s *Simulator) decide(c *chat) int64 {
	c.bubble = false
	switch {
	case c.open:
		c.open = false
		return s.then(c, rated, s.wait(4, 0.7))
	case c.asks():
		return s.seeksHuman(c)
	case c.turn == c.takeAt && s.staffed(c.line):
		c.takeAt = 0
		if s.chance(0.5) {
			return s.then(c, accepted, s.wait(8, 0.6))
		}
		return s.then(c, operatorWrote, s.wait(12, 0.6))
	case len(c.topic.elements) > 0 && c.line.channel != voice && !c.wrong && s.chance(0.24):
		c.chosen = &c.topic.elements[s.IntN(len(c.topic.elements))]
		if c.chosen.kind != event.QuickReply || c.turn < c.turns {
			return s.then(c, clicked, s.wait(6, 0.8))
		}
	}
	if c.turn >= c.turns {
		return s.finish(c, converted)
	}
	return s.then(c, userWrote, s.thinking(c))
}
