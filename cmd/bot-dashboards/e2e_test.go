package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// Panels whose query has no result when all is well, or where no rules are evaluated.
var quiet = map[string]bool{
	"bot-exporter/Label overflow": true,
	"bot-exporter/Alerts firing":  true,
	"bot-exporter/Firing now":     true,
	"bot-overview/Alerts firing":  true,
	"bot-overview/Firing now":     true,
}

// sometimes are the queries that need more, or fewer, events than the day has: comparisons, what is too few to judge,
// and what is beyond the largest.
var sometimes = regexp.MustCompile(`vs\. |^\$\{compare:text\}$|\(few\)$|^others$|^not ready |^p\d+$`)

// Every query of every panel, executed by a real Prometheus over a simulated day; and all totals against the truth.
func TestPanelsOverPrometheus(t *testing.T) {
	promtool, server := proctest.Tool(t, "PROMTOOL"), proctest.Tool(t, "PROMETHEUS")
	end := time.Now().UTC().Truncate(24 * time.Hour).Add(-22 * time.Hour) // a day ends within the window
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "history.txt"))
	require.NoError(t, err)
	known := history(file, end)
	require.NoError(t, file.Close())
	data := filepath.Join(dir, "data")
	proctest.Run(t, exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=72h", "--quiet", file.Name(), data))
	p := start(t, server, dir, data)

	t.Run("panels", func(t *testing.T) {
		all, err := dashboards.All(dashboards.Defaults())
		require.NoError(t, err)
		for _, d := range all {
			for _, panel := range d.V1.Panels {
				if panel.Panel == nil {
					continue
				}
				name := d.UID + "/" + *panel.Panel.Title
				for _, target := range panel.Panel.Targets {
					q, ok := target.(prometheus.Dataquery)
					if !ok {
						continue // shows what another panel has queried
					}
					n := 0
					if *q.Instant {
						n = len(p.query(t, "query", substitute(q.Expr), "time", end))
					} else {
						n = len(p.query(t, "query_range", substitute(q.Expr), "end", end, "start", end.Add(-window), "step", "1h"))
					}
					if sometimes.MatchString(*q.LegendFormat) {
						continue
					}
					assert.Equal(t, !quiet[name], n > 0, "%s %s: %d results of %s", name, *q.LegendFormat, n, q.Expr)
				}
			}
		}
	})
	t.Run("bars add up", func(t *testing.T) {
		const step = 15 * time.Minute
		bars, err := promql.Rules().Of(collectors.Messages).Total(promql.For(step)).Sum().PromQL()
		require.NoError(t, err)
		sum := 0.0
		for _, s := range p.query(t, "query_range", bars, "start", end.Add(step-window), "end", end, "step", "15m") {
			for _, v := range s.Values {
				n, err := strconv.ParseFloat(fmt.Sprint(v[1]), 64)
				require.NoError(t, err)
				sum += n
			}
		}
		require.Equal(t, known[0][collectors.Messages.Name]-known[1][collectors.Messages.Name], sum)
		require.Greater(t, sum, 1000.0)
	})
	t.Run("totals", func(t *testing.T) {
		for _, m := range collectors.Catalogue() {
			for _, d := range m.Defs {
				if d.Type == metric.TypeGauge {
					continue
				}
				s := promql.Rules().Of(d)
				if d.Type == metric.TypeHistogram {
					s = s.Count()
				}
				total := s.Total(promql.For(window)).Sum().Or(promql.Number(0).Func("vector"))
				require.Equal(t, known[0][d.Name]-known[1][d.Name], p.value(t, total, end), d.Name)
				atOnce := s.TotalBy(promql.For(window)).Or(promql.Number(0).Func("vector"))
				require.Equal(t, known[0][d.Name]-known[1][d.Name], p.value(t, atOnce, end), "%s, added up first", d.Name)
				require.Equal(t, known[1][d.Name]-known[2][d.Name], p.value(t, atOnce.Before(promql.For(window)), end), "%s, added up first, window before", d.Name)
				all := s.TotalBy(promql.For(2 * length)).Or(promql.Number(0).Func("vector"))
				require.Equal(t, known[0][d.Name], p.value(t, all, end), "%s, added up first, since the first event", d.Name)
				require.Equal(t, known[1][d.Name]-known[2][d.Name], p.value(t, total.Before(promql.For(window)), end), "%s, window before", d.Name)
				since := s.Total(promql.For(2 * length)).Sum().Or(promql.Number(0).Func("vector"))
				require.Equal(t, known[0][d.Name], p.value(t, since, end), "%s, since the first event", d.Name)
			}
		}
	})
}

// Nothing to show is no error: every query is one that a Prometheus with nothing, and with one event, can answer.
func TestPanelsOverNothing(t *testing.T) {
	promtool, server := os.Getenv("PROMTOOL"), os.Getenv("PROMETHEUS")
	if promtool == "" || server == "" {
		t.Skip("PROMTOOL or PROMETHEUS is not set")
	}
	end := time.Now().UTC().Truncate(time.Minute)
	for name, events := range map[string]int{"empty": 0, "one event": 1} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			data := filepath.Join(dir, "data")
			if events > 0 {
				oneEvent(t, promtool, filepath.Join(dir, "history.txt"), data, end)
			}
			p := start(t, server, dir, data)
			all, err := dashboards.All(dashboards.Defaults())
			require.NoError(t, err)
			for _, d := range all {
				for _, panel := range d.V1.Panels {
					if panel.Panel == nil {
						continue
					}
					for _, target := range panel.Panel.Targets {
						q, ok := target.(prometheus.Dataquery)
						if !ok {
							continue
						}
						if *q.Instant {
							p.query(t, "query", substitute(q.Expr), "time", end)
						} else {
							p.query(t, "query_range", substitute(q.Expr), "end", end, "start", end.Add(-window), "step", "1h")
						}
					}
				}
				for _, a := range d.V1.Annotations.List {
					p.query(t, "query_range", substitute(*a.Expr), "end", end, "start", end.Add(-window), "step", "1h")
				}
			}
		})
	}
}

// oneEvent writes the scrapes of an exporter that has seen one event.
func oneEvent(t *testing.T, promtool, text, data string, at time.Time) {
	t.Helper()
	sim := simulate.New(simulate.Config{Seed: 1, Start: at.Add(-time.Minute)})
	set := collectors.New(collectors.Defaults())
	next, e := sim.Next()
	set.Fold(next.UnixNano(), e, nil)
	file, err := os.Create(text)
	require.NoError(t, err)
	expose(file, scraped(set, at, next, next.Unix(), 1), "a:9850", at)
	_, err = fmt.Fprintln(file, "# EOF")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	out, err := exec.CommandContext(t.Context(), promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, data).CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
}

// substitute fills in the variables of Grafana.
func substitute(expr string) string {
	seconds := strconv.Itoa(int(window / time.Second))
	for _, v := range [][2]string{
		{"$__range_s", seconds}, {"$__range", seconds + "s"}, {"$__interval_ms", "3600000"}, {"$__interval", "1h"},
		{"$__rate_interval", "16m"}, {"$window", "1d"}, {"$compare", seconds + "s"},
	} {
		expr = strings.ReplaceAll(expr, v[0], v[1])
	}
	return regexp.MustCompile(`\$[a-z]+`).ReplaceAllString(expr, ".*")
}

// server is a Prometheus that scrapes nothing.
type server struct{ *proctest.Server }

func start(t *testing.T, program, dir, data string, settings ...string) server {
	t.Helper()
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, []byte(strings.Join(settings, "\n")), 0o600))
	s := server{proctest.Listening(proctest.Start(t, exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=1y", "--web.listen-address=127.0.0.1:0")))}
	s.Ready()
	return s
}

type series struct {
	Value  [2]any   `json:"value"`
	Values [][2]any `json:"values"`
}

func (s server) query(t *testing.T, api, expr string, args ...any) []series {
	t.Helper()
	form := url.Values{"query": {expr}}
	for i := 0; i < len(args); i += 2 {
		v := args[i+1]
		if at, ok := v.(time.Time); ok {
			v = at.Unix()
		}
		form.Set(fmt.Sprint(args[i]), fmt.Sprint(v))
	}
	r, err := http.PostForm(s.URL()+"/api/v1/"+api, form)
	require.NoError(t, err)
	defer r.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []series }
	}
	require.NoError(t, json.NewDecoder(r.Body).Decode(&answer))
	require.Empty(t, answer.Error, expr)
	return answer.Data.Result
}

func (s server) value(t *testing.T, e promql.Expr, at time.Time) float64 {
	t.Helper()
	text, err := e.PromQL()
	require.NoError(t, err)
	result := s.query(t, "query", text, "time", at)
	require.Len(t, result, 1, text)
	v, err := strconv.ParseFloat(fmt.Sprint(result[0].Value[1]), 64)
	require.NoError(t, err)
	return v
}
