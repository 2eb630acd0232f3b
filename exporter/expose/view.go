// Package expose turns the numbers of a Set into what Prometheus reads: text, OpenMetrics, protobuf, or the messages of
// the client library. It knows no HTTP, no engine and no lock: whoever owns the Set calls Copy while nothing folds, and
// everything else works on the copy.
package expose

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// View is a copy of the KPIs. What was rendered of it once is kept, so that another scrape writes little but numbers: use
// one View again and again. Not safe for concurrent use.
type View struct {
	set      *collectors.Set
	families []*family // in the order of their names
	shown    bool
	out      []*dto.MetricFamily
}

// Hide leaves the KPIs out until the next Copy.
func (v *View) Hide() { v.shown = false }

// family is the copy of one table. Series are only ever appended, so that what is known of them stays true.
type family struct {
	def    *metric.Def
	table  metric.Family
	out    *dto.MetricFamily
	series []*dto.Metric // by index in the table
	order  []int         // indexes in the order of their labels, as out.Metric has them
	values []float64
	hists  []metric.Hist
	fresh  []freshSeries

	stencils map[expfmt.FormatType]*stencil
	imprint  *imprint
}

type freshSeries struct {
	labels []string
	start  int64
}

// Copy reads all numbers of a Set as of now, in Unix nanoseconds. It must not run beside the fold.
func (v *View) Copy(set *collectors.Set, now int64) {
	v.shown = true
	if v.set != set {
		*v = View{set: set, shown: true, out: v.out}
		for _, t := range set.Families() {
			v.families = append(v.families, newFamily(t))
		}
		slices.SortFunc(v.families, func(a, b *family) int { return strings.Compare(a.def.Name, b.def.Name) })
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

// each calls one of the functions for every family that has series, in the order of their names.
func (v *View) each(rest []*dto.MetricFamily, kpi func(*family), own func(*dto.MetricFamily)) {
	for _, f := range v.families {
		for len(rest) > 0 && rest[0].GetName() < f.def.Name {
			own(rest[0])
			rest = rest[1:]
		}
		if f.grow(); v.shown && len(f.series) > 0 {
			kpi(f)
		}
	}
	for _, mf := range rest {
		own(mf)
	}
}

// Families returns the KPIs, and the process's own families among them, as messages of the client library, all in the
// order of their names, in which own must be as well. They are good until the next call.
func (v *View) Families(own []*dto.MetricFamily) []*dto.MetricFamily {
	v.out = v.out[:0]
	v.each(own, func(f *family) {
		f.fill()
		v.out = append(v.out, f.out)
	}, func(mf *dto.MetricFamily) {
		v.out = append(v.out, mf)
	})
	return v.out
}

// Renders tells whether Render knows a format.
func Renders(format expfmt.Format) bool {
	switch format.FormatType() {
	case expfmt.TypeTextPlain, expfmt.TypeOpenMetrics, expfmt.TypeProtoDelim:
		return true
	}
	return false
}

// Render appends what Families returns, in one of the formats that Prometheus asks for.
func (v *View) Render(dst []byte, own []*dto.MetricFamily, format expfmt.Format) ([]byte, error) {
	var failed error
	render := (*family).renderText
	if format.FormatType() == expfmt.TypeProtoDelim {
		render = (*family).renderProtobuf
	}
	v.each(own, func(f *family) {
		var err error
		dst, err = render(f, dst, format)
		failed = errors.Join(failed, err)
	}, func(mf *dto.MetricFamily) {
		var err error
		dst, err = encode(dst, mf, format)
		failed = errors.Join(failed, err)
	})
	if format.FormatType() == expfmt.TypeOpenMetrics {
		dst = append(dst, "# EOF\n"...)
	}
	return dst, failed
}

func (f *family) fill() {
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
	for i := len(f.order); i < len(f.series); i++ {
		f.order = append(f.order, i)
	}
	sort.Slice(f.order, func(i, j int) bool { return labelsBefore(f.series[f.order[i]], f.series[f.order[j]]) })
	f.out.Metric = f.out.Metric[:0]
	for _, i := range f.order {
		f.out.Metric = append(f.out.Metric, f.series[i])
	}
}

func labelsBefore(a, b *dto.Metric) bool {
	for i := range a.Label {
		if x, y := a.Label[i].GetValue(), b.Label[i].GetValue(); x != y {
			return x < y
		}
	}
	return false
}
