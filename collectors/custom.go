package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Custom: business events that the bot's author defined.
var (
	CustomKey    = metric.Open("event", 200, metric.PerExporter)
	CustomEvents = metric.Counter("bot_custom_events_total",
		"Custom events, by key.", CustomKey)
)

type custom struct{ events *metric.OpenCounterVec }

func newCustom(d deps) *custom {
	limit := metric.NewLabelLimit("admitted", d.cfg.MaxCustom, CustomKey)
	return &custom{metric.NewOpenCounterVec(CustomEvents, d.pairs, d.overflow, limit)}
}

func (*custom) Name() string                { return "custom" }
func (*custom) Title() string               { return "Custom events" }
func (c *custom) Families() []metric.Family { return []metric.Family{c.events} }

func (c *custom) Fold(f *session.Fact) {
	if f.Kind == event.Custom {
		c.events.Inc(f.Pair, f.Clock, f.Key)
	}
}

func (*custom) Headlines(n Numbers) []Headline {
	return []Headline{count(n.Sum(CustomEvents), "events"), most(n, CustomEvents, CustomKey, "most frequent")}
}
