package rules

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// csat are the tallies of votes.
type csat struct {
	name       string
	sum, votes tally
	offered    tally
	buckets    tally
	changes    tally // by the scores before and after
}

func (b *book) csat() csat {
	d := collectors.CSATScore
	s, name := b.scope.Of(d), base(d)
	return csat{
		name: name,
		sum:  tally{name: name + "_sum", of: s.Sum(), by: pair}, votes: tally{name: name + "_count", of: s.Count(), by: pair},
		buckets: tally{name: name + "_bucket", of: s.Buckets(), by: append(pair[:3:3], promql.LE)},
		changes: tally{name: base(collectors.CSATChanges), of: b.scope.Of(collectors.CSATChanges), by: slices.Concat(pair, scoresOfChanges)},
		offered: b.of(collectors.CSATOffered),
	}
}

func (b *book) satisfaction() {
	c := b.csat()
	response := ratio{c.votes, c.offered}
	b.rates(response)
	for _, w := range b.cfg.Windows {
		b.mean(c, w)
		b.topTwo(c, w)
	}
	each(b, func(a *Alerts) *Score { return &a.CSATLow }, func(v view, s Score) { v.csatLow(c, s) })
	each(b, func(a *Alerts) *Drop { return &a.CSATDropped }, func(v view, s Drop) { v.csatDropped(c, s) })
	each(b, func(a *Alerts) *Collapse { return &a.CSATResponseCollapsed }, func(v view, s Collapse) { v.collapsed(response, s) })
}

// mean records the average vote, as the votes stand.
func (b *book) mean(c csat, w Duration) promql.Selector {
	return b.record(pair, c.name, "mean", w, b.standing(c, w).Recorded().Over(b.increase(c.votes, w).Recorded()).Func("clamp", 1, 5))
}

var scoresOfChanges = collectors.CSATChanges.Labels[2:]

// standing records the sum of the votes when each counts with its last value.
func (b *book) standing(c csat, w Duration) promql.Selector {
	return b.record(pair, c.name+"_standing_sum", "increase", w, b.increase(c.sum, w).Recorded().Add(b.moved(c, w, func(v float64) float64 { return v })))
}

// moved is by how much changes of votes move the sum of a function of them.
func (b *book) moved(c csat, w Duration, of func(vote float64) float64) promql.Expr {
	weight := func(scores ...string) float64 {
		from, to := collectors.CSATChange(scores...)
		return of(to) - of(from)
	}
	return b.increase(c.changes, w).Recorded().Weighted(weight, scoresOfChanges...).Aggregate("sum", pair...)
}

// upTo is the number of votes of at most a score. How the bound is written depends on the version of Prometheus.
func (b *book) upTo(c csat, w Duration, score int) promql.Expr {
	return b.increase(c.buckets, w).Like(promql.LE, fmt.Sprintf(`%d(\.0)?`, score)).Recorded().Aggregate("sum", pair...)
}

// topTwo records the share of votes of 4 and 5, as the votes stand.
func (b *book) topTwo(c csat, w Duration) {
	votes := b.increase(c.votes, w).Recorded()
	moved := b.moved(c, w, func(vote float64) float64 {
		if vote >= 4 {
			return 1
		}
		return 0
	})
	b.record(pair, c.name+"_top_two", "ratio", w, votes.Sub(b.upTo(c, w, 3)).Add(moved).Over(votes).Func("clamp", 0, 1))
}

// meanUpper records the upper end of the interval of the average vote: mean + z √(variance / (votes - 1)). The sum of
// the squares of all first votes follows from the buckets: 25 n - 9 n₄ - 7 n₃ - 5 n₂ - 3 n₁, where nₖ are the votes up
// to k. Changes move it as they move the sum.
func (b *book) meanUpper(c csat, w Duration) promql.Selector {
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

func (v view) csatLow(c csat, s Score) {
	votes := v.increase(c.votes, s.Window)
	v.alert(Alert{
		Name: "BotCSATLow", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
		Value: below(v.now(v.mean(c, s.Window)), s.Below),
		Guard: v.guard(votes,
			v.now(v.meanUpper(c, s.Window)).Where("<", promql.Number(s.Below)),
			atLeast(v.now(votes), s.MinCount)),
		Dashboard: pair,
		Summary:   "Users are dissatisfied.",
		Description: fmt.Sprintf("In the last %s, the average CSAT vote for {{ $labels.bot }} on {{ $labels.channel }} is {{ $value | printf \"%%.2f\" }} of 5. "+
			"The limit is %s; allowing for chance, the average is below it.", s.Window.words(), number(s.Below)),
		Meaning:   "The average CSAT vote of a bot is low.",
		Threshold: fmt.Sprintf("average of at least %s votes in %s below %s, at the upper end of the interval", number(s.MinCount), s.Window, number(s.Below)),
		Why:       "Votes are few, and angry users vote more; a week and an interval keep single votes from mattering.",
	})
}

// csatDropped compares with the windows before, as far as there are records of them.
func (v view) csatDropped(c csat, s Drop) {
	votes, sum := v.increase(c.votes, s.Window), v.standing(c, s.Window)
	before := func(t promql.Selector) promql.Expr {
		first := v.read(t).Ago(s.Window.window()).Recorded()
		all := first
		for i := 2; i <= s.Before; i++ {
			older := v.read(t).Ago((Duration(i) * s.Window).window()).Recorded()
			all = all.Add(older.Or(promql.Number(0).Mul(first)))
		}
		return all
	}
	weeks := fmt.Sprintf("%s before", (Duration(s.Before) * s.Window).words())
	earlier := v.recordView("mean_before", c.name, s, before(sum).Over(before(votes)))
	v.alert(Alert{
		Name: "BotCSATDropped", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
		Value: above(earlier.Sub(v.now(v.mean(c, s.Window))), s.Points),
		Guard: v.guard(votes,
			v.now(v.meanUpper(c, s.Window)).Where("<", earlier),
			atLeast(v.now(votes), s.MinCount),
			atLeast(before(votes), s.MinCount)),
		Dashboard: pair,
		Summary:   "Users are less satisfied than before.",
		Description: fmt.Sprintf("The average CSAT vote for {{ $labels.bot }} on {{ $labels.channel }} in the last %s is {{ $value | printf \"%%.2f\" }} points lower than in the %s. "+
			"The limit is %s points; allowing for chance, it fell.", s.Window.words(), weeks, number(s.Points)),
		Meaning: "The average CSAT vote fell compared with the weeks before.",
		Threshold: fmt.Sprintf("%s points below the average of the %s, at least %s votes in both",
			number(s.Points), weeks, number(s.MinCount)),
		Why: "Finds a change for the worse where the absolute limit does not. Two earlier weeks fit the 15 days that Prometheus keeps by default.",
	})
}

// recordView records an average of earlier windows for the bots and channels of all views.
func (v view) recordView(op, name string, s Drop, e promql.Expr) promql.Expr {
	if v.bot != "" || v.chann != "" {
		return e // with its own number of windows
	}
	return v.record(pair, name, fmt.Sprintf("%s%dx", op, s.Before), s.Window, e).Recorded()
}

func (v view) collapsed(response ratio, s Collapse) {
	offered := v.increase(response.whole, s.Window)
	before := v.read(v.ratio(response, s.Before)).Ago(s.Window.window()).Recorded()
	v.alert(Alert{
		Name: "BotCSATResponseCollapsed", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
		Value: below(v.now(v.ratio(response, s.Window)).Over(before), s.Factor),
		Guard: v.guard(offered,
			v.now(v.upper(response, s.Window)).Where("<", promql.Number(s.Factor).Mul(before)),
			atLeast(v.now(offered), s.MinCount),
			atLeast(v.read(v.increase(response.whole, s.Before)).Ago(s.Window.window()).Recorded(), s.MinCount)),
		Dashboard: pair,
		Summary:   "Few users answer the satisfaction survey any more.",
		Description: fmt.Sprintf("In the last %s, the share of satisfaction surveys of {{ $labels.bot }} on {{ $labels.channel }} that users answered is {{ $value | humanizePercentage }} "+
			"of what it was in the %s before. The limit is %s; allowing for chance, it is below.", s.Window.words(), s.Before.words(), percent(s.Factor)),
		Meaning: "The share of satisfaction surveys that users answer collapsed.",
		Threshold: fmt.Sprintf("below %s of the response rate of the %s before, of at least %s surveys in %s",
			percent(s.Factor), s.Before, number(s.MinCount), s.Window),
		Why: "A broken survey looks like nothing at all: the average stays, and votes stop. Any bot has its own response rate, so it is compared with itself.",
	})
}
