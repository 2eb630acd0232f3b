package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

func decodedAll(t *testing.T, resp *http.Response, format expfmt.Format) (list []*dto.MetricFamily) {
	t.Helper()
	defer resp.Body.Close()
	for decoder := expfmt.NewDecoder(resp.Body, format); ; {
		f := &dto.MetricFamily{}
		err := decoder.Decode(f)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		list = append(list, f)
	}
}

// replayed folds lines that are made one by one.
func replayed(t *testing.T, change func(*exporter.Config), n int, line func(i int) string) map[string]float64 {
	t.Helper()
	cfg := exporter.Defaults()
	if change != nil {
		change(&cfg)
	}
	in, feed := io.Pipe()
	go func() {
		for i := range n {
			if _, err := io.WriteString(feed, line(i)+"\n"); err != nil {
				return
			}
		}
		_ = feed.Close()
	}()
	var out bytes.Buffer
	_, err := exporter.Replay(cfg, in, &out)
	require.NoError(t, err)
	return series(out.String())
}

func at(i int) string {
	return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Millisecond).Format(time.RFC3339Nano)
}

func line(i int, kind, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/f","type":"bot.%s","time":"%s","data":{%s}}`, i, kind, at(i), data)
}

// runCardinality sends a flood of distinct values to each open label: its first values stay what they are, and the
// number of series is bounded.
func runCardinality(t *testing.T, r *result) {
	n := pick(1_000_000, 30_000)
	largest := 0
	for _, v := range []struct {
		kind, data string // %d is the value
		metric     string
		label      string
		limit      int
	}{
		{"custom", `"bot":"b","channel":"web","event":"v%d"`, "bot_custom_events_total", "event", 200},
		{"element.clicked", `"bot":"b","channel":"web","chat":"c","element":"link","title":"v%d","destination":"d%[1]d"`, "bot_clicks_total", "title", 500},
		{"agent.triggered", `"bot":"b","channel":"web","chat":"c","agent":{"id":"v%d"}`, "bot_agent_views_total", "agent", 500},
		{"message.user", `"bot":"b","channel":"web","chat":"c%d","user":"u%[1]d","device":"v%[1]d","browser":"web"`, "bot_users_new_total", "device", 20},
		{"message.user", `"bot":"b","channel":"web","chat":"c%d","user":"u%[1]d","device":"web","browser":"v%[1]d"`, "bot_users_new_total", "browser", 50},
		{"custom", `"bot":"v%d","channel":"web","event":"e"`, "bot_custom_events_total", "bot", 100},
		{"custom", `"bot":"b","channel":"v%d","event":"e"`, "bot_custom_events_total", "channel", 20},
	} {
		done := r.one()
		flood := func(i int) string { return line(i, v.kind, fmt.Sprintf(v.data, i)) }
		before := replayed(t, nil, v.limit, flood)
		after := replayed(t, nil, n, flood)
		values, total := map[string]bool{}, 0.0
		for id, count := range after {
			if nameOf(id) == v.metric {
				_, rest, ok := strings.Cut(id, v.label+`="`)
				require.True(t, ok, id)
				value, _, _ := strings.Cut(rest, `"`)
				values[value] = true
				total += count
			}
		}
		require.Len(t, values, v.limit+1, v.metric)
		require.True(t, values["__other__"])
		require.EqualValues(t, n, total, "no increment is lost")
		require.Positive(t, sumOf(after, "bot_label_overflow_total", `label="`+v.label+`"`))
		for id, count := range before {
			if nameOf(id) == v.metric {
				require.Equal(t, count, after[id], "%s was there before the flood", id) //nolint:testifylint // the very number
			}
		}
		largest = max(largest, len(after))
		done()
	}
	r.figure("%s values of each label; %s series at most", thousands(n), thousands(largest))
}

// runTimes makes event times of any order and distance, and lets stored times jump: what is counted stays the same.
func runTimes(t *testing.T, r *result) {
	random := dice(t)
	n := pick(200_000, 20_000)
	kinds := []string{"message.user", "message.bot", "custom", "csat.offered", "element.clicked", "chat.started"}
	plain := func(i int) (kind, data string) {
		return kinds[i%len(kinds)], fmt.Sprintf(`"bot":"b","channel":"web","chat":"c%d","user":"u%d","event":"e","element":"link"`, i/50, i/500)
	}
	counts := func(m map[string]float64) (list []float64) {
		for _, k := range kinds {
			list = append(list, sumOf(m, "bot_events_total", `"`+k+`"`))
		}
		return append(list, sumOf(m, "bot_messages_total"), sumOf(m, "bot_clicks_total"), sumOf(m, "bot_traffic_messages_total"), sumOf(m, "bot_custom_events_total"))
	}
	want := counts(replayed(t, nil, n, func(i int) string { kind, data := plain(i); return line(i, kind, data) }))
	for range pick(20, 3) {
		done := r.one()
		seed := random.Uint64()
		wild := func() map[string]float64 {
			dice := rand.New(rand.NewPCG(seed, 1))
			stored := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
			return replayed(t, nil, n, func(i int) string {
				stored = stored.Add(time.Millisecond)
				if dice.IntN(n/4) == 0 { // the clock of the broker jumps, by an hour
					stored = stored.Add(time.Duration(dice.IntN(2)*2-1) * time.Hour)
				}
				kind, data := plain(i)
				sent := stored.Add(time.Duration(dice.Int64N(int64(20*365*24*time.Hour))) - 10*365*24*time.Hour)
				if dice.IntN(3) > 0 {
					sent = stored.Add(time.Duration(dice.Int64N(int64(2*time.Hour))) - time.Hour)
				}
				return fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/f","type":"bot.%s","time":%q,"storedtime":%q,"data":{%s}}`,
					i, kind, sent.Format(time.RFC3339Nano), stored.Format(time.RFC3339Nano), data)
			})
		}
		first := wild()
		require.Equal(t, want, counts(first))
		require.Positive(t, sumOf(first, "bot_events_clamped_total", "past"))
		require.Positive(t, sumOf(first, "bot_events_clamped_total", "future"))
		require.Equal(t, first, wild(), "another replica")
		done()
	}
	runTicks(t, r, n)
}

// runTicks lets single messages be stored at a wrong time while event times are right: every KPI stays what it is.
func runTicks(t *testing.T, r *result, n int) {
	kinds := []string{"message.user", "message.bot", "element.clicked", "csat.submitted"}
	kpis := func(wrong time.Duration) map[string]float64 {
		m := replayed(t, nil, n, func(i int) string {
			sent := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 10 * time.Millisecond)
			stored, kind := sent, kinds[i%len(kinds)]
			if i%(n/4) == n/8 {
				stored, kind = stored.Add(wrong), "custom" // what a wrong time does to an event itself is another matter
			}
			return fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/f","type":"bot.%s","time":%q,"storedtime":%q,"data":{"bot":"b","channel":"web","chat":"c%d","user":"u%d","element":"link","score":4,"event":"e"}}`,
				i, kind, sent.Format(time.RFC3339Nano), stored.Format(time.RFC3339Nano), i/50, i/500)
		})
		for id := range m {
			if strings.Contains(id, "doubted") || strings.Contains(id, "clamped") || strings.HasPrefix(id, "bot_event_delay") {
				delete(m, id) // they tell of the clock
			}
		}
		return m
	}
	want := kpis(0)
	require.Positive(t, sumOf(want, "bot_users_new_total"))
	for _, wrong := range []time.Duration{410 * 24 * time.Hour, -410 * 24 * time.Hour, 26 * time.Hour, -time.Hour} {
		done := r.one()
		require.Equal(t, want, kpis(wrong), "off by %s", wrong)
		done()
	}
}

// runDuplicates publishes a part of the events again, with a kill in between, inside and outside of the window.
func runDuplicates(t *testing.T, r *result) {
	random := dice(t)
	b := newBroker(t)
	js := b.stream(t)
	d := newDaemon(t, b, "--checkpoint.interval=50ms")
	d.up().ready()
	events, repeated, sent := [][]byte(nil), 0, 0
	for range pick(20, 3) {
		done := r.one()
		fresh := custom(2000)
		batch := append([][]byte(nil), fresh...)
		events = append(events, fresh...)
		for range len(fresh) / 20 {
			batch = append(batch, events[random.IntN(len(events))])
			repeated++
		}
		publish(t, js, batch...)
		sent += len(batch)
		d.applied(sent - random.IntN(len(batch)))
		require.Equal(t, -1, d.End(syscall.SIGKILL))
		d.up().ready()
		d.applied(sent)
		require.EqualValues(t, len(events), d.value("bot_events_total"), "none counts twice")
		require.EqualValues(t, repeated, d.value("bot_events_duplicate_total"))
		done()
	}
	require.Equal(t, 0, d.End(syscall.SIGTERM))

	done := r.one() // outside of the window, an event counts again, as documented
	m := replayed(t, nil, 6, func(i int) string {
		late := []time.Duration{0, time.Minute, time.Hour - time.Millisecond, time.Hour, time.Hour + time.Minute, 3 * time.Hour}[i]
		stored := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(late).Format(time.RFC3339Nano)
		return fmt.Sprintf(`{"specversion":"1.0","id":"x","source":"/f","type":"bot.custom","time":%q,"data":{"bot":"b","channel":"web","event":"e"}}`, stored)
	})
	require.EqualValues(t, 3, sumOf(m, "bot_events_total"), "at 0, 1 h and 3 h")
	require.EqualValues(t, 3, sumOf(m, "bot_events_duplicate_total"))
	done()
	r.figure("%s repeated events, 0 counted twice within the window", thousands(repeated))
}
