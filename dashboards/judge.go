package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// count reads counters over some window: total, step or before.
type count = func(promql.Selector, ...metric.Label) promql.Expr

// total is a count over the selected range, exactly.
func total(s promql.Selector, by ...metric.Label) promql.Expr {
	return s.TotalBy(promql.Range, by...)
}

// step is a count over each step of a chart, exactly.
func step(s promql.Selector, by ...metric.Label) promql.Expr {
	return s.TotalBy(promql.Interval, by...)
}

// before is the count over the same step of the earlier time. PromQL cannot add durations, so it is estimated.
func before(s promql.Selector, by ...metric.Label) promql.Expr {
	return s.Ago(earlier).Increase(promql.Interval).Sum(by...)
}

// users adds up a gauge.
func users(s promql.Selector, by ...metric.Label) promql.Expr { return s.Now().Sum(by...) }

// remainder is the part of a whole that is left. The two are counted at different moments, so over a short range the
// part can exceed the whole.
func remainder(whole, part promql.Expr) promql.Expr { return whole.Sub(part).Func("clamp_min", 0) }

// limit is where the colour of a value changes, and from how many things on a value is worth a colour. What has an alert
// takes both from it.
type limit struct {
	Limit
	falling bool
	least   float64
	alerts  []string
}

// rising is a limit that a value should stay below, falling one that it should stay above: a warning comes on the last
// third of the way.
func rising(critical, least float64, alerts ...string) limit {
	return limit{Limit{critical * 2 / 3, critical}, false, least, alerts}
}

func falling(critical, best, least float64, alerts ...string) limit {
	return limit{Limit{critical + (best-critical)/3, critical}, true, least, alerts}
}

func (l limit) steps() []threshold {
	if l.falling {
		return []threshold{{0, negative}, {l.Critical, warning}, {l.Warning, positive}}
	}
	return []threshold{{0, positive}, {l.Warning, warning}, {l.Critical, negative}}
}

// fields colour a value by the limit.
func (l limit) fields() []field { return []field{byThresholds(), limits(l.steps()...)} }

// inMinutes turns seconds into minutes: an axis of seconds has ticks at multiples of ten, which are 16.7 minutes and the
// like.
func inMinutes(e promql.Expr) promql.Expr { return e.Div(promql.Number(60)) }

func (l limit) inMinutes() limit {
	l.Warning, l.Critical = l.Warning/60, l.Critical/60
	return l
}

// ratio is a part of a whole, as functions of how things are counted. A whole that is too small says nothing.
type ratio struct {
	part, whole func(c count, by ...metric.Label) promql.Expr
	unit        []field // those of a share by default

	// What came before the range can be corrected in it, so a quotient may lie beyond what it can be.
	bounds []float64
}

// shareOf is the ratio of two counters.
func shareOf(part, whole promql.Selector) ratio {
	return ratio{part: tally(part), whole: tally(whole)}
}

func tally(s promql.Selector) func(c count, by ...metric.Label) promql.Expr {
	return func(c count, by ...metric.Label) promql.Expr { return c(s, by...) }
}

// sumOf reads a part as the sum of another part and this one.
func sumOf(a, b promql.Selector) func(c count, by ...metric.Label) promql.Expr {
	return func(c count, by ...metric.Label) promql.Expr { return c(a, by...).Add(c(b, by...)) }
}

func (r ratio) of(c count, by ...metric.Label) promql.Expr {
	return r.bounded(r.part(c, by...).Over(r.whole(c, by...)))
}

func (r ratio) atLeast(n float64, c count, by ...metric.Label) promql.Expr {
	return r.bounded(r.part(c, by...).OverLeast(r.whole(c, by...), n))
}

func (r ratio) bounded(e promql.Expr) promql.Expr {
	if r.bounds == nil {
		return e
	}
	return e.Func("clamp", r.bounds...)
}

func (r ratio) fewer(n float64) promql.Expr {
	return r.of(total).And(r.whole(total).Where("<", promql.Number(n)))
}

func (r ratio) fields() []field {
	if r.unit != nil {
		return r.unit
	}
	return []field{unit(unitShare), decimals(1)}
}

// better says which way a change is good.
type better int

const (
	neither better = iota
	more
	less
)

// fields colour a change that is large enough to matter: of percent or points.
func (b better) fields(worth float64) []field {
	down, up := neutral, neutral
	switch b {
	case more:
		down, up = negative, positive
	case less:
		down, up = positive, negative
	}
	return []field{decimals(1), byThresholds(),
		limits(threshold{0, down}, threshold{-worth, neutral}, threshold{worth, up})}
}

// was is a value of the selected range as of the earlier time, unless counting began in the middle of that.
func (b *board) was(e promql.Expr) promql.Expr {
	return e.And(b.scope.Counted(promql.Range)).Before(earlier)
}

// counted adds a count and its change in percent; a change against few things is not shown.
func (p *panel) counted(b *board, e promql.Expr, good better, fields ...field) *panel {
	return p.signed().now("selected", e, append([]field{unit(unitCount)}, fields...)...).
		now("% vs. "+comparedWith, promql.Number(100).Mul(e.OverLeast(b.was(e), b.cfg.Thresholds.Least.Compare).Sub(promql.Number(1))), good.fields(2)...)
}

// rated adds a ratio, coloured by its limit if there is one, and its change in points. Below the least number of things
// it has no colour, and no comparison.
func (p *panel) rated(b *board, r ratio, good better, l *limit) *panel {
	own, points, name, change := r.fields(), 100.0, "pp vs. "+comparedWith, good.fields(1)
	if r.unit != nil {
		points, name, change = 1, "vs. "+comparedWith, append(good.fields(0.05), decimals(2))
	}
	p.signed()
	if l == nil {
		p.now("selected", r.of(total), own...)
	} else {
		p.now("selected", r.atLeast(l.least, total), append(l.fields(), own...)...)
		p.now("selected (few)", r.fewer(l.least), append([]field{color(neutral)}, own...)...)
		p.watched(l.alerts...)
	}
	compared := func() promql.Expr { return r.atLeast(b.cfg.Thresholds.Least.Compare, total) }
	return p.now(name, promql.Number(points).Mul(compared().Sub(b.was(compared()))), change...)
}

// trend adds a ratio over time, the earlier one, and a line at the limit. Steps with few things have no point.
func (p *panel) trend(b *board, name string, r ratio, l *limit) *panel {
	least := b.cfg.Thresholds.Least.Point
	p.over(name, r.atLeast(least, step), color(primary)).
		over(comparedWith, r.atLeast(least, before), dashed()...)
	p.set(r.fields()...)
	if l != nil {
		p.limitLine(*l)
	}
	return p
}

// rateColumn adds a column with a ratio for each pair; few things give a dash.
func (p *panel) rateColumn(b *board, title string, r ratio, l *limit) *panel {
	least, fields := b.cfg.Thresholds.Least.Point, r.fields()
	if l != nil {
		least, fields = l.least, append(l.cell(), fields...)
		p.watched(l.alerts...)
	}
	return p.column(title, r.atLeast(least, total, pair...), fields...)
}

// cell colours the text of a table's cell.
func (l limit) cell() []field {
	return append(l.fields(), colouredText(), mapped(ifNull("–", neutral)))
}

// pair are the labels of every KPI.
var pair = []metric.Label{metric.Bot, metric.Channel}

// quantile is that of a histogram over the selected range; stepQuantile over each step, of at least n observations.
// Without observations there is no result.
func quantile(q float64, s promql.Selector) promql.Expr {
	return total(s.Buckets(), promql.LE).Quantile(q).Where(">=", promql.Number(0))
}

func stepQuantile(q float64, s promql.Selector, least float64) promql.Expr {
	return step(s.Buckets(), promql.LE).Quantile(q).And(step(s.Count()).Where(">=", promql.Number(least)))
}

// mean is the average of a histogram.
func mean(s promql.Selector, of string) ratio {
	return ratio{part: tally(s.Sum()), whole: tally(s.Count()), unit: []field{unit(of), decimals(1)}}
}
