package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// prometheus is a real server that scrapes the daemon.
type prometheus struct{ *served }

func scraping(t *testing.T, d *served, settings string, flags ...string) *prometheus {
	t.Helper()
	name := proctest.Tool(t, "PROMETHEUS")
	config := file(t, "prometheus.yml", fmt.Sprintf(
		"global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: bots\n  static_configs: [{targets: [%q]}]\n%s",
		d.Address, settings))
	return &prometheus{reached(t, proctest.Start(t, exec.Command(name, append([]string{
		"--config.file=" + config, "--storage.tsdb.path=" + t.TempDir(), "--web.listen-address=127.0.0.1:0",
	}, flags...)...)))}
}

// query returns the values of a query; none when the server is not ready or there is no series.
func (p *prometheus) query(q string) (values []float64) {
	_, body := p.Get("/api/v1/query?query=" + url.QueryEscape(q))
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any
			}
		}
	}
	if json.Unmarshal([]byte(body), &answer) != nil {
		return nil
	}
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		require.NoError(p.t, err)
		values = append(values, v)
	}
	p.Saw("%s is %v", q, values)
	return values
}

// gives waits until a query has exactly one result, the one wanted but for the order in which fractions are added up.
func (p *prometheus) gives(q string, want float64) {
	p.t.Helper()
	require.Positive(p.t, want, q)
	p.Until(fmt.Sprintf("%s is %v", q, want), func() bool {
		values := p.query(q)
		return len(values) == 1 && math.Abs(values[0]-want) <= 1e-12*want
	})
}

// A real Prometheus scrapes the daemon and gives back the exact counts, with classic and with native histograms.
func TestPrometheus(t *testing.T) {
	proctest.Tool(t, "PROMETHEUS")
	natsURL, nc := broker(t)
	newProducer(t, nc, 500).publish(8000)
	d := serving(t, "--nats.url="+natsURL, "--storage.path="+t.TempDir())
	d.Ready()
	text := d.kpis()
	for name, v := range map[string]struct {
		settings string
		flags    []string
		native   bool
	}{
		"text":        {settings: "  scrape_protocols: [PrometheusText0.0.4]\n"},
		"OpenMetrics": {settings: "  scrape_protocols: [OpenMetricsText1.0.0]\n"},
		"native": {
			settings: "  scrape_native_histograms: true\n  always_scrape_classic_histograms: true\n  scrape_protocols: [PrometheusProto]\n",
			flags:    []string{"--enable-feature=created-timestamp-zero-ingestion"}, native: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := scraping(t, d, v.settings, v.flags...)
			p.gives(`up{job="bots"}`, 1)
			for _, metric := range []string{"bot_messages_total", "bot_chats_started_total", "bot_feedback_total", "bot_chat_duration_seconds_sum", "bot_response_seconds_count"} {
				p.gives("sum("+metric+")", valueIn(text, metric))
			}
			p.gives(`sum(bot_events_total{kind="message.user"})`, valueIn(text, "bot_events_total", `kind="message.user"`))
			p.gives("count(bot_users_active)", float64(strings.Count(text, "\nbot_users_active{")))
			if v.native {
				p.gives("sum(histogram_count(bot_chat_duration_seconds))", valueIn(text, "bot_chat_duration_seconds_count"))
				p.gives("sum(histogram_count(bot_csat_score))", valueIn(text, "bot_csat_score_count"))
				p.gives("sum(histogram_sum(bot_csat_score))", valueIn(text, "bot_csat_score_sum"))
			}
			require.Equal(t, 0, p.End(syscall.SIGTERM))
		})
	}
}
