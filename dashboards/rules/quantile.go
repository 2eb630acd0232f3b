package rules

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// quantileAlert is the text of an alert on a quantile of a histogram of seconds.
type quantileAlert struct {
	name    string
	of      *metric.Def
	what    string // "wait for an operator"
	counted string // "waits"
	summary string // "users wait long"
	meaning string
	why     string
}

// quantile adds an alert on a quantile. It needs a least number of observations.
func (sel selection) quantile(a quantileAlert, s Quantile) {
	p := fmt.Sprintf("p%v", round(100*s.Quantile))
	value := sel.record(pair, base(a.of), p+"_", s.Window, sel.increase(sel.buckets(a.of), s.Window).Recorded().Quantile(s.Quantile))
	volume := sel.increase(sel.observations(a.of), s.Window)
	what := fmt.Sprintf("The %s %s of %s", p, a.what, onChannel)
	sel.alert(Alert{
		Name: a.name, Settings: s,
		Value:   above(sel.now(value), s.Above.seconds()),
		Guard:   sel.guard(volume, atLeast(sel.now(volume), s.MinCount)),
		Summary: what + " is {{ $value | humanizeDuration }}: " + a.summary + ".",
		Description: fmt.Sprintf("%s was {{ $value | humanizeDuration }} in the last %s. The limit is %s.",
			what, s.Window.words(), s.Above.words()),
		Meaning: a.meaning, Why: a.why,
		Threshold: fmt.Sprintf("%s of at least %s %s in %s above %s", p, number(s.MinCount), a.counted, s.Window, s.Above),
	})
}

// observations is the number of observations of a histogram.
func (b *builder) observations(d *metric.Def) counter {
	return counter{name: base(d) + "_count", source: b.scope.Of(d).Count(), by: pair}
}

// buckets is the number of observations in each bucket of a histogram.
func (b *builder) buckets(d *metric.Def) counter {
	return counter{name: base(d) + "_bucket", source: b.scope.Of(d).Buckets(), by: append(pair[:3:3], promql.LE)}
}
