package rules

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// shareAlert is an alert on a ratio of tallies, in words.
type shareAlert struct {
	name    string
	ratio   ratio
	parts   string // "chats that asked for a human"
	wholes  string // "chats"
	summary string
	meaning string
	why     string
}

// share adds alerts on a ratio: one for each window. Each demands a number of events, and that the lower end of the
// interval is above the limit. Beyond the shortest window, it ends when the latest part of it is
// better, so that it does not outlive its cause by hours.
func (v view) share(a shareAlert, s Share) {
	for _, w := range s.Windows {
		volume := v.increase(a.ratio.whole, w)
		conditions := []promql.Expr{
			v.now(v.lower(a.ratio, w)).Where(">", promql.Number(s.Above)),
			atLeast(v.now(volume), s.MinCount),
		}
		guard, lately := v.conditions(conditions), ""
		if len(a.ratio.whole.by) == len(pair) {
			guard = v.guard(volume, conditions...)
		}
		if recent := v.recent(w); recent > 0 {
			better := v.now(v.ratio(a.ratio, recent)).Where("<=", promql.Number(s.Above))
			worse := guard
			guard = func(e promql.Expr) promql.Expr { return worse(e.UnlessOn(better)) }
			lately = fmt.Sprintf(", and no better in the last %s", recent.words())
		}
		alert := Alert{
			Name: a.name, Suffix: v.suffix(w.String()), Common: s.Common,
			Labels:  v.labels(w.String()),
			Value:   above(v.now(v.ratio(a.ratio, w)), s.Above),
			Guard:   guard,
			Summary: a.summary, Meaning: a.meaning, Why: a.why,
			Threshold: fmt.Sprintf("more than %s of at least %s %s in %s%s, at the lower end of the interval", percent(s.Above), number(s.MinCount), a.wholes, w, lately),
		}
		of := "In the last " + w.words() + ", {{ $value | humanizePercentage }} of the " + a.wholes
		limit := fmt.Sprintf("%s. The limit is %s; allowing for chance, the share is above it%s.", a.parts, percent(s.Above), lately)
		if len(a.ratio.whole.by) == len(pair) {
			alert.KeepFiring, alert.Dashboard = v.book.cfg.KeepFiring, pair
			alert.Description = of + " of {{ $labels.bot }} on {{ $labels.channel }} " + limit
		} else {
			alert.Dashboard = pair[:1]
			alert.Description = of + " of {{ $labels.job }} " + limit
		}
		v.alert(alert)
	}
}

// recent is the next shorter window; none for the shortest.
func (b *book) recent(w Duration) Duration {
	windows := slices.Sorted(slices.Values(b.cfg.Windows))
	var recent Duration
	for _, r := range windows {
		if r < w {
			recent = r
		}
	}
	return recent
}
