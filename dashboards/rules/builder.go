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
	Slow   bool // of a long window, which need not be evaluated every minute
}

// pair is the labels of recorded KPIs.
var pair = []metric.Label{promql.Job, metric.Bot, metric.Channel}

// builder collects the rules of all modules; what is needed more than once is recorded once.
type builder struct {
	cfg     Config
	scope   promql.Scope
	module  string
	z       float64 // half the width of the interval, in standard deviations
	records []Record
	defs    map[string]*metric.Def // of the records, by name
	alerts  []*Alert
	errs    []error
}

func newBuilder(cfg Config) *builder {
	var matchers []string
	if s := strings.TrimSpace(cfg.Selector); s != "" {
		matchers = []string{s}
	}
	b := &builder{cfg: cfg, scope: promql.Rules(matchers...), defs: map[string]*metric.Def{}}
	b.scope.Replica = append(slices.Clone(b.scope.Replica), cfg.Replicas...)
	b.z = round(math.Sqrt2 * math.Erfinv(cfg.Confidence))
	return b
}

// round keeps four decimals, enough for a threshold.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// record adds a recording rule, unless there is one of this name, and returns the series that it records.
func (b *builder) record(labels []metric.Label, name, op string, w Duration, e promql.Expr) promql.Selector {
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

// in adds rules to another module until the returned function is called.
func (b *builder) in(module string) func() {
	was := b.module
	b.module = module
	return func() { b.module = was }
}

func (b *builder) build() ([]Record, []*Alert, error) {
	if err := errors.Join(b.errs...); err != nil {
		return nil, nil, err
	}
	return b.records, b.alerts, nil
}

// base is the name of a metric without _total.
func base(d *metric.Def) string { return strings.TrimSuffix(d.Name, "_total") }

// short is a name without the prefix of all metrics, to follow _per_.
func short(name string) string {
	_, s, _ := strings.Cut(name, "_")
	return s
}

// counter is something that counts: a counter of the catalogue, a part of one, or a sum of several.
type counter struct {
	name   string
	source promql.Selector
	by     []metric.Label // labels of its increase
	sum    []counter      // in place of a source: these together
	less   []counter      // subtracted from the sum
}

// counter is the whole of a counter.
func (b *builder) counter(d *metric.Def) counter {
	return counter{name: base(d), source: b.scope.Of(d), by: keep(d)}
}

// keep returns the labels to aggregate by: job, and bot and channel where the metric has them.
func keep(d *metric.Def) []metric.Label {
	if d.PerPair() {
		return pair
	}
	return pair[:1]
}

// with is the part of a counter whose label has one of the values.
func (t counter) with(name string, l metric.Label, values ...fmt.Stringer) counter {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	t.name, t.source = t.name+"_"+name, t.source.Is(l, texts...)
	return t
}

// without is the part whose label has none of the values.
func (t counter) without(name string, l metric.Label, values ...fmt.Stringer) counter {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	t.name, t.source = t.name+"_"+name, t.source.Not(l, texts...)
	return t
}

// together is the sum of counters.
func together(name string, parts ...counter) counter {
	return counter{name: name, by: parts[0].by, sum: parts}
}

// minus subtracts others from a sum.
func (t counter) minus(others ...counter) counter {
	t.less = append(slices.Clone(t.less), others...)
	return t
}

// increase records the exact growth over the window.
func (b *builder) increase(t counter, w Duration) promql.Selector {
	if len(t.sum) == 0 {
		return b.record(t.by, t.name, "increase", w, t.source.Total(w.window()).Aggregate("sum", t.by...))
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
	return b.record(t.by, t.name, "increase", w, all.Func("clamp_min", 0)) // a change in the window may take away what came before it
}

// ratio is a share: part of whole.
type ratio struct{ part, whole counter }

func (r ratio) name() string { return r.part.name + "_per_" + short(r.whole.name) }

// ratio records part, whole and the ratio, which has no value where the whole is 0.
func (b *builder) ratio(r ratio, w Duration) promql.Selector {
	part, whole := b.increase(r.part, w), b.increase(r.whole, w)
	return b.record(r.whole.by, r.name(), "ratio", w, part.Recorded().Over(whole.Recorded()))
}

// lower records the lower end of the Wilson interval of a ratio: few events prove little.
func (b *builder) lower(r ratio, w Duration) promql.Selector {
	return b.record(r.whole.by, r.name(), "ratio_lower", w, b.wilson(r, w, promql.Expr.Sub))
}

// upper records its upper end.
func (b *builder) upper(r ratio, w Duration) promql.Selector {
	return b.record(r.whole.by, r.name(), "ratio_upper", w, b.wilson(r, w, promql.Expr.Add))
}

// wilson is (k + z²/2 ± z √(k (n-k)/n + z²/4)) / (n + z²) for k of n. The part may exceed the whole: a chat that
// started before the window may ask for a human in it.
func (b *builder) wilson(r ratio, w Duration, side func(promql.Expr, promql.Expr) promql.Expr) promql.Expr {
	k, n := b.increase(r.part, w).Recorded(), b.increase(r.whole, w).Recorded()
	z2 := round(b.z * b.z)
	spread := k.Mul(n.Sub(k)).Over(n).Func("clamp_min", 0).Add(promql.Number(round(z2 / 4))).Func("sqrt")
	return side(k.Add(promql.Number(round(z2/2))), spread.Mul(promql.Number(b.z))).Div(n.Add(promql.Number(z2)))
}

// rates records ratios over all windows.
func (b *builder) rates(list ...ratio) {
	for i := range list {
		for _, w := range b.cfg.Windows {
			b.ratio(list[i], w)
		}
	}
}

// volumes records increases over five minutes and all windows.
func (b *builder) volumes(list ...counter) {
	for i := range list {
		for _, w := range append([]Duration{5 * minute}, b.cfg.Windows...) {
			b.increase(list[i], w)
		}
	}
}
