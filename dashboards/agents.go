package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func agentsBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-agents", "Agents and workflows", "Agents/Workflows",
		"The most frequently triggered agents and workflows: which are interacted with the most, and how well they are performing.")
	b.filter(agentKind, "Kind", collectors.AgentViews)
	b.filter(collectors.Agent, "Agent or workflow", collectors.AgentViews)
	chosen := func(d *metric.Def) promql.Selector {
		return b.of(d).Like(agentKind, "$"+agentKind.Name).Like(collectors.Agent, "$"+collectors.Agent.Name)
	}
	views := chosen(collectors.AgentViews)
	rated := func(r string) promql.Selector { return chosen(collectors.AgentFeedback).Is(collectors.Rating, r) }
	const none = "No agent ran"

	b.row("Agents and workflows")
	b.line(6,
		number("Views", "How often agents and workflows were triggered, and the number in the previous time range."+exactRange).
			now("this period", total(views)).
			now("previous", total(views).Before(rangeWindow), color(neutral)).none(none),
		breakdown("Agents and workflows", "How often agents were triggered, and workflows."+exactRange).
			now("agents", total(views.Is(agentKind, "agent")).OrZero(), color(primary)).
			now("workflows", total(views.Is(agentKind, "workflow")).OrZero(), color(second)).none(none),
		number("Thumbs up", "Positive ratings of responses of agents and workflows, and the number in the previous time range."+exactRange).
			now("this period", total(rated("positive")), color(positive)).
			now("previous", total(rated("positive")).Before(rangeWindow), color(neutral)).none("No ratings"),
		number("Thumbs down", "Negative ratings of responses of agents and workflows, and the number in the previous time range."+exactRange).
			now("this period", total(rated("negative")), color(negative)).
			now("previous", total(rated("negative")).Before(rangeWindow), color(neutral)).none("No ratings"),
	)
	by := []metric.Label{collectors.Agent, agentKind}
	pos, neg := total(rated("positive"), by...), total(rated("negative"), by...)
	none0 := total(views, by...).Mul(promql.Number(0))
	b.line(13,
		list("Most frequently triggered", "Views and feedback of each agent and workflow. Click a heading to sort."+exactRange).
			key("Agent or workflow", collectors.Agent, filterable(), mapped(text(otherName)), minWidth(200)).
			key("Kind", agentKind, filterable(), mapped(text(agentNames)), cellWidth(110)).
			column("Views", total(views, by...), bar(primary)...).
			column("Thumbs up", pos.Or(none0), bar(positive)...).
			column("Thumbs down", neg.Or(none0), bar(negative)...).
			column("Positive share", pos.Or(none0).Over(pos.Or(none0).Add(neg.Or(none0))), unit(unitShare), decimals(1)).
			sortBy("Views").none(none).
			covers("most frequently triggered agents or workflows", "number of views", "Thumbs-up/down feedback", "interacted with the most", "how well they are performing"),
	)
	b.row("Over time")
	b.line(9,
		bars("Views over time", "How often the seven most triggered agents and workflows of each step were triggered."+exactSteps).
			over("{{agent}}", step(views, collectors.Agent).Top(7)).none(none),
		bars("Feedback over time", "Ratings of responses of agents and workflows."+exactSteps).
			over("positive", step(rated("positive")), color(positive)).
			over("neutral", step(rated("neutral")), color(neutral)).
			over("negative", step(rated("negative")), color(negative)).none("No ratings"),
	)
	b.line(8, perChannel("Views and feedback for each assistant and channel."+exactRange).
		column("Views", total(views, metric.Bot, metric.Channel), bar(primary)...).
		column("Thumbs up", total(rated("positive"), metric.Bot, metric.Channel)).
		column("Thumbs down", total(rated("negative"), metric.Bot, metric.Channel)).
		sortBy("Views").totals().none(none))
	return b.build()
}
