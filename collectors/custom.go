package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Custom: business events that the bot's author defined.
var (
	CustomKey    = metric.Open("event", 200, "exporter")
	CustomEvents = metric.Counter("bot_custom_events_total",
		"Custom events, by their key.", CustomKey)
)

type custom struct {
	events   *metric.OpenCount
	admitted *metric.Admission
	overflow *metric.Overflow
	other    metric.Row
}

func newCustom(d deps) *custom {
	return &custom{
		events:   metric.NewOpenCount(CustomEvents, d.pairs),
		admitted: metric.NewAdmission(d.cfg.MaxCustom, false),
		overflow: d.overflow,
		other:    d.overflow.Row(CustomEvents.Name, CustomKey.Name),
	}
}

func (*custom) Name() string                { return "custom" }
func (*custom) Title() string               { return "Custom events" }
func (c *custom) Families() []metric.Family { return []metric.Family{c.events} }

func (c *custom) limits() map[string]metric.Saver {
	return map[string]metric.Saver{"admitted": c.admitted}
}

func (c *custom) Fold(f *session.Fact) {
	if f.Kind != event.Custom {
		return
	}
	key := metric.Clean(f.Key)
	if !c.admitted.Admit(f.Pair, key, "") {
		key = metric.Other
		c.overflow.Inc(c.other)
	}
	c.events.Inc(f.Pair, f.Clock, key)
}

func (*custom) Headlines(n Numbers) []Headline {
	return []Headline{count(n.Sum(CustomEvents), "events"), most(n, CustomEvents, CustomKey, "most frequent")}
}
