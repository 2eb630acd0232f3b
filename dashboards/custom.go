package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

func customBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-custom", "Custom events", "",
		"Business events that the author of the assistant defined, such as an order or a booking.")
	b.filter(collectors.CustomKey, "Event", collectors.CustomEvents)
	events := b.of(collectors.CustomEvents).Like(collectors.CustomKey, "$"+collectors.CustomKey.Name)
	const none = "No custom events"

	b.line(7,
		number("Custom events", "Custom events, and the number in the previous time range."+exactRange).
			now("this period", total(events)).
			now("previous", total(events).Before(rangeWindow), color(neutral)).none(none).wide(5),
		bars("Custom events over time", "The seven most frequent custom events of each step."+exactSteps).
			over("{{event}}", step(events, collectors.CustomKey).Top(7)).none(none),
	)
	b.line(12,
		list("Events", "How often each custom event happened."+exactRange).
			key("Event", collectors.CustomKey, filterable(), mapped(text(otherName)), minWidth(160)).
			column("Events", total(events, collectors.CustomKey), bar(primary)...).
			sortBy("Events").totals().none(none),
		perChannel("Custom events for each assistant and channel."+exactRange).
			column("Events", total(events, metric.Bot, metric.Channel), bar(primary)...).
			sortBy("Events").totals().none(none),
	)
	return b.build()
}
