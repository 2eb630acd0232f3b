package expose

import (
	"bytes"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// messages returns all KPIs as messages of the client library, made from the tables alone.
func messages(set *collectors.Set, now int64) (list []*dto.MetricFamily) {
	for _, t := range set.Families() {
		d := t.Def()
		mf := &dto.MetricFamily{Name: proto.String(d.Name), Help: proto.String(d.Help), Type: kindOf(d.Type).Enum()}
		var values []float64
		if s, ok := t.(metric.Scalars); ok {
			values = s.Read(nil, now)
		}
		for i := range t.Len() {
			m := &dto.Metric{}
			names := d.LabelNames()
			for k, v := range t.Labels(nil, i) {
				m.Label = append(m.Label, &dto.LabelPair{Name: proto.String(names[k]), Value: proto.String(v)})
			}
			sort.Slice(m.Label, func(a, b int) bool { return m.Label[a].GetName() < m.Label[b].GetName() })
			var start *timestamppb.Timestamp
			if s := t.Start(i); s > 0 {
				start = timestamppb.New(time.Unix(0, s))
			}
			switch d.Type {
			case metric.TypeCounter:
				m.Counter = &dto.Counter{Value: proto.Float64(values[i]), CreatedTimestamp: start}
			case metric.TypeGauge:
				m.Gauge = &dto.Gauge{Value: proto.Float64(values[i])}
			case metric.TypeHistogram:
				var h metric.HistogramValue
				t.(metric.Histograms).Read(i, &h)
				m.Histogram = histogramMessage(d, &h, start)
			}
			mf.Metric = append(mf.Metric, m)
		}
		slices.SortFunc(mf.Metric, func(a, b *dto.Metric) int {
			for i := range a.Label {
				if c := strings.Compare(a.Label[i].GetValue(), b.Label[i].GetValue()); c != 0 {
					return c
				}
			}
			return 0
		})
		if len(mf.Metric) > 0 {
			list = append(list, mf)
		}
	}
	slices.SortFunc(list, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return list
}

func histogramMessage(d *metric.Def, v *metric.HistogramValue, start *timestamppb.Timestamp) *dto.Histogram {
	h := &dto.Histogram{
		SampleCount: proto.Uint64(v.Count), SampleSum: proto.Float64(v.Sum), CreatedTimestamp: start,
		Schema: proto.Int32(metric.Schema), ZeroThreshold: proto.Float64(metric.ZeroThreshold), ZeroCount: proto.Uint64(v.Zero),
	}
	sum := uint64(0)
	for i, b := range append(append([]float64(nil), d.Buckets...), math.Inf(1)) {
		sum += v.Classic[i]
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: proto.Float64(b), CumulativeCount: proto.Uint64(sum)})
	}
	var shape histShape
	shape.encode(v)
	for _, s := range shape.spans {
		h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{Offset: proto.Int32(int32(s.offset)), Length: proto.Uint32(uint32(s.length))})
	}
	h.PositiveDelta = append(h.PositiveDelta, shape.deltas...)
	return h
}

// library renders messages with the client library.
func library(t require.TestingT, families []*dto.MetricFamily, format expfmt.Format) string {
	var b bytes.Buffer
	e := expfmt.NewEncoder(&b, format)
	for _, mf := range families {
		require.NoError(t, e.Encode(mf))
	}
	require.NoError(t, e.(expfmt.Closer).Close())
	return b.String()
}

func rendered(t require.TestingT, c *Cut, p Page) string {
	var b bytes.Buffer
	require.NoError(t, c.Render(&b, p))
	return b.String()
}
