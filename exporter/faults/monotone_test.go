package faults

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// seen is what a scraper and a Prometheus saw while F1 killed the daemon.
var seen struct {
	scrapes, others int // with KPIs, and without
	series          int
	decreases       []string
	prometheus      bool
	resets          float64
	deviation       float64 // of increase() from the truth
}

// runMonotone judges what was seen.
func runMonotone(t *testing.T, r *result) {
	require.Positive(t, seen.scrapes, "F1 has run")
	r.runs, r.passed = seen.scrapes, seen.scrapes-len(seen.decreases)
	require.Empty(t, seen.decreases)
	require.Positive(t, seen.others, "some scrapes came while the daemon was down or caught up")
	r.figure("0 decreases of %s counters in %s scrapes", thousands(seen.series), thousands(seen.scrapes))
	if !seen.prometheus {
		require.False(t, whole, "PROMETHEUS is not set")
		return
	}
	require.Zero(t, seen.resets)
	require.LessOrEqual(t, seen.deviation, 0.001)
	r.figure("increase() of a Prometheus is off by %.4f %%", 100*seen.deviation)
}

// scraper scrapes every 50 ms and remembers every counter.
type scraper struct {
	stop func()
}

func newScraper(d *daemon) *scraper {
	seen.scrapes, seen.others, seen.decreases = 0, 0, nil
	end, page := make(chan struct{}), d.Server // later lives have the same address
	var wg sync.WaitGroup
	wg.Go(func() {
		last, every := map[string]float64{}, time.NewTicker(50*time.Millisecond)
		defer every.Stop()
		for {
			select {
			case <-end:
				seen.series = len(last)
				return
			case <-every.C:
			}
			status, text := page.Get("/metrics")
			shown := 0
			for id, v := range series(text) {
				if status != http.StatusOK || !isCounter(id) {
					continue
				}
				shown++
				if was, ok := last[id]; ok && v < was {
					seen.decreases = append(seen.decreases, fmt.Sprintf("%s from %v to %v", id, was, v))
				}
				last[id] = v
			}
			if shown > 0 {
				seen.scrapes++
			} else {
				seen.others++
			}
		}
	})
	return &scraper{sync.OnceFunc(func() { close(end); wg.Wait() })}
}

// prometheus is a real server that scrapes the daemon, or nil.
type prometheus struct {
	*proctest.Server
	t *testing.T
}

func scraped(t *testing.T, d *daemon) *prometheus {
	t.Helper()
	seen.prometheus, seen.resets, seen.deviation = false, 0, 0
	name := os.Getenv("PROMETHEUS")
	if name == "" {
		return nil
	}
	config := write(t, "prometheus.yml", fmt.Sprintf("global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"+
		"scrape_configs:\n- job_name: bots\n  static_configs: [{targets: [%q]}]\n", d.Address))
	return &prometheus{proctest.Listening(proctest.Start(t, exec.Command(name,
		"--config.file="+config, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address=127.0.0.1:0"))), t}
}

type sample struct {
	metric map[string]string
	values [][2]any
}

func (p *prometheus) query(q string, at float64) (list []sample) {
	v := url.Values{"query": {q}}
	if at > 0 {
		v.Set("time", strconv.FormatFloat(at, 'f', 3, 64))
	}
	_, text := p.Get("/api/v1/query?" + v.Encode())
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
				Values [][2]any
			}
		}
	}
	if json.Unmarshal([]byte(text), &answer) != nil {
		return nil
	}
	for _, s := range answer.Data.Result {
		if s.Values == nil {
			s.Values = [][2]any{s.Value}
		}
		list = append(list, sample{s.Metric, s.Values})
	}
	return list
}

func numbers(v [2]any) (at, value float64) {
	at, _ = v[0].(float64)
	text, _ := v[1].(string)
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		value = math.NaN()
	}
	return at, value
}

// sees waits until a query has a result.
func (p *prometheus) sees(q string) {
	if p == nil {
		return
	}
	p.t.Helper()
	p.Until(q, func() bool { return len(p.query(q, 0)) > 0 })
}

// compare compares increase() over the whole time with what was really counted, for every counter.
func (p *prometheus) compare(d *daemon) {
	if p == nil {
		return
	}
	p.t.Helper()
	_, text := d.Get("/metrics")
	p.sees(fmt.Sprintf("sum(bot_events_total) == %v", sumOf(series(text), "bot_events_total")))
	const counters = `{__name__=~"bot_.*_(total|count|bucket)",__name__!~"bot_exporter_.*"}`
	for _, s := range p.query("max(resets("+counters+"[1h]))", 0) {
		_, seen.resets = numbers(s.values[0])
	}
	all := p.query(counters+"[1h]", 0)
	require.NotEmpty(p.t, all)
	first, compared := math.Inf(1), 0
	for _, s := range all {
		from, _ := numbers(s.values[0])
		first = min(first, from)
	}
	for _, s := range all {
		from, was := numbers(s.values[0])
		to, is := numbers(s.values[len(s.values)-1])
		if from > first || is == was {
			continue // born later, or never counted: nothing to differ from
		}
		// The window ends with the last sample and begins right before the first: nothing is extrapolated.
		window := strconv.Itoa(int(math.Round((to-from)*1000)) + 1)
		list := p.query("increase("+s.selector()+"["+window+"ms])", to)
		require.Len(p.t, list, 1, s.selector())
		_, said := numbers(list[0].values[0])
		seen.deviation = max(seen.deviation, math.Abs(said-(is-was))/(is-was))
		compared++
	}
	require.Greater(p.t, compared, 100)
	seen.prometheus = true
}

func (s sample) selector() string {
	name, labels := "", []string(nil)
	for k, v := range s.metric {
		if k == "__name__" {
			name = v
		} else {
			labels = append(labels, fmt.Sprintf("%s=%q", k, v))
		}
	}
	return name + "{" + strings.Join(labels, ",") + "}"
}
