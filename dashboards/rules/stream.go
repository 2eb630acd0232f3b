package rules

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// StreamAlerts are the settings of the alerts on events that are not counted.
type StreamAlerts struct {
	EventsAllRejected  Count `yaml:"BotEventsAllRejected"`
	EventsRejectedHigh Share `yaml:"BotEventsRejectedHigh"`
	EventsLost         Count `yaml:"BotEventsLost"`
	LabelOverflow      Count `yaml:"BotLabelOverflow"`
}

// DelayAlerts are the settings of the alert on events that arrive late.
type DelayAlerts struct {
	EventsLate Quantile `yaml:"BotEventsLate"`
}

func streamDefaults(a *Alerts) {
	a.StreamAlerts = StreamAlerts{
		EventsAllRejected:  Count{Common{Severity: critical, For: 10 * minute}, 5 * minute, 4},
		EventsRejectedHigh: Share{Common{Severity: warning, For: 10 * minute}, []Duration{hour}, 0.05, 100},
		EventsLost:         Count{Common{Severity: critical}, hour, 0},
		LabelOverflow:      Count{Common{Severity: info}, day, 0},
	}
	a.EventsLate = Quantile{Common{Severity: warning, For: 30 * minute}, 15 * minute, 0.9, 15 * minute, 20}
}

func (b *builder) stream() {
	applied, rejected, lost := b.counter(collectors.Events), b.counter(collectors.EventsRejected), b.counter(collectors.EventsLost)
	judged := together(base(collectors.Events)+"_judged", applied, rejected)
	b.volumes(applied, rejected)
	b.rates(ratio{rejected, judged})

	b.allRejected(applied, rejected, b.cfg.Alerts.EventsAllRejected)
	selection{builder: b}.share(shareAlert{
		name: "BotEventsRejectedHigh", ratio: ratio{rejected, judged},
		rate: "Share of rejected messages", parts: "cannot be counted", wholes: "messages",
		summary: "some events cannot be counted",
		meaning: "An unusual share of the messages on the stream is rejected.",
		why:     "Normally nothing is rejected. One producer that sends wrong events makes KPIs too low, and nothing else shows it.",
	}, b.cfg.Alerts.EventsRejectedHigh)
	each(b, func(a *BotAlerts) *Quantile { return &a.EventsLate }, func(sel selection, s Quantile) {
		sel.quantile(quantileAlert{
			name: "BotEventsLate", of: collectors.EventDelay,
			what: "delay of events", counted: "events",
			summary: "KPIs lag behind what happens",
			meaning: "Events reach the stream long after they happened.",
			why:     "Events normally arrive within seconds. A delay that lasts is an outbox that does not drain, or a wrong clock at the producer.",
		}, s)
	})
	b.lost(lost, b.cfg.Alerts.EventsLost)
	b.overflow(b.cfg.Alerts.LabelOverflow)
}

func (b *builder) allRejected(applied, rejected counter, s Count) {
	b.alert(Alert{
		Name: "BotEventsAllRejected", Settings: s, KeepFiring: b.cfg.KeepFiring,
		Value: above(b.increase(rejected, s.Window).Recorded(), s.Above),
		Guard: func(e promql.Expr) promql.Expr {
			return e.UnlessOn(b.increase(applied, s.Window).Recorded().Where(">", promql.Number(0)))
		},
		Dashboard:   pair[:1],
		Summary:     "{{ $labels.job }} rejected all {{ $value | printf \"%.0f\" }} messages: events arrive, but none is counted.",
		Description: fmt.Sprintf("In the last %s, {{ $labels.job }} rejected {{ $value | printf \"%%.0f\" }} messages and applied none. The limit is %s.", s.Window.words(), number(s.Above)),
		Meaning:     "Every message on the stream is rejected.",
		Threshold:   fmt.Sprintf("more than %s rejected and none applied in %s, for %s", number(s.Above), s.Window, s.For),
		Why:         "KPIs stand still while everything seems to work. Usually the type prefix or the producer's format changed.",
	})
}

func (b *builder) lost(lost counter, s Count) {
	b.alert(Alert{
		Name: "BotEventsLost", Settings: s,
		Value:       above(b.increase(lost, s.Window).Recorded(), s.Above),
		Dashboard:   pair[:1],
		Summary:     "{{ $labels.job }} lost {{ $value | printf \"%.0f\" }} messages: the stream dropped them before they were counted.",
		Description: fmt.Sprintf("In the last %s, the stream dropped {{ $value | printf \"%%.0f\" }} messages before {{ $labels.job }} read them. KPIs are too low by that number, for good.", s.Window.words()),
		Meaning:     "The stream dropped messages that the exporter had not read.",
		Threshold:   fmt.Sprintf("more than %s in %s", number(s.Above), s.Window),
		Why:         "Nothing brings them back. The stream kept messages for less time than the outage took, or somebody purged or deleted them.",
	})
}

func (b *builder) overflow(s Count) {
	overflow := b.counter(collectors.LabelOverflow)
	overflow.by = slices.Concat(pair[:1], collectors.LabelOverflow.Labels)
	b.alert(Alert{
		Name: "BotLabelOverflow", Settings: s,
		Value:     above(b.increase(overflow, s.Window).Recorded(), s.Above),
		Dashboard: pair[:1],
		Summary:   "{{ $value | printf \"%.0f\" }} increments of {{ $labels.metric }} went to __other__: label {{ $labels.label }} has reached its limit.",
		Description: fmt.Sprintf("In the last %s, {{ $value | printf \"%%.0f\" }} increments of {{ $labels.metric }} had a new value of the label {{ $labels.label }}, beyond its limit. "+
			"Totals are exact; the breakdown lacks the newest values.", s.Window.words()),
		Meaning:   "A label has reached its limit, so new values are counted together.",
		Threshold: fmt.Sprintf("more than %s increments in %s", number(s.Above), s.Window),
		Why:       "Totals stay exact, so it can wait. Either the limit is too small, or the label holds values without end, such as ids.",
	})
}
