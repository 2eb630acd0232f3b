package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// state is a situation that dashboards are looked at in: deploy/grafana/pictures takes a picture of each.
type state struct {
	bots         int
	chatsPerHour float64 // of all bots together
	past, every  time.Duration
	died         time.Duration // how long ago the exporter died
	alert        string        // that fires
}

const (
	ahead = 3 * time.Hour // histories go on so long after the present, for pictures that are taken later
	week  = 7 * 24 * time.Hour
)

var states = map[string]state{
	"two-weeks":     {bots: 3, chatsPerHour: 120, past: 2*week + 24*time.Hour, every: 20 * time.Minute, alert: "BotHandoverRateHigh"},
	"one-hour":      {bots: 1, chatsPerHour: 40, past: time.Hour, every: time.Minute},
	"sixty-bots":    {bots: 60, chatsPerHour: 900, past: week + 24*time.Hour, every: time.Hour},
	"one-bot":       {bots: 1, chatsPerHour: 2, past: week, every: 10 * time.Minute},
	"dead-exporter": {bots: 2, chatsPerHour: 60, past: week, every: 10 * time.Minute, died: 40 * time.Minute, alert: "BotExporterDown"},
}

// TestStates writes blocks of Prometheus for each state below the folder STATES, for people who want to look at it.
func TestStates(t *testing.T) {
	dir, promtool := os.Getenv("STATES"), os.Getenv("PROMTOOL")
	if dir == "" || promtool == "" {
		t.Skip("STATES or PROMTOOL is not set")
	}
	only := os.Getenv("STATE")
	for name, s := range states {
		if only != "" && only != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(path, 0o755))
			text := filepath.Join(path, "history.txt")
			file, err := os.Create(text)
			require.NoError(t, err)
			s.write(file, time.Now().UTC().Truncate(time.Minute))
			require.NoError(t, file.Close())
			out, err := exec.CommandContext(t.Context(), promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=72h", "--quiet",
				text, filepath.Join(path, "data")).CombinedOutput()
			require.NoErrorf(t, err, "%s", out)
			require.NoError(t, os.Remove(text))
		})
	}
}

// write simulates the state as it is now.
func (s state) write(file *os.File, now time.Time) {
	out := bufio.NewWriterSize(file, 1<<20)
	start := now.Add(-s.past)
	cfg := simulate.Config{Seed: 1, Start: start.Add(s.every), ChatsPerHour: s.chatsPerHour, Duplicates: 0.01}
	for i := range s.bots {
		cfg.Bots = append(cfg.Bots, simulate.Bot{
			Name: fmt.Sprintf("%s-%d", []string{"shop", "bank", "travel"}[i%3], i+1), Role: simulate.Role(i % 2), Share: 1 / float64(i+1),
		})
	}
	sim, set := simulate.New(cfg), collectors.New(collectors.Defaults())
	next, e := sim.Next()
	var first, messages int64
	var last time.Time
	for at := start; !at.After(now.Add(ahead)); at = at.Add(s.every) {
		dead := s.died > 0 && at.After(now.Add(-s.died))
		for ; !dead && next.Before(at); next, e = sim.Next() {
			if first == 0 {
				first = next.Unix()
			}
			messages++
			last = next
			set.Fold(next.UnixNano(), e, nil)
		}
		target := `job="bot-exporter",instance="a:9850"`
		if dead {
			fmt.Fprintf(out, "%s{%s} 0 %d\n", self.Up.Name, target, at.Unix())
		} else {
			expose(out, scraped(set, at, last, first, messages), "a:9850", at)
			fmt.Fprintf(out, "job:%s:min{job=\"bot-exporter\"} 1 %d\n", self.Ready.Name, at.Unix())
		}
		if s.alert != "" && (s.died == 0 || dead) && (at.After(now.Add(-2*time.Hour)) || at.YearDay()%3 == 0 && at.Hour() < 3) {
			labels := `severity="warning",job="bot-exporter",bot="shop-1",channel="web",window="1h"`
			if s.died > 0 {
				labels = `severity="critical",job="bot-exporter"`
			}
			fmt.Fprintf(out, "ALERTS{alertname=%q,alertstate=\"firing\",%s} 1 %d\n", s.alert, labels, at.Unix())
		}
	}
	fmt.Fprintln(out, "# EOF")
	out.Flush()
}
