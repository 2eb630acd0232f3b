package rules

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func (b *book) handover() {
	started, asked := b.of(collectors.ChatsStarted), b.of(collectors.HandoverChats)
	rate := ratio{asked, started}
	wait := collectors.HandoverWait
	accepted := tally{name: base(wait) + "_count", of: b.scope.Of(wait).Count(), by: pair}
	unanswered := b.of(collectors.HandoverUnanswered)
	takeovers := together(base(collectors.HandoverRequests)+"_takeover", accepted, unanswered)
	open := ratio{unanswered, takeovers}

	b.rates(rate, open)

	each(b, func(a *Alerts) *Share { return &a.HandoverRateHigh }, func(v view, s Share) {
		v.share(shareAlert{
			name: "BotHandoverRateHigh", ratio: rate,
			parts: "asked for a human", wholes: "chats",
			summary: "Many chats ask for a human.",
			meaning: "An unusual share of the chats of a bot asks for a human.",
			why:     "A healthy bot hands over one chat in eight or so. An hour shows an incident, a day shows bots with few chats.",
		}, s)
	})
	each(b, func(a *Alerts) *LastWeek { return &a.HandoverRateAboveLastWeek }, func(v view, s LastWeek) {
		v.lastWeek(rate, s)
	})
	each(b, func(a *Alerts) *Wait { return &a.HandoverWaitLong }, func(v view, s Wait) {
		v.wait(wait, accepted, s)
	})
	each(b, func(a *Alerts) *Age { return &a.HandoverWaitingNow }, func(v view, s Age) { v.waitingNow(s) })
	each(b, func(a *Alerts) *Share { return &a.HandoverUnanswered }, func(v view, s Share) {
		v.share(shareAlert{
			name: "BotHandoverUnanswered", ratio: open,
			parts: "were never accepted by an operator", wholes: "takeover requests",
			summary: "Users who ask for a human get none.",
			meaning: "Chats close with a takeover request that no operator accepted.",
			why:     "Some users leave while they wait; one in four says that nobody is there, or that acceptance is not reported. A chat that waits closes after hours, so BotHandoverWaitingNow comes first.",
		}, s)
	})
}

func (v view) lastWeek(rate ratio, s LastWeek) {
	week := (7 * day).window()
	now, volume := v.ratio(rate, s.Window), v.increase(rate.whole, s.Window)
	before := v.read(now).Ago(week).Recorded()
	v.alert(Alert{
		Name: "BotHandoverRateAboveLastWeek", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
		Value: above(v.now(now).Sub(before), s.Points),
		Guard: v.guard(volume,
			v.now(v.lower(rate, s.Window)).Where(">", promql.Number(s.Factor).Mul(before)),
			atLeast(v.now(volume), s.MinCount),
			atLeast(v.read(volume).Ago(week).Recorded(), s.MinCount)),
		Dashboard: pair,
		Summary:   "More chats ask for a human than a week ago.",
		Description: fmt.Sprintf("In the last %s, the share of the chats of {{ $labels.bot }} on {{ $labels.channel }} that asked for a human is "+
			"{{ $value | humanizePercentage }} of all chats higher than in the same hours a week ago: by more than %s, and even allowing for chance more than %s times as high.",
			s.Window.words(), percent(s.Points), number(s.Factor)),
		Meaning: "The handover rate is well above that of the same hours a week ago.",
		Threshold: fmt.Sprintf("%s points above, and %s times, the rate of last week in %s, at least %s chats in both",
			number(100*s.Points), number(s.Factor), s.Window, number(s.MinCount)),
		Why: "Finds a change for the worse in bots whose rate is normally low. The same hours of the week compare like with like.",
	})
}

func (v view) wait(wait *metric.Def, accepted tally, s Wait) {
	buckets := tally{name: base(wait) + "_bucket", of: v.scope.Of(wait).Buckets(), by: append(pair[:3:3], promql.LE)}
	quantile := v.record(pair, base(wait), fmt.Sprintf("p%v_", round(100*s.Quantile)), s.Window,
		v.increase(buckets, s.Window).Recorded().Quantile(s.Quantile))
	volume := v.increase(accepted, s.Window)
	v.alert(Alert{
		Name: "BotHandoverWaitLong", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
		Value:     above(v.now(quantile), s.Above.seconds()),
		Guard:     v.guard(volume, atLeast(v.now(volume), s.MinCount)),
		Dashboard: pair,
		Summary:   "Users wait long for a human.",
		Description: fmt.Sprintf("In the last %s, one in %s users of {{ $labels.bot }} on {{ $labels.channel }} who got an operator waited {{ $value | humanizeDuration }} or longer. The limit is %s.",
			s.Window.words(), number(1/(1-s.Quantile)), s.Above.words()),
		Meaning:   "Operators accept takeover requests late.",
		Threshold: fmt.Sprintf("%s of at least %s waits in %s longer than %s", percent(1-s.Quantile), number(s.MinCount), s.Window, s.Above),
		Why:       "People leave a chat after a few minutes of silence. Only accepted requests are measured; see BotHandoverWaitingNow and BotHandoverUnanswered for the others.",
	})
}

// waitingNow looks at the wait that is longest now. While the exporter lags behind, an acceptance may not be applied yet.
func (v view) waitingNow(s Age) {
	d := collectors.HandoverOldestWait
	oldest := v.record(pair, d.Name, "max", 0, v.scope.Of(d).Now().Aggregate("max", pair...))
	v.alert(Alert{
		Name: "BotHandoverWaitingNow", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
		Value:     above(v.now(oldest), s.Above.seconds()),
		Guard:     v.guard(oldest),
		Dashboard: pair,
		Summary:   "A user waits for a human, and nobody comes.",
		Description: fmt.Sprintf("The user of {{ $labels.bot }} on {{ $labels.channel }} who has waited longest for an operator has waited {{ $value | humanizeDuration }}. The limit is %s.",
			s.Above.words()),
		Meaning:   "Somebody waits for an operator right now, and has waited too long.",
		Threshold: fmt.Sprintf("longer than %s", s.Above),
		Why:       "The other handover alerts look back at what is over. This one comes while somebody can still help.",
	})
}
