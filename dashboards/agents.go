package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var agentKind = collectors.AgentKind

var agentNames = map[string]string{"agent": "Agent", "workflow": "Workflow"}

const noAgent = "No data on agents in this range"

func agentsModule() module {
	return module{board: agentsBoard, headlines: func(b *board) headlines {
		views := b.of(collectors.AgentViews)
		return headlines{
			numbers: []*panel{number("Agent views", "How often agents and workflows were triggered, and the change."+exactRange).
				counted(b, total(views), neither).none(noAgent).link("Agents and workflows", "bot-agents")},
			columns: []func(*panel){func(p *panel) { p.column("Agent views", total(views, pair...)) }},
		}
	}}
}

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
	thumbs := ratio{part: tally(rated("positive")), whole: sumOf(rated("positive"), rated("negative"))}
	const none = "No data on ratings in this range"

	b.row("Agents and workflows")
	b.line(6,
		number("Views", "How often agents and workflows were triggered, and the change."+exactRange).
			counted(b, total(views), neither).none(noAgent),
		breakdown("Agents and workflows", "How often agents were triggered, and workflows."+exactRange).
			now("agents", total(views.Is(agentKind, "agent")), color(primary)).
			now("workflows", total(views.Is(agentKind, "workflow")), color(second)).none(noAgent),
		number("Thumbs up", "Positive ratings of responses of agents and workflows, and the change."+exactRange).
			counted(b, total(rated("positive")), more, color(positive)).none(none),
		number("Negative: thumbs down", "Negative ratings of responses of agents and workflows, and the change."+exactRange).
			counted(b, total(rated("negative")), less, color(negative)).none(none),
	)
	by := []metric.Label{collectors.Agent, agentKind}
	zero := promql.Number(0).Mul(total(views, by...))
	up, down := total(rated("positive"), by...).Or(zero), total(rated("negative"), by...).Or(zero)
	table := list("Most frequently triggered", "Views and feedback of each agent and workflow. Click a heading to sort. A dash stands for too few ratings to judge."+exactRange).
		key("Agent or workflow", collectors.Agent, filterable(), mapped(text(otherName)), minWidth(140)).
		key("Kind", agentKind, filterable(), mapped(text(agentNames)), cellWidth(100)).
		column("Views", total(views, by...), bar(primary)...).
		column("Thumbs up", up, color(positive)).
		column("Thumbs down", down, color(negative)).
		column("Positive share", up.OverLeast(up.Add(down), cfg.Thresholds.Least.Point), unit(unitShare), decimals(1)).
		sortBy("Views").none(noAgent).
		covers("most frequently triggered agents or workflows", "number of views", "Thumbs-up/down feedback", "interacted with the most", "how well they are performing")
	b.line(13, table)
	b.row("Over time")
	over := bars("Ratings over time", "Ratings of responses of agents and workflows."+exactSteps).none("No data on ratings in a step that has passed")
	for _, r := range []struct{ value, color string }{{"positive", positive}, {"neutral", neutral}, {"negative", negative}} {
		over.over(r.value, step(rated(r.value)), color(r.color))
	}
	b.line(9,
		bars("Views over time", "How often the seven most triggered agents and workflows of the selected range were triggered, and all others."+exactSteps).
			largest(views, collectors.Agent).none("No data on agents in a step that has passed"),
		over,
	)
	b.pairsTable(perPair("Assistants and channels", "Views and feedback for each assistant and channel. A dash stands for too few to judge."+exactRange).
		column("Views", total(views, pair...), bar(primary)...).
		column("Thumbs up", total(rated("positive"), pair...)).
		column("Thumbs down", total(rated("negative"), pair...)).
		rateColumn(b, "Positive share", thumbs, nil).none(noAgent),
		"Views", "Positive share", true)
	return b.build()
}
