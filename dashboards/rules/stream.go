package rules

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func (b *book) stream() {
	applied, rejected, lost := b.of(collectors.Events), b.of(collectors.EventsRejected), b.of(collectors.EventsLost)
	judged := together(base(collectors.Events)+"_judged", applied, rejected)
	b.volumes(applied, rejected)
	b.rates(ratio{rejected, judged})

	b.allRejected(applied, rejected, b.cfg.Alerts.EventsAllRejected)
	view{book: b}.share(shareAlert{
		name: "BotEventsRejectedHigh", ratio: ratio{rejected, judged},
		parts: "cannot be counted", wholes: "messages",
		summary: "Some events cannot be counted.",
		meaning: "An unusual share of the messages of the stream is rejected.",
		why:     "Normally nothing is. One producer that sends wrong events makes KPIs too low without an error anywhere else.",
	}, b.cfg.Alerts.EventsRejectedHigh)
	b.lost(lost, b.cfg.Alerts.EventsLost)
	b.overflow(b.cfg.Alerts.LabelOverflow)
}

func (b *book) allRejected(applied, rejected tally, s Count) {
	b.alert(Alert{
		Name: "BotEventsAllRejected", Common: s.Common, KeepFiring: b.cfg.KeepFiring,
		Value: above(b.increase(rejected, s.Window).Recorded(), s.Above),
		Guard: func(e promql.Expr) promql.Expr {
			return e.UnlessOn(b.increase(applied, s.Window).Recorded().Where(">", promql.Number(0)))
		},
		Dashboard:   pair[:1],
		Summary:     "Events arrive, but none can be counted.",
		Description: fmt.Sprintf("{{ $labels.job }} rejected {{ $value | printf \"%%.0f\" }} messages in the last %s and applied none. The alert needs more than %s.", s.Window.words(), number(s.Above)),
		Meaning:     "Every message of the stream is rejected.",
		Threshold:   fmt.Sprintf("more than %s rejected and none applied in %s, for %s", number(s.Above), s.Window, s.For),
		Why:         "KPIs stand still while everything looks up. Mostly the type prefix or the producer's format changed.",
	})
}

func (b *book) lost(lost tally, s Count) {
	b.alert(Alert{
		Name: "BotEventsLost", Common: s.Common,
		Value:       above(b.increase(lost, s.Window).Recorded(), s.Above),
		Dashboard:   pair[:1],
		Summary:     "The stream dropped events before they were counted.",
		Description: fmt.Sprintf("{{ $labels.job }} lost {{ $value | printf \"%%.0f\" }} messages in the last %s: the stream dropped them before they were read. KPIs are too low by them, for good.", s.Window.words()),
		Meaning:     "The stream dropped messages that the exporter had not read.",
		Threshold:   fmt.Sprintf("more than %s in %s", number(s.Above), s.Window),
		Why:         "Nothing brings them back. Retention is too short for the outage, or somebody purged or deleted messages.",
	})
}

func (b *book) overflow(s Count) {
	overflow := b.of(collectors.LabelOverflow)
	overflow.by = slices.Concat(pair[:1], collectors.LabelOverflow.Labels)
	b.alert(Alert{
		Name: "BotLabelOverflow", Common: s.Common,
		Value:     above(b.increase(overflow, s.Window).Recorded(), s.Above),
		Dashboard: pair[:1],
		Summary:   "A label has more values than its limit.",
		Description: fmt.Sprintf("In the last %s, {{ $value | printf \"%%.0f\" }} increments of {{ $labels.metric }} went to the overflow value of the label {{ $labels.label }}. "+
			"Totals are right; the breakdown lacks the newest values.", s.Window.words()),
		Meaning:   "New values of a label are counted together, since its limit is reached.",
		Threshold: fmt.Sprintf("more than %s increments in %s", number(s.Above), s.Window),
		Why:       "Totals stay exact, so it can wait. It tells that a limit is too small, or that a label holds something without bound.",
	})
}

func (b *book) identity() {
	s := b.cfg.Alerts.StreamIdentityBroken
	field := self.Mismatch.Labels[0]
	b.alert(Alert{
		Name: "BotStreamIdentityBroken", Common: s,
		Value:       above(b.scope.Of(self.Mismatch).Now().Aggregate("max", promql.Job, field), 0),
		Dashboard:   pair[:1],
		Summary:     "The stream is not the one that was counted so far.",
		Description: "The stream that {{ $labels.job }} reads differs from that of its state in {{ $labels.field }}. No KPIs are shown until a person decides.",
		Meaning:     "The stream was deleted, replaced, restored or rewound.",
		Threshold:   fmt.Sprintf("any, for %s", s.For),
		Why:         "To go on would count events twice or skip them. The exporter waits for a decision.",
	})
}

func (b *book) brokerLost(s Count) {
	b.alert(Alert{
		Name: "BotBrokerLostMessages", Common: s.Common,
		Value:     above(b.scope.Of(self.BrokerLost).EachOver("increase", s.Window.window()).Aggregate("max", promql.Job), s.Above),
		Dashboard: pair[:1],
		Summary:   "The broker lost messages that were counted already.",
		Description: fmt.Sprintf("The broker of {{ $labels.job }} lost the last messages of the stream, about {{ $value | printf \"%%.0f\" }}, in the last %s, mostly by a power cut. "+
			"They stay counted. Messages that it lost before they were read are missing, and nobody knows how many.", s.Window.words()),
		Meaning:   "The stream lost its last messages, and the exporter went on after the last common one.",
		Threshold: fmt.Sprintf("more than %s in %s", number(s.Above), s.Window),
		Why:       "It acknowledges messages before they are on disk. Producers believe that they are stored, and the next power cut takes more.",
	})
}
