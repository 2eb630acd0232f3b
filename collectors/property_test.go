package collectors

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// foldQuiet folds messages of which some are ticks: they move the clock and nothing else.
func foldQuiet(t *testing.T, messages []reference.Message, late time.Duration) *Set {
	t.Helper()
	s, d := New(Defaults()), event.NewDecoder(event.Config{})
	for _, m := range messages {
		stored := m.Stored.Add(late).UnixNano()
		if m.IsTick() {
			stored, _ = s.sessions.Witness(stored, nil)
			if f := s.sessions.Advance(stored); f != nil {
				s.count(f)
			}
			continue
		}
		var e event.Event
		require.NoError(t, d.Decode(m.Header, m.Payload, &e))
		s.Fold(stored, &e, nil)
	}
	return s
}

// families returns the beginnings of the ids of the series of some metrics.
func families(is func(*metric.Def) bool) (names []string) {
	for _, d := range catalogue() {
		if is(d) {
			names = append(names, d.Name)
		}
	}
	return names
}

// isDurationNow reports whether a metric is a gauge of a time that runs on, as the age of something is. Its parts do
// not add up: the largest is that of the whole.
func isDurationNow(d *metric.Def) bool {
	return d.Type == metric.TypeGauge && strings.HasSuffix(d.Name, "_seconds")
}

// goesByArrival reports whether a metric goes by the time of arrival.
func goesByArrival(d *metric.Def) bool {
	return isDurationNow(d) || d == UserMessages || d == EventDelay || d == ClockDoubted
}

func of(id string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(id, name) })
}

// TestLateDelivery: when everything is stored later by a constant, nothing else changes but what goes by arrival.
func TestLateDelivery(t *testing.T) {
	rolling, arriving := families(isWindowed), families(goesByArrival)
	for seed := range int64(8) {
		messages, _ := reference.QuietStories(seed, 500)
		punctual := foldQuiet(t, messages, 0)
		for _, late := range []time.Duration{time.Second, 65 * time.Minute, 24 * time.Hour} {
			t.Run(fmt.Sprintf("%d, %s", seed, late), func(t *testing.T) {
				delayed := foldQuiet(t, messages, late)
				want, have := series(punctual, punctual.Clock()), series(delayed, delayed.Clock())
				later := series(punctual, delayed.Clock())
				for id := range want {
					switch {
					case of(id, rolling):
						want[id] = later[id]
					case of(id, arriving):
						delete(want, id)
						delete(have, id)
					}
				}
				require.Empty(t, reference.Differences(want, have))
			})
		}
	}
}

// TestPartitionsAddUp: two partitions by person add up to the whole, families of distinct users too.
func TestPartitionsAddUp(t *testing.T) {
	for seed := range int64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			messages, users := reference.QuietStories(seed, 500)
			parts := [2][]reference.Message{}
			for i, m := range messages {
				for p := range parts {
					if len(users[i])%2 == p {
						parts[p] = append(parts[p], m)
					} else {
						parts[p] = append(parts[p], reference.Tick(m.Stored))
					}
				}
			}
			whole := foldQuiet(t, messages, 0)
			want, sum := series(whole, whole.Clock()), map[string]float64{}
			for _, part := range parts {
				one := foldQuiet(t, part, 0)
				for id, v := range series(one, one.Clock()) {
					sum[id] += v
				}
			}
			running := families(isDurationNow)
			notAdded := func(id string, _ float64) bool { return of(id, running) }
			maps.DeleteFunc(want, notAdded)
			maps.DeleteFunc(sum, notAdded)
			require.Empty(t, reference.Differences(want, sum))
		})
	}
}
