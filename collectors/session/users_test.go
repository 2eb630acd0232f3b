package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// person is what there is to know of a user. Hours are those of the last time; 0 is never.
type person struct {
	group                        groupKey
	first, last, returned, asked uint32
	begun                        bool
}

// TestUsers compares with a plain map: who is new, who returns, and how many are in each window; also when some are
// erased.
func TestUsers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := 24 * time.Hour
		u := newUsers(Config{Windows: []time.Duration{day, 2 * day}, Retention: rapid.SampledFrom([]time.Duration{2 * day, 5 * day}).Draw(t, "retention")})
		u.grow(2)
		people := map[int]*person{}
		clock := int64(1000 * day)
		for range rapid.IntRange(1, 80).Draw(t, "sightings") {
			hours := rapid.SampledFrom([]int64{0, 0, 0, 1, 1, 5, 23, 24, 47, 48, 119, 120}).Draw(t, "hours")
			clock += hours * nanosPerHour
			u.advance(clock)
			hour := hourOf(clock)
			if rapid.IntRange(0, 9).Draw(t, "erase") == 0 {
				n := rapid.IntRange(1, 6).Draw(t, "erased")
				p := people[n]
				known := p != nil
				if have := u.erase(id(n)); have != known && (have || p.last+u.retention > hour) { // forgotten ones may be gone
					require.Equal(t, known, have)
				}
				delete(people, n)
				requireWindows(t, &u, people, hour)
			}
			n := rapid.IntRange(1, 6).Draw(t, "user")
			begins, asks := rapid.Bool().Draw(t, "begins a chat"), rapid.Bool().Draw(t, "asks for a human")

			p := people[n]
			fresh := p == nil || p.last+u.retention <= hour
			if fresh {
				p = &person{group: groupKey{metric.Pair(n % 2), label(n % 3), 1}, first: hour}
				people[n] = p
			}
			returns := begins && p.begun
			p.last, p.begun = hour, p.begun || begins
			if returns {
				p.returned = hour
			}
			if asks {
				p.asked = hour
			}

			haveFresh, haveReturns := u.seen(id(n), p.group, begins, asks)
			require.Equal(t, fresh, haveFresh, "new")
			require.Equal(t, returns, haveReturns, "returns")
			requireWindows(t, &u, people, hour+rapid.SampledFrom([]uint32{0, 0, 30}).Draw(t, "ahead"))
		}
	})
}

func requireWindows(t *rapid.T, u *users, people map[int]*person, now uint32) {
	for w, width := range u.windows {
		in := func(hour uint32) bool { return hour > 0 && hour+width > now }
		active, fresh, returned, asked := map[groupKey]uint32{}, [2]uint32{}, [2]uint32{}, [2]uint32{}
		for _, p := range people {
			for _, c := range []struct {
				hour uint32
				sum  *uint32
			}{{p.first, &fresh[p.group.pair]}, {p.returned, &returned[p.group.pair]}, {p.asked, &asked[p.group.pair]}} {
				if in(c.hour) {
					*c.sum++
				}
			}
			if in(p.last) {
				active[p.group]++
			}
		}
		for i := range u.groups {
			require.Equal(t, active[u.groups[i].groupKey], u.groups[i].active.sum(w, width, now), "active")
		}
		for p := range u.cohorts {
			c := &u.cohorts[p]
			require.Equal(t, fresh[p], c.fresh.sum(w, width, now), "new")
			require.Equal(t, returned[p], c.returned.sum(w, width, now), "returning")
			require.Equal(t, asked[p], c.asked.sum(w, width, now), "asked")
		}
	}
}

// TestUsersForgotten: within a day after their retention all are gone from memory, and no message sweeps all of it.
func TestUsersForgotten(t *testing.T) {
	day := 24 * time.Hour
	u := newUsers(Config{Windows: []time.Duration{day}, Retention: 2 * day})
	u.grow(1)
	clock := int64(1000 * day)
	u.advance(clock)
	const n = 100_000
	for i := range n {
		u.seen(userID(i), groupKey{}, true, false)
	}
	clock += int64(2*day) - 1
	for range 1000 {
		u.advance(clock)
	}
	require.Equal(t, n, u.known.Len(), "one hour less than the retention")
	for range 25 {
		clock += nanosPerHour
		for range 100 {
			before := u.known.Len()
			u.advance(clock)
			require.LessOrEqual(t, before-u.known.Len(), n/200, "in small slices")
		}
	}
	require.Zero(t, u.known.Len())
}

// userID is spread over all parts of the table, as hashes are.
func userID(n int) table.Key { return table.Key{Hi: uint64(n+1) * 0x9e3779b97f4a7c15, Lo: uint64(n)} }
