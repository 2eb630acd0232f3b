package session

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// ratings remember messages that were or may be rated, and votes, whether or not their chat is open.
type ratings struct {
	window int64
	max    int // of each

	messages table.LRU[mark] // by bot, channel, chat and message
	votes    table.LRU[vote] // by bot, channel and chat
}

// mark is what is remembered of one message: its last rating and the agent that sent it.
type mark struct {
	session uint32 // of the chat, in which the rating was given; 0 when the chat was not open
	agent   agentMark
}

// agentMark is the index of an agent's label, from 1, with its kind and the rating of the message in the lower bits.
type agentMark uint32

// vote is the last score.
type vote struct{ score event.Score }

// maxAgents bounds what is kept of the agents that messages named; further ones are all alike.
const (
	maxAgents  = 1 << 16
	otherAgent = maxAgents + 1
)

func markOf(agent uint32, kind event.AgentKind, r event.Rating) agentMark {
	return agentMark(agent<<4 | uint32(kind)<<2 | uint32(r))
}

func (m agentMark) agent() uint32         { return uint32(m) >> 4 }
func (m agentMark) kind() event.AgentKind { return event.AgentKind(m >> 2 & 3) }
func (m agentMark) rating() event.Rating  { return event.Rating(m & 3) }

// sliceOfOld is how many old values one message drops at most.
const sliceOfOld = 16

// advance gives back the memory of what is too old, in slices: what is still there but too old counts as forgotten.
func (r *ratings) advance(clock int64) {
	for n := 0; n < sliceOfOld && r.messages.Len() > 0 && r.messages.Oldest() <= clock-r.window; n++ {
		r.messages.Drop()
	}
	for n := 0; n < sliceOfOld && r.votes.Len() > 0 && r.votes.Oldest() <= clock-r.window; n++ {
		r.votes.Drop()
	}
}

// message returns what is remembered of a message, for writing.
func (t *Table) message(chat uint64, id string) *mark {
	r := &t.ratings
	m := r.messages.Touch(t.hash.message(chat, id), t.clock, t.clock-r.window)
	if r.messages.Len() > r.max {
		r.messages.Drop()
	}
	return m
}

// sent remembers a message that may be rated, and which agent sent it.
func (t *Table) sent(e *event.Event, chat uint64) {
	if e.Message == "" || !e.Reviewable && e.Agent.ID == "" {
		return
	}
	m := t.message(chat, e.Message)
	if e.Agent.ID == "" {
		return
	}
	agent := uint32(otherAgent)
	if i, ok := t.agents.Index(e.Agent.Label()); ok {
		agent = i + 1
	}
	m.agent = markOf(agent, e.Agent.Kind, m.agent.rating())
}

// rate notes a rating as the first or a changed one, and counts it for the chat in which it is given; c is nil when that
// is not open.
func (t *Table) rate(f *Fact, chat uint64, c *chat) {
	m := t.message(chat, f.Message)
	before := m.agent.rating()
	switch before {
	case event.Unrated:
		f.FirstRating, f.RatedAgent = true, f.Agent
		if agent := m.agent.agent(); f.RatedAgent.ID == "" && agent != 0 {
			f.RatedAgent = event.Agent{ID: metric.Other, Kind: m.agent.kind()}
			if agent != otherAgent {
				f.RatedAgent.ID = t.agents.Value(agent - 1)
			}
		}
	case f.Rating:
	default:
		f.ChangedFrom = before
	}
	session := uint32(0)
	if c != nil {
		session = c.session
		if m.session == session {
			c.count(before, -1)
		}
		c.count(f.Rating, 1)
	}
	*m = mark{session, markOf(m.agent.agent(), m.agent.kind(), f.Rating)}
}

func (c *chat) count(r event.Rating, by int32) {
	switch r {
	case event.Positive:
		c.positive += uint32(by)
	case event.Negative:
		c.negative += uint32(by)
	}
}

// vote notes a vote as the first of its chat or a changed one.
func (t *Table) vote(f *Fact, chat uint64) {
	r := &t.ratings
	v := r.votes.Touch(chat, t.clock, t.clock-r.window)
	f.FirstVote = v.score == 0
	if !f.FirstVote && v.score != f.Score {
		f.VoteFrom = v.score
	}
	v.score = f.Score
	if r.votes.Len() > r.max {
		r.votes.Drop()
	}
}
