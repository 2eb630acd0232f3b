package reference

import (
	"fmt"
	"slices"
	"time"
)

// ratedMessage is a rated or rateable message that is remembered. The slice that holds them begins with the least recently touched.
type ratedMessage struct {
	chat    ChatKey
	message string
	agent   *agent
	rating  string    // empty: not rated yet
	session int       // of the chat that it was rated in, 0 where none was open
	touched time.Time // sent or rated, fold clock
}

// vote is what is remembered of the votes of a chat. The slice that holds them begins with the least recent.
type vote struct {
	key   ChatKey
	score int
	last  time.Time // fold clock
}

// forgetRatingsAndVotes: each is forgotten the feedback window after it was last touched, to the nanosecond.
func (f *fold) forgetRatingsAndVotes() {
	f.messages = slices.DeleteFunc(f.messages, func(m *ratedMessage) bool { return f.hasPassed(m.touched, f.opt.FeedbackWindow) })
	f.votes = slices.DeleteFunc(f.votes, func(v *vote) bool { return f.hasPassed(v.last, f.opt.FeedbackWindow) })
}

// touch returns what is remembered of a message, which becomes the most recently touched. Beyond the limit, the least recently
// touched is forgotten.
func (f *fold) touch(key ChatKey, message string) *ratedMessage {
	is := func(m *ratedMessage) bool { return m.chat == key && m.message == message }
	m := &ratedMessage{chat: key, message: message}
	if i := slices.IndexFunc(f.messages, is); i >= 0 {
		m = f.messages[i]
		f.messages = slices.Delete(f.messages, i, i+1)
	}
	m.touched = f.clock
	f.messages = append(f.messages, m)
	if len(f.messages) > f.opt.FeedbackMax {
		f.messages = f.messages[1:]
	}
	return m
}

// sent remembers a message of the bot that has an id and is reviewable or names an agent.
//
// Decision: one that is neither touches nothing, even if its id is remembered.
// Decision: of several messages with one id, the last that names an agent gives the agent. A rating outlives a message sent again.
func (f *fold) sent(key ChatKey, ev event) {
	if ev.message == "" || !ev.reviewable && ev.agent == nil {
		return
	}
	m := f.touch(key, ev.message)
	if ev.agent != nil {
		m.agent = ev.agent
	}
}

// rate counts a rating: the first of a message, or a change if it differs from the one before. The chat is nil if it is not open.
func (f *fold) rate(key ChatKey, c *chat, ev event, p pair) {
	m := f.touch(key, ev.message)
	before := m.rating
	if before == "" {
		f.series.add("bot_feedback_total", p.labels(labels{"rating": ev.rating}), 1)
		f.countAgentFeedback(m, ev, p)
	} else if before != ev.rating {
		f.series.add("bot_feedback_changes_total", p.labels(labels{"from": before, "to": ev.rating}), 1)
	}
	if c != nil {
		// The mix: a rating adds to that of the chat that is open. It takes the former out only if that was given in the same
		// session, and so does a repeated one, which leaves the mix of this session as it was.
		if before != "" && m.session == c.session {
			c.addToMix(before, -1)
		}
		c.addToMix(ev.rating, 1)
	}
	m.rating = ev.rating
	// Decision: a rating given while no chat is open was given in no session.
	m.session = 0
	if c != nil {
		m.session = c.session
	}
}

func (c *chat) addToMix(rating string, n int) {
	switch rating {
	case "positive":
		c.positive += n
	case "negative":
		c.negative += n
	}
}

// countAgentFeedback counts a first rating for the agent of the event, else of the rated message while it is remembered.
func (f *fold) countAgentFeedback(m *ratedMessage, ev event, p pair) {
	a := ev.agent
	if a == nil {
		a = m.agent
	}
	if a == nil {
		return
	}
	l := p.labels(f.agentLabels("bot_agent_feedback_total", *a, p))
	l["rating"] = ev.rating
	f.series.add("bot_agent_feedback_total", l, 1)
}

// vote counts a vote for the chat that is open, else for the last one of that key: the first of a chat, or a change if the
// score differs from the one before. The same score again changes nothing but how long the vote is remembered.
//
// Decision: votes have a table of their own, with the same limit as the one of messages.
func (f *fold) vote(key ChatKey, ev event, p pair) {
	v := &vote{key: key, score: ev.score}
	if i := slices.IndexFunc(f.votes, func(v *vote) bool { return v.key == key }); i >= 0 {
		v = f.votes[i]
		f.votes = slices.Delete(f.votes, i, i+1)
		if v.score != ev.score {
			f.series.add("bot_csat_changes_total", p.labels(labels{"from": fmt.Sprint(v.score), "to": fmt.Sprint(ev.score)}), 1)
			v.score = ev.score
		}
	} else {
		f.series.observe("bot_csat_score", p.labels(nil), float64(ev.score))
	}
	v.last = f.clock
	f.votes = append(f.votes, v)
	if len(f.votes) > f.opt.FeedbackMax {
		f.votes = f.votes[1:]
	}
}
