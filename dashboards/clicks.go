package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

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
	const none = "No clicks"

	b.row("Clicks")
	kinds := breakdown("By click type", "Clicks on quick reply buttons and on in-answer links."+exactRange).
		covers("Quick Reply button or an In-Answer Link").none(none)
	for i, v := range element.Values {
		kinds.now(elementNames[v], total(clicks.Is(element, v)).OrZero(), color([]string{primary, second}[i%2]))
	}
	targets := breakdown("By target", "Clicks by where the element leads to: another answer, a URL, a phone number, an e-mail address."+exactRange).none(none)
	for _, v := range target.Values {
		targets.now(targetNames[v], total(clicks.Is(target, v)).OrZero())
	}
	b.line(8,
		number("Clicks", "Clicks on buttons and links, and the number in the previous time range."+exactRange).
			now("this period", total(clicks)).
			now("previous", total(clicks).Before(rangeWindow), color(neutral)).
			none(none).wide(5).covers("Clicks"),
		kinds.wide(8),
		targets,
	)
	b.line(14,
		list("Clickable elements", "Clicks on each element: its type, its title, where it leads to, and how often it was clicked. Click a heading to sort; filter here or at the top of the dashboard."+exactRange).
			key("Click type", element, filterable(), mapped(text(elementNames)), cellWidth(160)).
			key("Button title", title, filterable(), mapped(text(otherName)), minWidth(160)).
			key("Target", target, filterable(), mapped(text(targetNames)), cellWidth(130)).
			key("Destination", destination, filterable(), mapped(text(otherName)), minWidth(200)).
			column("Clicks", total(clicks, element, title, target, destination), bar(primary)...).
			sortBy("Clicks").totals().none(none).
			covers("Click Type", "Button Title", "Destination", "Filters allow you to focus on specific clicks", "sort data by click volume"),
	)
	b.row("Over time")
	b.line(8,
		bars("Clicks over time", "Clicks by type, and all of the previous time range."+exactSteps).
			over("quick reply buttons", step(clicks.Is(element, "quick_reply")), color(primary)).
			over("in-answer links", step(clicks.Is(element, "link")), color(second)).
			over("previous period", before(clicks), dashed()...).wide(16).none(none),
		perChannel("Clicks for each assistant and channel."+exactRange).
			column("Clicks", total(clicks, metric.Bot, metric.Channel), bar(primary)...).
			sortBy("Clicks").totals().none(none),
	)
	return b.build()
}
