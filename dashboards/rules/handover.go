package rules

import (
	"cmp"
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// HandoverAlerts are the settings of the alerts on requests for a human.
type HandoverAlerts struct {
	HandoverRateHigh          Share    `yaml:"BotHandoverRateHigh"`
	HandoverRateAboveLastWeek LastWeek `yaml:"BotHandoverRateAboveLastWeek"`
	HandoverWaitLong          Quantile `yaml:"BotHandoverWaitLong"`
	HandoverUnanswered        Share    `yaml:"BotHandoverUnanswered"`
	HandoverWaitingNow        Age      `yaml:"BotHandoverWaitingNow"`
}

func handoverDefaults(a *Alerts) {
	a.HandoverAlerts = HandoverAlerts{
		HandoverRateHigh:          Share{Common{Severity: warning, For: 10 * minute}, []Duration{hour, day}, 0.3, 30},
		HandoverRateAboveLastWeek: LastWeek{Common{Severity: warning, For: 30 * minute}, 6 * hour, 1.5, 0.05, 50},
		HandoverWaitLong:          Quantile{Common{Severity: warning, For: 10 * minute}, hour, 0.9, 5 * minute, 10},
		HandoverUnanswered:        Share{Common{Severity: warning, For: 15 * minute}, []Duration{6 * hour}, 0.25, 10},
		HandoverWaitingNow:        Age{Common{Severity: warning, For: 2 * minute}, 10 * minute},
	}
}

// LastWeek is an alert on a share that is higher than a week before.
type LastWeek struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Factor   float64  `yaml:"factor" doc:"the lower end of the confidence interval must exceed the share of last week this many times"`
	Points   float64  `yaml:"points" doc:"and the share itself must exceed it by this much, 0 to 1"`
	MinCount float64  `yaml:"min_count" doc:"fewest chats in each of the two windows"`
}

func (s LastWeek) validate() error {
	return cmp.Or(s.Common.validate(), window("window", s.Window), notNegative("factor", s.Factor), fraction("points", s.Points), notNegative("min_count", s.MinCount))
}

func (b *builder) handover() {
	rate := ratio{b.counter(collectors.HandoverChats), b.counter(collectors.ChatsStarted)}
	unanswered := b.counter(collectors.HandoverUnanswered)
	takeovers := together(base(collectors.HandoverRequests)+"_takeover", b.observations(collectors.HandoverWait), unanswered)
	open := ratio{unanswered, takeovers}

	b.rates(rate, open)
	b.byUsers(collectors.HandoverUsers, "")

	each(b, func(a *BotAlerts) *Share { return &a.HandoverRateHigh }, func(sel selection, s Share) {
		sel.share(shareAlert{
			name: "BotHandoverRateHigh", ratio: rate,
			rate: "Handover rate", parts: "asked for a human", wholes: "chats",
			summary: "many chats ask for a human",
			meaning: "An unusual share of chats ask for a human.",
			why:     "A healthy bot hands over about one chat in eight. The window of an hour finds incidents; the window of a day serves bots with few chats.",
		}, s)
	})
	each(b, func(a *BotAlerts) *LastWeek { return &a.HandoverRateAboveLastWeek }, func(sel selection, s LastWeek) {
		sel.aboveLastWeek(rate, s)
	})
	each(b, func(a *BotAlerts) *Quantile { return &a.HandoverWaitLong }, func(sel selection, s Quantile) {
		sel.quantile(quantileAlert{
			name: "BotHandoverWaitLong", of: collectors.HandoverWait,
			what: "wait for an operator", counted: "waits",
			summary: "users wait long for a human",
			meaning: "Operators accept takeover requests late.",
			why:     "People leave a silent chat after a few minutes. Only accepted requests are measured; BotHandoverWaitingNow and BotHandoverUnanswered cover the others.",
		}, s)
	})
	each(b, func(a *BotAlerts) *Age { return &a.HandoverWaitingNow }, func(sel selection, s Age) { sel.waitingNow(s) })
	each(b, func(a *BotAlerts) *Share { return &a.HandoverUnanswered }, func(sel selection, s Share) {
		sel.share(shareAlert{
			name: "BotHandoverUnanswered", ratio: open,
			rate: "Share of unanswered takeover requests", parts: "were never accepted by an operator", wholes: "takeover requests",
			summary: "users who ask for a human get none",
			meaning: "Chats close before an operator accepts the takeover request.",
			why:     "Some users leave while they wait. One request in four means that nobody is on duty, or that acceptances are not published. A waiting chat takes hours to close, so BotHandoverWaitingNow fires first.",
		}, s)
	})
}

func (sel selection) aboveLastWeek(rate ratio, s LastWeek) {
	now, volume := sel.ratio(rate, s.Window), sel.increase(rate.whole, s.Window)
	before := sel.of(now).Ago(week.window()).Recorded()
	sel.alert(Alert{
		Name: "BotHandoverRateAboveLastWeek", Settings: s,
		Value: above(sel.now(now).Sub(before), s.Points),
		Guard: sel.guard(volume,
			sel.now(sel.lower(rate, s.Window)).Where(">", promql.Number(s.Factor).Mul(before)),
			atLeast(sel.now(volume), s.MinCount),
			atLeast(sel.of(volume).Ago(week.window()).Recorded(), s.MinCount)),
		Summary: "Handover rate of " + onChannel + " rose by {{ $value | humanizePercentage }} of all chats in a week: more chats ask for a human.",
		Description: fmt.Sprintf("In the last %s, the handover rate of %s is higher than in the same hours a week ago by {{ $value | humanizePercentage }} of all chats. "+
			"The limit is %s; allowing for chance, the rate is also more than %s times as high.",
			s.Window.words(), onChannel, percent(s.Points), number(s.Factor)),
		Meaning: "The handover rate is well above that of the same hours a week ago.",
		Threshold: fmt.Sprintf("in %s, more than %s percentage points above the rate of last week and more than %s times as high, with at least %s chats in both weeks",
			s.Window, number(100*s.Points), number(s.Factor), number(s.MinCount)),
		Why: "Finds a bot that got worse although its rate is still low. The same hours of the week compare like with like.",
	})
}

// waitingNow looks at the longest wait at this moment. While the exporter is behind, an acceptance may not be applied yet.
func (sel selection) waitingNow(s Age) {
	d := collectors.HandoverOldestWait
	oldest := sel.record(pair, d.Name, "max", 0, sel.scope.Of(d).Now().Aggregate("max", pair...))
	sel.alert(Alert{
		Name: "BotHandoverWaitingNow", Settings: s,
		Value:       above(sel.now(oldest), s.Above.seconds()),
		Guard:       sel.guard(oldest),
		Summary:     "A user of " + onChannel + " has waited {{ $value | humanizeDuration }} for a human: nobody comes.",
		Description: fmt.Sprintf("Right now, the longest wait for an operator of %s is {{ $value | humanizeDuration }}. The limit is %s.", onChannel, s.Above.words()),
		Meaning:     "A user is waiting for an operator right now, and has waited too long.",
		Threshold:   fmt.Sprintf("a wait longer than %s", s.Above),
		Why:         "The other handover alerts look back. This one fires while somebody can still help.",
	})
}
