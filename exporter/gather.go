package exporter

import (
	"errors"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// gatherer shows the KPIs, and after them the process's own metrics, to Prometheus. The messages that the client
// library renders are built once and kept: a scrape copies the numbers while the fold stands still, and fills them in
// while it goes on.
type gatherer struct {
	engine *Engine
	self   prometheus.Gatherer
	views  chan *view // one for each scrape that may run at once
}

func newGatherer(e *Engine, self prometheus.Gatherer, parallel int) *gatherer {
	g := &gatherer{engine: e, self: self, views: make(chan *view, parallel)}
	for range parallel {
		g.views <- &view{}
	}
	return g
}

// errScrape is all that a client learns of a failure: the cause, with its stack, is for the log.
var errScrape = errors.New("metrics cannot be collected; see the log")

// Gather implements prometheus.TransactionalGatherer. The families belong to the caller until it calls done.
func (g *gatherer) Gather() (families []*dto.MetricFamily, done func(), err error) {
	v := <-g.views
	done = func() { g.views <- v }
	defer func() {
		if p := recover(); p != nil {
			*v = view{} // may be half of one
			g.engine.log.Error("scrape panicked", "panic", p, "stack", string(debug.Stack()))
			families, err = nil, errScrape
		}
	}()
	families, err = g.gather(v)
	if err != nil {
		g.engine.log.Error("scrape failed", "err", err)
		return nil, done, errScrape
	}
	return families, done, nil
}

func (g *gatherer) gather(v *view) ([]*dto.MetricFamily, error) {
	start := time.Now()
	if !g.engine.copyInto(v, start.UnixNano()) {
		return g.self.Gather()
	}
	v.fill()
	g.engine.metrics.scrape.Observe(time.Since(start).Seconds())
	own, err := g.self.Gather()
	v.out = append(v.out[:0], own...)
	for _, f := range v.families {
		if len(f.out.Metric) > 0 {
			v.out = append(v.out, f.out)
		}
	}
	slices.SortFunc(v.out, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return v.out, err
}

// copyInto copies the state as of now into a view, and reports whether it may be shown.
func (e *Engine) copyInto(v *view, now int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.status.Shows() {
		return false
	}
	v.copy(e.set, now)
	return true
}

// view is a copy of the KPIs in the form that the client library renders.
type view struct {
	set      *collectors.Set
	families []*family
	out      []*dto.MetricFamily
}

// family is the copy of one table. Series are only ever appended, so that what is known of them stays true.
type family struct {
	def    *metric.Def
	table  metric.Family
	out    *dto.MetricFamily
	series []*dto.Metric // by index in the table; out.Metric has them in the order of their labels
	values []float64
	hists  []metric.Hist
	fresh  []freshSeries
}

type freshSeries struct {
	labels []string
	start  int64
}

// copy reads the tables. It must not run beside the fold.
func (v *view) copy(set *collectors.Set, now int64) {
	if v.set != set {
		*v = view{set: set, out: v.out}
		for _, t := range set.Families() {
			v.families = append(v.families, newFamily(t))
		}
	}
	for _, f := range v.families {
		f.copy(now)
	}
}

func newFamily(t metric.Family) *family {
	d := t.Def()
	kind := map[metric.Type]dto.MetricType{
		metric.TypeCounter: dto.MetricType_COUNTER, metric.TypeGauge: dto.MetricType_GAUGE,
		metric.TypeHistogram: dto.MetricType_HISTOGRAM,
	}[d.Type]
	return &family{def: d, table: t, out: &dto.MetricFamily{Name: proto.String(d.Name), Help: proto.String(d.Help), Type: kind.Enum()}}
}

// histograms is what the tables of histograms have beyond metric.Family.
type histograms interface {
	metric.Family
	Read(i int, dst *metric.Hist)
}

func (f *family) copy(now int64) {
	n := f.table.Len()
	for i := len(f.series) + len(f.fresh); i < n; i++ {
		f.fresh = append(f.fresh, freshSeries{f.table.Labels(nil, i), f.table.Start(i)})
	}
	switch t := f.table.(type) {
	case metric.Scalars:
		f.values = t.Read(f.values[:0], now)
	case histograms:
		for len(f.hists) < n {
			f.hists = append(f.hists, metric.Hist{})
		}
		for i := range n {
			t.Read(i, &f.hists[i])
		}
	}
}

// fill brings the rendered form up to date with the copy.
func (v *view) fill() {
	for _, f := range v.families {
		f.grow()
		for i, m := range f.series {
			switch f.def.Type {
			case metric.TypeCounter:
				*m.Counter.Value = f.values[i]
			case metric.TypeGauge:
				*m.Gauge.Value = f.values[i]
			case metric.TypeHistogram:
				fillHistogram(m.Histogram, &f.hists[i])
			}
		}
	}
}

// grow makes the rendered form of new series and puts them in the order of their labels.
func (f *family) grow() {
	if len(f.fresh) == 0 {
		return
	}
	names := f.def.LabelNames()
	for _, s := range f.fresh {
		m := &dto.Metric{}
		for i, name := range names {
			m.Label = append(m.Label, &dto.LabelPair{Name: proto.String(name), Value: proto.String(s.labels[i])})
		}
		sort.Slice(m.Label, func(i, j int) bool { return m.Label[i].GetName() < m.Label[j].GetName() })
		var start *timestamppb.Timestamp
		if s.start > 0 {
			start = timestamppb.New(time.Unix(0, s.start))
		}
		switch f.def.Type {
		case metric.TypeCounter:
			m.Counter = &dto.Counter{Value: proto.Float64(0), CreatedTimestamp: start}
		case metric.TypeGauge:
			m.Gauge = &dto.Gauge{Value: proto.Float64(0)}
		case metric.TypeHistogram:
			m.Histogram = newHistogram(f.def.Buckets, start)
		}
		f.series = append(f.series, m)
	}
	f.fresh = f.fresh[:0]
	f.out.Metric = append(f.out.Metric[:0], f.series...)
	sort.SliceStable(f.out.Metric, func(i, j int) bool { return labelsBefore(f.out.Metric[i], f.out.Metric[j]) })
}

func labelsBefore(a, b *dto.Metric) bool {
	for i := range a.Label {
		if x, y := a.Label[i].GetValue(), b.Label[i].GetValue(); x != y {
			return x < y
		}
	}
	return false
}
