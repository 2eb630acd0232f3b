package collectors

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

func TestAgentLimit(t *testing.T) { require.Equal(t, Defaults().MaxAgents, Agent.Limit) }

// TestManyAgents: what open chats remember of agents is bounded; beyond, a rating counts for __other__ and is not lost.
// Nor is that of an agent with this very name.
func TestManyAgents(t *testing.T) {
	s := New(Defaults())
	say := func(id int, kind event.Kind, agent string) {
		s.Fold(1, &event.Event{
			Kind: kind, ID: fmt.Sprint(id), Source: "s", Bot: "b", Channel: "web", Chat: fmt.Sprint(id / 10), Message: "m",
			Rating: event.Positive, Agent: event.Agent{ID: agent, Kind: event.KindAgent},
		}, nil)
	}
	const bound = 1 << 16
	for n := range bound + 1 {
		say(10*n, event.MessageBot, fmt.Sprint("agent", n))
	}
	say(1, event.FeedbackGiven, "")
	say(10*bound+1, event.FeedbackGiven, "")
	say(10*bound+10, event.MessageBot, metric.Other)
	say(10*bound+11, event.FeedbackGiven, "")
	all := series(s, 1)
	require.Equal(t, 1.0, all[`bot_agent_feedback_total{agent="agent0",bot="b",channel="web",kind="agent",rating="positive"}`])
	require.Equal(t, 2.0, all[`bot_agent_feedback_total{agent="__other__",bot="b",channel="web",kind="agent",rating="positive"}`])
	require.Equal(t, 2.0, all[`bot_label_overflow_total{label="agent",metric="bot_agent_feedback_total"}`])
	f := &folder{set: s}
	sameState(t, s, f.reopened(t).set)
}
