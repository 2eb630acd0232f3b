package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
)

func customModule() module { return module{board: customBoard} }

func customBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-custom", "Custom events", "",
		"Business events that the author of the assistant defined, such as an order or a booking.")
	b.filter(collectors.CustomKey, "Event", collectors.CustomEvents)
	events := b.of(collectors.CustomEvents).Like(collectors.CustomKey, "$"+collectors.CustomKey.Name)
	const none = "No data on custom events in this range"

	b.line(7,
		number("Custom events", "Custom events, and the change."+exactRange).
			counted(b, total(events), neither).none(none).wide(6),
		bars("Custom events over time", "The seven most frequent custom events of the selected range, and all others."+exactSteps).
			largest(events, collectors.CustomKey).none("No data on custom events in a step that has passed"),
	)
	b.line(14,
		list("Events by name", "How often each custom event happened. Search by the funnel of the heading."+exactRange).
			key("Event", collectors.CustomKey, filterable(), mapped(text(otherName)), minWidth(140)).
			column("Events", total(events, collectors.CustomKey), bar(primary)...).
			sortBy("Events").none(none),
		perPair("Assistants and channels", "Custom events for each assistant and channel."+exactRange).
			column("Events", total(events, pair...), bar(primary)...).
			sortBy("Events").none(none),
	)
	return b.build()
}
