package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Agents: which agents and workflows run, and how their responses are rated.
var (
	Agent      = metric.Open("agent", 500, metric.PerBotAndChannel)
	AgentKind  = metric.Closed[event.AgentKind]("kind")
	AgentViews = metric.Counter("bot_agent_views_total",
		"Runs of agents and workflows.", Agent, AgentKind)
	AgentFeedback = metric.Counter("bot_agent_feedback_total",
		"First ratings of the responses of agents and workflows.", Agent, AgentKind, Rating)
)

type agents struct {
	views   *metric.OpenCounterVec
	ratings *metric.OpenCounterVec
}

func newAgents(d deps) *agents {
	limit := metric.NewLabelLimit("admitted", d.cfg.MaxAgents, Agent)
	return &agents{
		views:   metric.NewOpenCounterVec(AgentViews, d.pairs, d.overflow, limit),
		ratings: metric.NewOpenCounterVec(AgentFeedback, d.pairs, d.overflow, limit),
	}
}

func (*agents) Name() string                { return "agents" }
func (*agents) Title() string               { return "Agents and workflows" }
func (a *agents) Families() []metric.Family { return []metric.Family{a.views, a.ratings} }

func (a *agents) Fold(f *session.Fact) {
	switch {
	case f.Kind == event.AgentTriggered:
		a.views.Inc(f.Pair, f.Clock, f.Agent.Label(), f.Agent.Kind.String())
	case f.FirstRating && f.RatedAgent.ID != "":
		a.ratings.Inc(f.Pair, f.Clock, f.RatedAgent.Label(), f.RatedAgent.Kind.String(), f.Rating.String())
	}
}

func (*agents) Headlines(n Numbers) []Headline {
	return []Headline{count(n.Sum(AgentViews), "views"), most(n, AgentViews, Agent, "viewed most")}
}
