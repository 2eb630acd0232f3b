package rules

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Record is a recording rule.
type Record struct {
	Name   string
	Expr   string
	Module string
	Slow   bool // long windows, which need not be evaluated every minute
}

// pair are the labels that rates of KPIs keep.
var pair = []metric.Label{promql.Job, metric.Bot, metric.Channel}

// book writes rules; what is needed more than once is recorded once.
type book struct {
	cfg     Config
	scope   promql.Scope
	module  string
	z       float64 // half the width of the interval, in standard deviations
	records []Record
	defs    map[string]*metric.Def // of the records, by name
	alerts  []*Alert
	errs    []error
}

func newBook(cfg Config) *book {
	var matchers []string
	if s := strings.TrimSpace(cfg.Selector); s != "" {
		matchers = []string{s}
	}
	b := &book{cfg: cfg, scope: promql.Rules(matchers...), defs: map[string]*metric.Def{}}
	b.scope.Replica = append(slices.Clone(b.scope.Replica), cfg.Replicas...)
	b.z = round(math.Sqrt2 * math.Erfinv(cfg.Confidence))
	return b
}

// round keeps the digits that matter in a threshold.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// record makes a rule of an expression, unless there is one of this name already, and returns what it records.
func (b *book) record(labels []metric.Label, name, op string, w Duration, e promql.Expr) promql.Selector {
	level := make([]string, len(labels))
	for i, l := range labels {
		level[i] = l.Name
	}
	if w > 0 {
		op += w.String()
	}
	full := strings.Join(level, "_") + ":" + name + ":" + op
	d := b.defs[full]
	if d == nil {
		text, err := e.PromQL()
		want := slices.Sorted(slices.Values(level))
		if err == nil && !slices.Equal(e.Labels(), want) {
			err = fmt.Errorf("it has labels %v", e.Labels())
		}
		if err != nil {
			b.errs = append(b.errs, fmt.Errorf("record %s: %w", full, err))
		}
		d = &metric.Def{Name: full, Type: metric.TypeGauge, Labels: labels}
		b.defs[full] = d
		b.records = append(b.records, Record{Name: full, Expr: text, Module: b.module, Slow: w > 6*hour})
	}
	return promql.Scope{}.Of(d)
}

// in puts rules into another module until the function that it returns is called.
func (b *book) in(module string) func() {
	was := b.module
	b.module = module
	return func() { b.module = was }
}

func (b *book) build() ([]Record, []*Alert, error) {
	if err := errors.Join(b.errs...); err != nil {
		return nil, nil, err
	}
	return b.records, b.alerts, nil
}

// base is the name of a metric without its unit of counting.
func base(d *metric.Def) string { return strings.TrimSuffix(d.Name, "_total") }

// short is the name without the prefix of all metrics: it stands behind _per_.
func short(name string) string {
	_, s, _ := strings.Cut(name, "_")
	return s
}

// tally is something that is counted.
type tally struct {
	name string
	of   promql.Selector
	by   []metric.Label // what its increase keeps
	sum  []tally        // in place of of: these together
	less []tally        // of the sum, these are taken away
}

// of is a counter as a whole.
func (b *book) of(d *metric.Def) tally {
	return tally{name: base(d), of: b.scope.Of(d), by: keep(d)}
}

// keep are the labels to aggregate by: bot and channel, where there are any.
func keep(d *metric.Def) []metric.Label {
	if d.PerPair() {
		return pair
	}
	return pair[:1]
}

// with is a part of a counter: what has one of the values.
func (t tally) with(name string, l metric.Label, values ...fmt.Stringer) tally {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	t.name, t.of = t.name+"_"+name, t.of.Is(l, texts...)
	return t
}

// without is what has none of the values.
func (t tally) without(name string, l metric.Label, values ...fmt.Stringer) tally {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	t.name, t.of = t.name+"_"+name, t.of.Not(l, texts...)
	return t
}

// together is the sum of tallies.
func together(name string, parts ...tally) tally {
	return tally{name: name, by: parts[0].by, sum: parts}
}

// minus is a tally of which others are taken away.
func (t tally) minus(others ...tally) tally {
	t.less = append(slices.Clone(t.less), others...)
	return t
}

// increase is the exact growth over the window.
func (b *book) increase(t tally, w Duration) promql.Selector {
	if len(t.sum) == 0 {
		return b.record(t.by, t.name, "increase", w, t.of.Total(w.window()).Aggregate("sum", t.by...))
	}
	all := b.increase(t.sum[0], w).Recorded()
	for i := range t.sum[1:] {
		all = all.Add(b.increase(t.sum[i+1], w).Recorded())
	}
	if len(t.less) == 0 {
		return b.record(t.by, t.name, "increase", w, all)
	}
	for i := range t.less {
		all = all.Sub(b.increase(t.less[i], w).Recorded())
	}
	return b.record(t.by, t.name, "increase", w, all.Func("clamp_min", 0)) // what came before the window can be taken away in it
}

// ratio is a share of something: part of whole.
type ratio struct{ part, whole tally }

func (r ratio) name() string { return r.part.name + "_per_" + short(r.whole.name) }

// ratio records part, whole and the ratio. Where there is nothing, it has no value.
func (b *book) ratio(r ratio, w Duration) promql.Selector {
	part, whole := b.increase(r.part, w), b.increase(r.whole, w)
	return b.record(r.whole.by, r.name(), "ratio", w, part.Recorded().Over(whole.Recorded()))
}

// lower is the lower end of the Wilson interval of a ratio: few events prove little.
func (b *book) lower(r ratio, w Duration) promql.Selector {
	return b.record(r.whole.by, r.name(), "ratio_lower", w, b.wilson(r, w, promql.Expr.Sub))
}

// upper is its upper end.
func (b *book) upper(r ratio, w Duration) promql.Selector {
	return b.record(r.whole.by, r.name(), "ratio_upper", w, b.wilson(r, w, promql.Expr.Add))
}

// wilson is (k + z²/2 ± z √(k (n-k)/n + z²/4)) / (n + z²) for k of n. The part may be larger than the whole: a chat
// may ask for a human in a later window than that of its start.
func (b *book) wilson(r ratio, w Duration, side func(promql.Expr, promql.Expr) promql.Expr) promql.Expr {
	k, n := b.increase(r.part, w).Recorded(), b.increase(r.whole, w).Recorded()
	z2 := round(b.z * b.z)
	spread := k.Mul(n.Sub(k)).Over(n).Func("clamp_min", 0).Add(promql.Number(round(z2 / 4))).Func("sqrt")
	return side(k.Add(promql.Number(round(z2/2))), spread.Mul(promql.Number(b.z))).Div(n.Add(promql.Number(z2)))
}

// rates records ratios over all windows.
func (b *book) rates(list ...ratio) {
	for i := range list {
		for _, w := range b.cfg.Windows {
			b.ratio(list[i], w)
		}
	}
}

// volumes records increases over five minutes and all windows.
func (b *book) volumes(list ...tally) {
	for i := range list {
		for _, w := range append([]Duration{5 * minute}, b.cfg.Windows...) {
			b.increase(list[i], w)
		}
	}
}
