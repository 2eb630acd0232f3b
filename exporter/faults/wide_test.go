package faults

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// accepts are the formats that Prometheus asks for.
var accepts = []string{
	"text/plain;version=0.0.4",
	"application/openmetrics-text;version=1.0.0",
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
}

// runWide folds one event for each of many bots and channels within the memory of a small pod, and lets eight clients
// scrape at once, in all formats, while more events come.
func runWide(t *testing.T, r *result) {
	const limit, room = 1 << 30, 150 << 20 // of the process; above the state of the fold
	bots, channels := 100, pick(20, 5)
	b := newBroker(t)
	js := b.stream(t)
	pairs, stored := bots*channels, 0
	events := func() (list [][]byte) {
		for i := range pairs {
			list = append(list, fmt.Appendf(nil, `{"specversion":"1.0","id":"w%d","source":"/f","type":"bot.message.user","data":{"bot":"bot-%d","channel":"channel-%d","chat":"c","user":"u"}}`,
				stored+i, i/channels, i%channels))
		}
		stored += pairs
		return list
	}
	publish(t, js, events()...)
	const enough, few = 5000, 25 // samples for each bot and channel: more than it has, and less
	for _, each := range []int{enough, few} {
		most := each * pairs
		done := r.one()
		config := filepath.Join(t.TempDir(), "config.yml")
		require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "limits: {series: %d}\n", most), 0o600))
		d := newDaemon(t, b, "--config.file="+config)
		d.wrap = func(cmd *exec.Cmd) *exec.Cmd {
			cmd.Env = append(os.Environ(), "GOMEMLIMIT=966367641") // nine tenths, as the chart has it
			return cmd
		}
		d.up().ready()
		folded := func() {
			d.Until("all is folded", func() bool {
				return sumOf(d.filtered("bot_events_total"), "bot_events_total") == float64(stored)
			})
		}
		folded()
		before := d.peak()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for n := range pick(20, 3) {
					size, err := d.scrape(accepts[(i+n)%len(accepts)], i%2 == 0)
					if err != nil || size == 0 {
						t.Errorf("scrape of %d B: %v", size, err)
					}
				}
			})
		}
		publish(t, js, events()...)
		wg.Wait()
		folded()
		peak := d.peak()
		samples := d.filtered("bot_exporter_series")["bot_exporter_series"]
		overflow := sumOf(d.filtered("bot_label_overflow_total"), "bot_label_overflow_total", `label="bot"`)
		require.Less(t, peak, limit)
		require.Less(t, peak-before, room)
		if each == enough {
			require.Greater(t, samples, 300*float64(pairs), "nothing is cut")
			require.Zero(t, overflow)
			r.figure("%s samples: %d MiB folded, %d MiB with 8 clients", thousands(int(samples)), before>>20, peak>>20)
		} else {
			require.LessOrEqual(t, samples, float64(most)+1000)
			require.Positive(t, overflow)
		}
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		done()
	}
}

// filtered reads one metric. A page that is refused, since as many are being read as may be, is asked for again.
func (d *daemon) filtered(name string) map[string]float64 {
	d.t.Helper()
	var page string
	d.Until("page is served", func() bool {
		var status int
		status, page = d.Get("/metrics?name[]=" + name)
		return status == http.StatusOK
	})
	return series(page)
}

// scrape reads a page to its end and returns its size.
func (d *daemon) scrape(accept string, gzip bool) (int64, error) {
	req, err := http.NewRequest(http.MethodGet, "http://"+d.Address+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", accept)
	if gzip {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	resp, err := (&http.Client{Timeout: proctest.Patience, Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}).Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return n, err
}

// peak returns the most resident memory that the process has had.
func (d *daemon) peak() (bytes int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.Pid()))
	require.NoError(d.t, err)
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	require.True(d.t, ok)
	_, err = fmt.Sscanf(rest, "%d kB", &bytes)
	require.NoError(d.t, err)
	return bytes << 10
}
