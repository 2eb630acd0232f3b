package exporter

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
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

// TestReplayOfGoldens: the text that replay prints holds, module by module, the metrics of the modules' examples.
func TestReplayOfGoldens(t *testing.T) {
	for _, m := range collectors.Catalogue() {
		t.Run(m.Name, func(t *testing.T) {
			archive, err := txtar.ParseFile(filepath.Join("..", "collectors", "testdata", m.Name+".txtar"))
			require.NoError(t, err)
			cfg := Defaults()
			var events, want []byte
			for _, f := range archive.Files {
				switch f.Name {
				case "settings.json":
					zone := struct{ Zone string }{}
					require.NoError(t, json.Unmarshal(f.Data, &cfg.KPIs))
					require.NoError(t, json.Unmarshal(f.Data, &struct{ Events any }{&cfg.Events}))
					require.NoError(t, json.Unmarshal(f.Data, &zone))
					cfg.KPIs.Session.Location, err = time.LoadLocation(zone.Zone)
					require.NoError(t, err)
				case "events.ndjson":
					events = f.Data
				case "metrics.prom":
					want = f.Data
				}
			}
			var out bytes.Buffer
			_, err = Replay(cfg, bytes.NewReader(events), &out)
			require.NoError(t, err)
			blocks := map[string]string{} // by metric
			for block := range strings.SplitSeq(out.String(), "# HELP ") {
				name, _, _ := strings.Cut(block, " ")
				blocks[name] = "# HELP " + block
			}
			have := ""
			for _, d := range m.Defs {
				have += blocks[d.Name]
			}
			require.Equal(t, withoutOverflow(string(want)), withoutOverflow(have))
		})
	}
}

// withoutOverflow leaves out the counter that all modules share: an example shows its own series only.
func withoutOverflow(text string) string {
	kept := ""
	for line := range strings.Lines(text) {
		if !strings.Contains(line, collectors.LabelOverflow.Name) {
			kept += line
		}
	}
	return kept
}
