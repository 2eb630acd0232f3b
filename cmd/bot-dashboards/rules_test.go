package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
	"github.com/bot-exporter/bot-exporter/dashboards/rules"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// Rules that have no result over a day in which all is well.
var silent = regexp.MustCompile(`label_overflow|mean_before`)

// Every rule, evaluated by a real Prometheus over a simulated day that ends now: no error, a result of each recording
// rule, increases as the truth has them, and no alert.
func TestRulesOverPrometheus(t *testing.T) {
	promtool, program := proctest.Tool(t, "PROMTOOL"), proctest.Tool(t, "PROMETHEUS")
	files, err := rules.Generate(rules.Defaults())
	require.NoError(t, err)
	dir := t.TempDir()
	interval := regexp.MustCompile(`(?m)^    interval: .*$`)
	for path, b := range files {
		if strings.HasPrefix(path, "prometheus/rules/") {
			b = interval.ReplaceAll(b, []byte("    interval: 1s"))
			require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o600))
		}
	}
	end := time.Now().UTC().Truncate(time.Second)
	file, err := os.Create(filepath.Join(dir, "history.txt"))
	require.NoError(t, err)
	known := history(file, end)
	require.NoError(t, file.Close())
	data := filepath.Join(dir, "data")
	proctest.Run(t, exec.Command(promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=72h", "--quiet", file.Name(), data))
	p := start(t, program, dir, data, `rule_files: [bot-*.yml]`)

	// What is made from other records needs some rounds.
	p.evaluated(t, time.Now())
	p.evaluated(t, time.Now())
	groups := p.evaluated(t, time.Now())

	n := 0
	for _, g := range groups {
		for _, r := range g.Rules {
			n++
			require.Equal(t, "ok", r.Health, "%s: %s", r.Name, r.LastError)
			if r.Type == "recording" && !silent.MatchString(r.Name) {
				require.NotEmpty(t, p.query(t, "query", r.Name), r.Name)
			}
		}
	}
	require.Greater(t, n, 150)
	// Nobody answers at night in this traffic, so that somebody may wait.
	_, alerts := p.Get("/api/v1/query?query=" + url.QueryEscape(`ALERTS{alertname!="BotHandoverWaitingNow"}`))
	require.Contains(t, alerts, `"result":[]`)

	if time.Since(end) > every-10*time.Second {
		t.Skip("too slow to compare with the truth: another scrape would be due")
	}
	for _, d := range []struct {
		name string
		def  string
	}{
		{"job_bot_channel:bot_chats_started:increase6h", collectors.ChatsStarted.Name},
		{"job_bot_channel:bot_csat_score_count:increase6h", collectors.CSATScore.Name},
		{"job_bot_channel:bot_fallbacks:increase6h", collectors.Fallbacks.Name},
		{"job:bot_events:increase6h", collectors.Events.Name},
	} {
		want := known[0][d.def] - known[1][d.def]
		require.Positive(t, want, d.name)
		require.Len(t, p.query(t, "query", "sum("+d.name+") == "+promqlNumber(t, want)), 1, "%s is not %v", d.name, want)
	}
}

func promqlNumber(t *testing.T, v float64) string {
	t.Helper()
	text, err := promql.Number(v).PromQL()
	require.NoError(t, err)
	return text
}

type ruleGroup struct {
	Rules []struct {
		Name, Type, Health, LastError string
		LastEvaluation                time.Time
	}
}

// evaluated waits until all rules were evaluated after a moment.
func (s server) evaluated(t *testing.T, after time.Time) []ruleGroup {
	t.Helper()
	var answer struct{ Data struct{ Groups []ruleGroup } }
	s.Until("all rules are evaluated", func() bool {
		_, text := s.Get("/api/v1/rules")
		if json.Unmarshal([]byte(text), &answer) != nil {
			return false
		}
		for _, g := range answer.Data.Groups {
			for _, r := range g.Rules {
				if !r.LastEvaluation.After(after) {
					s.Saw("%s was evaluated %s, not yet after %s", r.Name, r.LastEvaluation, after)
					return false
				}
			}
		}
		return len(answer.Data.Groups) > 0
	})
	return answer.Data.Groups
}
