package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// SatisfactionAlerts are the settings of the alerts on CSAT votes.
type SatisfactionAlerts struct {
	CSATLow               Score    `yaml:"BotCSATLow"`
	CSATDropped           Drop     `yaml:"BotCSATDropped"`
	CSATResponseCollapsed Collapse `yaml:"BotCSATResponseCollapsed"`
}

func satisfactionDefaults(a *Alerts) {
	a.SatisfactionAlerts = SatisfactionAlerts{
		CSATLow:               Score{Common{Severity: warning, For: hour}, week, 3.5, 30},
		CSATDropped:           Drop{Common{Severity: warning, For: hour}, week, 2, 0.3, 30},
		CSATResponseCollapsed: Collapse{Common{Severity: warning, For: hour}, day, week, 0.5, 50},
	}
}

// Score is an alert on an average score.
type Score struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Below    float64  `yaml:"below" doc:"limit of the average, 1 to 5; the upper end of its confidence interval must be below it"`
	MinCount float64  `yaml:"min_count" doc:"fewest votes in the window"`
}

func (s Score) validate() error {
	return cmp.Or(s.Common.validate(), window("window", s.Window), notNegative("below", s.Below), notNegative("min_count", s.MinCount))
}

// Drop is an alert on an average score that fell.
type Drop struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Before   int      `yaml:"before" doc:"number of earlier windows to compare with, as far as Prometheus has them"`
	Points   float64  `yaml:"points" doc:"limit of the fall, in points of 1 to 5"`
	MinCount float64  `yaml:"min_count" doc:"fewest votes in the window, and in the earlier ones together"`
}

func (s Drop) validate() error {
	return cmp.Or(s.Common.validate(), window("window", s.Window), atLeastOne("before", s.Before), notNegative("points", s.Points), notNegative("min_count", s.MinCount))
}

// Collapse is an alert on a share that fell to a part of what it was.
type Collapse struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Before   Duration `yaml:"before" doc:"the earlier window to compare with"`
	Factor   float64  `yaml:"factor" doc:"the upper end of the confidence interval must be below this part of the earlier share"`
	MinCount float64  `yaml:"min_count" doc:"fewest surveys in each of the two windows"`
}

func (s Collapse) validate() error {
	return cmp.Or(s.Common.validate(), window("window", s.Window), window("before", s.Before), notNegative("factor", s.Factor), notNegative("min_count", s.MinCount))
}

// csat is the counters of votes.
type csat struct {
	name       string
	sum, votes counter
	offered    counter
	buckets    counter
	changes    counter // by the scores before and after
}

func (b *builder) csat() csat {
	d := collectors.CSATScore
	return csat{
		name: base(d),
		sum:  counter{name: base(d) + "_sum", source: b.scope.Of(d).Sum(), by: pair}, votes: b.observations(d), buckets: b.buckets(d),
		changes: counter{name: base(collectors.CSATChanges), source: b.scope.Of(collectors.CSATChanges), by: slices.Concat(pair, scoresOfChanges)},
		offered: b.counter(collectors.CSATOffered),
	}
}

func (b *builder) satisfaction() {
	c := b.csat()
	response := ratio{c.votes, c.offered}
	b.rates(response)
	for _, w := range b.cfg.Windows {
		b.mean(c, w)
		b.topTwo(c, w)
	}
	each(b, func(a *BotAlerts) *Score { return &a.CSATLow }, func(sel selection, s Score) { sel.csatLow(c, s) })
	each(b, func(a *BotAlerts) *Drop { return &a.CSATDropped }, func(sel selection, s Drop) { sel.csatDropped(c, s) })
	each(b, func(a *BotAlerts) *Collapse { return &a.CSATResponseCollapsed }, func(sel selection, s Collapse) { sel.collapsed(response, s) })
}

// mean records the average vote. Each chat counts with its last vote.
func (b *builder) mean(c csat, w Duration) promql.Selector {
	return b.record(pair, c.name, "mean", w, b.standing(c, w).Recorded().Over(b.increase(c.votes, w).Recorded()).Func("clamp", 1, 5))
}

var scoresOfChanges = collectors.CSATChanges.Labels[2:]

// standing records the sum of the votes, each chat with its last vote.
func (b *builder) standing(c csat, w Duration) promql.Selector {
	return b.record(pair, c.name+"_standing_sum", "increase", w, b.increase(c.sum, w).Recorded().Add(b.moved(c, w, func(v float64) float64 { return v })))
}

// moved is how much changes of votes add to the sum of a function of the votes.
func (b *builder) moved(c csat, w Duration, of func(vote float64) float64) promql.Expr {
	weight := func(scores ...string) float64 {
		from, to := collectors.CSATChange(scores...)
		return of(to) - of(from)
	}
	return b.increase(c.changes, w).Recorded().Weighted(weight, scoresOfChanges...).Aggregate("sum", pair...)
}

// upTo is the number of votes up to a score. Prometheus 2 writes the bound as 3, Prometheus 3 as 3.0.
func (b *builder) upTo(c csat, w Duration, score int) promql.Expr {
	return b.increase(c.buckets, w).Like(promql.LE, fmt.Sprintf(`%d(\.0)?`, score)).Recorded().Aggregate("sum", pair...)
}

// topTwo records the share of 4 and 5. Each chat counts with its last vote.
func (b *builder) topTwo(c csat, w Duration) {
	votes := b.increase(c.votes, w).Recorded()
	moved := b.moved(c, w, func(vote float64) float64 {
		if vote >= 4 {
			return 1
		}
		return 0
	})
	b.record(pair, c.name+"_top_two", "ratio", w, votes.Sub(b.upTo(c, w, 3)).Add(moved).Over(votes).Func("clamp", 0, 1))
}

// meanUpper records the upper end of the confidence interval of the average vote: mean + z √(variance / (votes - 1)). The sum of
// the squares of all first votes follows from the buckets: 25 n - 9 n₄ - 7 n₃ - 5 n₂ - 3 n₁, where nₖ are the votes up
// to k. Changes of votes add to it as they do to the sum.
func (b *builder) meanUpper(c csat, w Duration) promql.Selector {
	votes, mean := b.increase(c.votes, w).Recorded(), b.mean(c, w).Recorded()
	squares := promql.Number(25).Mul(votes)
	for k := 4; k >= 1; k-- {
		squares = squares.Sub(promql.Number(float64(2*k + 1)).Mul(b.upTo(c, w, k)))
	}
	squares = squares.Add(b.moved(c, w, func(vote float64) float64 { return vote * vote }))
	variance := b.record(pair, c.name, "variance", w, squares.Over(votes).Sub(mean.Mul(mean)).Func("clamp_min", 0))
	spread := variance.Recorded().Over(votes.Sub(promql.Number(1))).Func("sqrt")
	return b.record(pair, c.name, "mean_upper", w, mean.Add(promql.Number(b.z).Mul(spread)))
}

func (sel selection) csatLow(c csat, s Score) {
	votes := sel.increase(c.votes, s.Window)
	sel.alert(Alert{
		Name: "BotCSATLow", Settings: s,
		Value: below(sel.now(sel.mean(c, s.Window)), s.Below),
		Guard: sel.guard(votes,
			sel.now(sel.meanUpper(c, s.Window)).Where("<", promql.Number(s.Below)),
			atLeast(sel.now(votes), s.MinCount)),
		Summary: "Average CSAT vote of " + onChannel + " is {{ $value | printf \"%.2f\" }} of 5: users are dissatisfied.",
		Description: fmt.Sprintf("In the last %s, the average CSAT vote of %s was {{ $value | printf \"%%.2f\" }} of 5. "+
			"The limit is %s; allowing for chance, the average is below it.", s.Window.words(), onChannel, number(s.Below)),
		Meaning:   "The average CSAT vote is low.",
		Threshold: fmt.Sprintf("average below %s of at least %s votes in %s, at the upper end of the interval", number(s.Below), number(s.MinCount), s.Window),
		Why:       "Votes are few, and angry users vote more often. A week and a confidence interval keep single votes from firing the alert.",
	})
}

// csatDropped compares with the windows before, as far as there are records of them.
func (sel selection) csatDropped(c csat, s Drop) {
	votes, sum := sel.increase(c.votes, s.Window), sel.standing(c, s.Window)
	before := func(t promql.Selector) promql.Expr {
		first := sel.of(t).Ago(s.Window.window()).Recorded()
		all := first
		for i := 2; i <= s.Before; i++ {
			older := sel.of(t).Ago((Duration(i) * s.Window).window()).Recorded()
			all = all.Add(older.Or(promql.Number(0).Mul(first)))
		}
		return all
	}
	weeks := fmt.Sprintf("%s before", (Duration(s.Before) * s.Window).words())
	earlier := before(sum).Over(before(votes))
	if sel.bot == "" && sel.channel == "" {
		earlier = sel.record(pair, c.name, fmt.Sprintf("mean_before%dx", s.Before), s.Window, earlier).Recorded()
	}
	sel.alert(Alert{
		Name: "BotCSATDropped", Settings: s,
		Value: above(earlier.Sub(sel.now(sel.mean(c, s.Window))), s.Points),
		Guard: sel.guard(votes,
			sel.now(sel.meanUpper(c, s.Window)).Where("<", earlier),
			atLeast(sel.now(votes), s.MinCount),
			atLeast(before(votes), s.MinCount)),
		Summary: "Average CSAT vote of " + onChannel + " fell by {{ $value | printf \"%.2f\" }} points: users are less satisfied than before.",
		Description: fmt.Sprintf("In the last %s, the average CSAT vote of %s was {{ $value | printf \"%%.2f\" }} points lower than in the %s. "+
			"The limit is %s points; the fall is more than chance.", s.Window.words(), onChannel, weeks, number(s.Points)),
		Meaning: "The average CSAT vote fell compared with the weeks before.",
		Threshold: fmt.Sprintf("more than %s points below the average of the %s, with at least %s votes in both",
			number(s.Points), weeks, number(s.MinCount)),
		Why: "Finds a bot that got worse although its average is still good. Two earlier weeks fit into the 15 days that Prometheus keeps by default.",
	})
}

func (sel selection) collapsed(response ratio, s Collapse) {
	offered := sel.increase(response.whole, s.Window)
	before := sel.of(sel.ratio(response, s.Before)).Ago(s.Window.window()).Recorded()
	sel.alert(Alert{
		Name: "BotCSATResponseCollapsed", Settings: s,
		Value: below(sel.now(sel.ratio(response, s.Window)).Over(before), s.Factor),
		Guard: sel.guard(offered,
			sel.now(sel.upper(response, s.Window)).Where("<", promql.Number(s.Factor).Mul(before)),
			atLeast(sel.now(offered), s.MinCount),
			atLeast(sel.of(sel.increase(response.whole, s.Before)).Ago(s.Window.window()).Recorded(), s.MinCount)),
		Summary: "CSAT response rate of " + onChannel + " fell to {{ $value | humanizePercentage }} of what it was: the survey may be broken.",
		Description: fmt.Sprintf("In the last %s, the share of satisfaction surveys that users of %s answered was {{ $value | humanizePercentage }} of the share in the %s before. "+
			"The limit is %s; allowing for chance, the value is below it.", s.Window.words(), onChannel, s.Before.words(), percent(s.Factor)),
		Meaning: "Users answer far fewer of the satisfaction surveys than before.",
		Threshold: fmt.Sprintf("below %s of the response rate of the %s before, with at least %s surveys in %s",
			percent(s.Factor), s.Before, number(s.MinCount), s.Window),
		Why: "A broken survey is easy to miss: the average stays as it was while votes stop coming. Response rates differ between bots, so each is compared with its own past.",
	})
}
