package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

var (
	element = collectors.Clicks.Labels[2]
	target  = collectors.Clicks.Labels[4]
)

var (
	elementNames = map[string]string{"quick_reply": "Quick reply button", "link": "In-answer link"}
	targetNames  = map[string]string{"answer": "Answer", "url": "URL", "phone": "Phone number", "email": "E-mail", "other": "Other"}
)

const noClick = "No data on clicks in this range"

func clicksModule() module {
	return module{board: clicksBoard, headlines: func(b *board) headlines {
		clicks := b.of(collectors.Clicks)
		return headlines{
			numbers: []*panel{number("Clicks", "Clicks on buttons and links, and the change."+exactRange).
				counted(b, total(clicks), neither).none(noClick).link("Clicks", "bot-clicks")},
			columns: []func(*panel){func(p *panel) { p.column("Clicks", total(clicks, pair...)) }},
		}
	}}
}

func clicksBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-clicks", "Clicks", "Clicks",
		"The performance of clickable elements: links, quick replies and other clickable items.")
	title, destination := collectors.ClickTitle, collectors.ClickDestination
	b.filter(element, "Click type", collectors.Clicks)
	b.filter(title, "Button title", collectors.Clicks)
	b.filter(target, "Target", collectors.Clicks)
	b.filter(destination, "Destination", collectors.Clicks)
	clicks := b.of(collectors.Clicks)
	for _, l := range []metric.Label{element, title, target, destination} {
		clicks = clicks.Like(l, "$"+l.Name)
	}

	b.row("Clicks")
	kinds := breakdown("Clicks by type", "Clicks on quick reply buttons and on in-answer links."+exactRange).
		covers("Quick Reply button or an In-Answer Link").none(noClick)
	for i, v := range element.Values {
		kinds.now(elementNames[v], total(clicks.Is(element, v)), color([]string{primary, second}[i%2]))
	}
	targets := breakdown("Targets", "Clicks by where the element leads to: another answer, a URL, a phone number, an e-mail address."+exactRange).none(noClick)
	for _, v := range target.Values {
		targets.now(targetNames[v], total(clicks.Is(target, v)))
	}
	b.line(8,
		number("Clicks", "Clicks on buttons and links, and the change."+exactRange).
			counted(b, total(clicks), neither).none(noClick).wide(6).covers("Clicks"),
		kinds.wide(8),
		targets,
	)
	b.line(16,
		list("Clickable elements", "Clicks on each element: how often, its type, its title, and where it leads to. Click a heading to sort; filter by the funnel of a heading, or at the top of the dashboard."+exactRange).
			key("Button title", title, filterable(), mapped(text(otherName)), minWidth(130)).
			key("Click type", element, filterable(), mapped(text(elementNames)), cellWidth(140)).
			column("Clicks", total(clicks, element, title, target, destination), bar(primary)...).
			key("Target", target, filterable(), mapped(text(targetNames)), cellWidth(110)).
			key("Destination", destination, filterable(), mapped(text(otherName)), minWidth(160)).
			sortBy("Clicks").none(noClick).
			covers("Click Type", "Button Title", "Destination", "Filters allow you to focus on specific clicks", "sort data by click volume"),
	)
	b.row("Over time")
	b.line(12,
		bars("Clicks over time", "Clicks by type, and all clicks at the earlier time, which is estimated."+exactSteps).
			over("quick reply buttons", step(clicks.Is(element, "quick_reply")), color(primary)).
			over("in-answer links", step(clicks.Is(element, "link")), color(second)).
			over(comparedWith, before(clicks), dashed()...).wide(16).none("No data on clicks in a step that has passed"),
		perPair("Assistants and channels", "Clicks for each assistant and channel."+exactRange).
			column("Clicks", total(clicks, pair...), bar(primary)...).
			sortBy("Clicks").none(noClick),
	)
	return b.build()
}
