package collectors

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// TestCases folds the cases that the definitions were written for: each says what must come of it, and the reference has to
// agree on all metrics. Its test writes the file.
func TestCases(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/cases/cases.txtar")
	require.NoError(t, err)
	require.Greater(t, len(archive.Files), 2*20)
	for i := 0; i < len(archive.Files); i += 2 {
		events, want := archive.Files[i], archive.Files[i+1]
		name, _ := strings.CutSuffix(events.Name, ": events")
		t.Run(name, func(t *testing.T) {
			cfg := Defaults()
			cfg.Session.Windows = []time.Duration{24 * time.Hour}
			f := newFolder(cfg)
			f.foldAll(lines(events.Data))
			have := series(f.set, f.set.Clock())
			for _, line := range bytes.Split(bytes.TrimSpace(want.Data), []byte("\n")) {
				id, value, _ := strings.Cut(string(line), "} ")
				if !strings.Contains(id, "{") {
					id, value, _ = strings.Cut(string(line), " ")
				}
				if name := metricOf.FindStringSubmatch(id)[2]; !slices.Contains(families(func(*metric.Def) bool { return true }), name) {
					continue // of a module that is not there
				}
				number, err := strconv.ParseFloat(value, 64)
				require.NoError(t, err, "%s", line)
				require.InDelta(t, number, total(have, id), 1e-9, "%s", line)
			}
			o := reference.Options{Windows: []reference.Window{{Label: "1d", Length: 24 * time.Hour}}}
			compare(t, reference.Fold(events.Data, o), have)
		})
	}
}

// total adds up the series of a metric that have all the labels given.
func total(series map[string]float64, id string) (sum float64) {
	name, labels, _ := strings.Cut(id, "{")
	for full, v := range series {
		its, rest, _ := strings.Cut(full, "{")
		has := its == name
		for _, label := range strings.Split(labels, ",") {
			has = has && strings.Contains(rest, label)
		}
		if has {
			sum += v
		}
	}
	return sum
}
