package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Agents: which agents and workflows run, and how their responses are rated (seed, "Agents/Workflows").
var (
	Agent      = metric.Open("agent", 500, "bot and channel")
	AgentKind  = metric.Closed[event.AgentKind]("kind")
	AgentViews = metric.Counter("bot_agent_views_total",
		"Runs of an agent or workflow.", Agent, AgentKind)
	AgentFeedback = metric.Counter("bot_agent_feedback_total",
		"First ratings of responses of an agent or workflow.", Agent, AgentKind, Rating)
)

type agents struct {
	views         *metric.OpenCount
	ratings       *metric.OpenCount
	admitted      *metric.Admission
	overflow      *metric.Overflow
	otherViews    metric.Row
	otherFeedback metric.Row
}

func newAgents(d deps) *agents {
	return &agents{
		views:         metric.NewOpenCount(AgentViews, d.pairs),
		ratings:       metric.NewOpenCount(AgentFeedback, d.pairs),
		admitted:      metric.NewAdmission(d.cfg.MaxAgents, true),
		overflow:      d.overflow,
		otherViews:    d.overflow.Row(AgentViews.Name, Agent.Name),
		otherFeedback: d.overflow.Row(AgentFeedback.Name, Agent.Name),
	}
}

func (*agents) Name() string                { return "agents" }
func (*agents) Title() string               { return "Agents and workflows" }
func (a *agents) Families() []metric.Family { return []metric.Family{a.views, a.ratings} }

func (a *agents) limits() map[string]metric.Saver {
	return map[string]metric.Saver{"admitted": a.admitted}
}

func (a *agents) Fold(f *session.Fact) {
	switch {
	case f.Kind == event.AgentTriggered:
		a.views.Inc(f.Pair, f.Clock, a.label(f, f.Agent, a.otherViews), f.Agent.Kind.String())
	case f.FirstRating && f.RatedAgent.ID != "":
		a.ratings.Inc(f.Pair, f.Clock, a.label(f, f.RatedAgent, a.otherFeedback), f.RatedAgent.Kind.String(), f.Rating.String())
	}
}

func (*agents) Headlines(n Numbers) []Headline {
	return []Headline{count(n.Sum(AgentViews), "views"), most(n, AgentViews, Agent, "viewed most")}
}

func (a *agents) label(f *session.Fact, agent event.Agent, other metric.Row) string {
	label := metric.Clean(agent.Label())
	if !a.admitted.Admit(f.Pair, label, "") {
		a.overflow.Inc(other)
		return metric.Other
	}
	return label
}
