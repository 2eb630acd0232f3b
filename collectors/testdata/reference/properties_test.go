package reference

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// byArrival are the families that go by arrival, or are read at the clock.
var byArrival = []string{
	"bot_user_messages", "bot_event_delay_seconds", "bot_users_active", "bot_users_cohort", "bot_handover_users_active",
	"bot_handover_oldest_wait_seconds", "bot_events_clock_doubted_total",
}

// withoutArrival drops the families that go by arrival.
func withoutArrival(got map[string]float64) map[string]float64 {
	kept := map[string]float64{}
	for k, value := range got {
		name, _, _ := strings.Cut(k, "{")
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		if !slices.Contains(byArrival, name) && !strings.HasPrefix(name, "bot_label_overflow") {
			kept[k] = value
		}
	}
	return kept
}

// TestLateDeliveryChangesNothing: everything an equal time later gives the same numbers, up to the oldest time that is believed.
func TestLateDeliveryChangesNothing(t *testing.T) {
	for seed := range int64(6) {
		onTime, _ := QuietStories(seed, 600)
		want := withoutArrival(FoldMessages(onTime, Options{}))
		for _, late := range []time.Duration{time.Minute, 65 * time.Minute, 24 * time.Hour} {
			later := slices.Clone(onTime)
			for i := range later {
				later[i].Stored = later[i].Stored.Add(late)
			}
			assertSame(t, want, withoutArrival(FoldMessages(later, Options{})))
		}
	}
}

// TestBurstChangesNothing: chats that come whole in one burst after an outage give the same chats, users, waits and ratings.
func TestBurstChangesNothing(t *testing.T) {
	for seed := range int64(6) {
		onTime, _ := QuietStories(seed, 300)
		first, last := onTime[0].Stored, onTime[0].Stored.Add(20*time.Hour)
		onTime = slices.DeleteFunc(onTime, func(m Message) bool { return m.Stored.After(last) })
		end := Tick(last.Add(48 * time.Hour))
		burst := slices.Clone(onTime)
		for i := range burst {
			burst[i].Stored = first.Add(21 * time.Hour)
		}
		// Two ticks, as one alone would be doubted. Who waits longer than its timeout has then closed in both.
		want := withoutArrival(FoldMessages(append(onTime, end, end), Options{}))
		have := withoutArrival(FoldMessages(append(burst, end, end), Options{}))
		assertSame(t, want, have)
	}
}

// TestPartitionsAddUp: what the folds of two partitions count, each of which has all events of a person, adds up to what one
// fold of the whole counts. Ticks take the place of what is in the other partition.
func TestPartitionsAddUp(t *testing.T) {
	for seed := range int64(6) {
		whole, users := QuietStories(seed, 600)
		parts := make([][]Message, 2)
		for n, m := range whole {
			for i := range parts {
				if len(users[n])%2 == i {
					parts[i] = append(parts[i], m)
				} else {
					parts[i] = append(parts[i], Tick(m.Stored))
				}
			}
		}
		sum := FoldMessages(parts[0], Options{})
		for k, value := range FoldMessages(parts[1], Options{}) {
			sum[k] += value
		}
		want := FoldMessages(whole, Options{})
		for k := range want {
			if strings.HasPrefix(k, "bot_handover_oldest_wait_seconds") { // the largest, not the sum
				delete(want, k)
				delete(sum, k)
			}
		}
		assertSame(t, want, sum)
	}
}

// assertSame compares series, sums of histograms with a tolerance.
func assertSame(t *testing.T, want, have map[string]float64) {
	t.Helper()
	assert.Empty(t, Differences(want, have))
}
