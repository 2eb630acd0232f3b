package exporter

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// TestPromlint: the conventions of Prometheus have nothing against any definition.
func TestPromlint(t *testing.T) {
	kinds := map[metric.Type]dto.MetricType{
		metric.TypeCounter: dto.MetricType_COUNTER, metric.TypeGauge: dto.MetricType_GAUGE, metric.TypeHistogram: dto.MetricType_HISTOGRAM,
	}
	var families []*dto.MetricFamily
	for _, m := range append(collectors.Catalogue(), collectors.Module{Defs: self.Defs()}) {
		for _, d := range m.Defs {
			one := &dto.Metric{}
			for _, l := range d.LabelNames() {
				one.Label = append(one.Label, &dto.LabelPair{Name: proto.String(l), Value: proto.String("x")})
			}
			families = append(families, &dto.MetricFamily{
				Name: proto.String(d.Name), Help: proto.String(d.Help), Type: kinds[d.Type].Enum(), Metric: []*dto.Metric{one},
			})
		}
	}
	require.Greater(t, len(families), 50)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}
