package session

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// mark is what an open chat remembers of one message: its last rating and the agent that sent it.
type mark struct {
	message uint64 // keyed hash of the id
	agent   uint32 // index of the label, from 1; 0 is no agent, otherAgent one of too many
	next    uint32 // of the same chat
	rating  event.Rating
	kind    event.AgentKind
}

// maxAgents bounds what is kept of the agents that messages named; further ones are all alike.
const (
	maxAgents  = 1 << 16
	otherAgent = maxAgents + 1
)

// findMark returns the mark of a message, 0 when there is none.
func (t *Table) findMark(c *chat, message string) (i uint32, hash uint64) {
	hash = t.hash.of('m', message).Hi
	for i = c.ratings; i != 0; i = t.chats.marks.At(i).next {
		if t.chats.marks.At(i).message == hash {
			return i, hash
		}
	}
	return 0, hash
}

// newMark returns 0 when the chat has marked as many messages as it may.
func (t *Table) newMark(c *chat, hash uint64) uint32 {
	if int(c.tracked) >= t.cfg.MaxTracked {
		return 0
	}
	i := t.chats.marks.New()
	*t.chats.marks.Edit(i) = mark{message: hash, next: c.ratings}
	c.ratings = i
	c.tracked++
	return i
}

// track remembers which agent sent a message, for the rating of it.
func (t *Table) track(c *chat, e *event.Event) {
	i, hash := t.findMark(c, e.Message)
	if i == 0 {
		i = t.newMark(c, hash)
	}
	if i == 0 {
		return
	}
	m := t.chats.marks.Edit(i)
	m.agent, m.kind = otherAgent, e.Agent.Kind
	if at, ok := t.agents.Index(e.Agent.Label()); ok {
		m.agent = at + 1
	}
}

// rate tells a first rating from a changed one.
func (t *Table) rate(f *Fact, c *chat) {
	i, hash := t.findMark(c, f.Message)
	if i == 0 {
		i = t.newMark(c, hash)
	}
	if i == 0 { // beyond the bound: as if the chat were not open
		t.outside(f)
		return
	}
	m := t.chats.marks.Edit(i)
	switch {
	case m.rating == event.Unrated:
		f.FirstRating, f.RatedAgent = true, f.Agent
		if f.RatedAgent.ID == "" && m.agent != 0 {
			f.RatedAgent = event.Agent{ID: metric.Other, Kind: m.kind}
			if m.agent != otherAgent {
				f.RatedAgent.ID = t.agents.Value(m.agent - 1)
			}
		}
	case m.rating != f.Rating:
		f.ChangedFrom = m.rating
	}
	c.count(m.rating, ^uint16(0)) // one less
	c.count(f.Rating, 1)
	m.rating = f.Rating
}

func (c *chat) count(r event.Rating, by uint16) {
	switch r {
	case event.Positive:
		c.positive += by
	case event.Negative:
		c.negative += by
	}
}
