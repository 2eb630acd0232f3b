package rules

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// shareAlert is the text of an alert on a ratio.
type shareAlert struct {
	name    string
	ratio   ratio
	rate    string // what the ratio is called: "Handover rate"
	parts   string // "asked for a human"
	wholes  string // "chats"
	summary string // "many chats ask for a human"
	meaning string
	why     string
}

// share adds alerts on a ratio, one for each window. Each needs a least number of events, and the lower end of the
// confidence interval above the limit. Beyond the shortest window, an alert ends when the latest part of its window is
// better, so that it does not outlive its cause by hours.
func (sel selection) share(a shareAlert, s Share) {
	if !sel.valid(a.name, s) {
		return // without windows, no alert would check the settings
	}
	for _, w := range s.Windows {
		volume := sel.increase(a.ratio.whole, w)
		conditions := []promql.Expr{
			sel.now(sel.lower(a.ratio, w)).Where(">", promql.Number(s.Above)),
			atLeast(sel.now(volume), s.MinCount),
		}
		add, guard, lately := sel.builder.alert, all(conditions), ""
		of := "{{ $labels.job }}"
		if len(a.ratio.whole.by) == len(pair) {
			add, guard = sel.alert, sel.guard(volume, conditions...)
			of = onChannel
		}
		if recent := sel.recent(w); recent > 0 {
			better := sel.now(sel.ratio(a.ratio, recent)).Where("<=", promql.Number(s.Above))
			worse := guard
			guard = func(e promql.Expr) promql.Expr { return worse(e.UnlessOn(better)) }
			lately = fmt.Sprintf(", and no better in the last %s", recent.words())
		}
		add(Alert{
			Name: a.name, Suffix: w.String(), Settings: s, Labels: map[string]string{"window": w.String()},
			Value: above(sel.now(sel.ratio(a.ratio, w)), s.Above), Guard: guard, Dashboard: pair[:1],
			Summary: a.rate + " of " + of + " is {{ $value | humanizePercentage }}: " + a.summary + ".",
			Description: fmt.Sprintf("In the last %s, {{ $value | humanizePercentage }} of the %s of %s %s. The limit is %s; allowing for chance, the share is above it%s.",
				w.words(), a.wholes, of, a.parts, percent(s.Above), lately),
			Meaning: a.meaning, Why: a.why,
			Threshold: fmt.Sprintf("more than %s of at least %s %s in %s%s, at the lower end of the interval", percent(s.Above), number(s.MinCount), a.wholes, w, lately),
		})
	}
}

// recent is the longest recorded window shorter than w; 0 if there is none.
func (b *builder) recent(w Duration) Duration {
	var recent Duration
	for _, r := range slices.Sorted(slices.Values(b.cfg.Windows)) {
		if r < w {
			recent = r
		}
	}
	return recent
}
