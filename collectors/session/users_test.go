package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// seenUser is what there is to know of a user. Minutes and hours are those of the last time; 0 is never.
type seenUser struct {
	group                  groupKey
	last                   uint32 // minute
	first, returned, asked uint32 // hours
}

// TestUsers compares with a plain map: who is new, who returns, and how many are in each window; also when sightings come
// late, and when users are renamed or erased.
func TestUsers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := newUsers(Config{
			Windows: []time.Duration{day, 2 * day}, VisitGap: 30 * time.Minute,
			Retention: rapid.SampledFrom([]time.Duration{2 * day, 5 * day}).Draw(t, "retention"),
		})
		u.grow(2)
		people := map[int]*seenUser{}
		clock := int64(1000 * day)
		known := func(n int) bool { p := people[n]; return p != nil && p.last/60+u.retention > hourOf(clock) }
		for range rapid.IntRange(1, 80).Draw(t, "sightings") {
			clock += rapid.SampledFrom([]int64{0, 0, 0, 1, 29, 30, 31, 60, 300, 23 * 60, 24 * 60, 47 * 60, 48 * 60, 119 * 60, 120 * 60}).Draw(t, "minutes") * nanosPerMinute
			u.advance(clock)
			switch n := rapid.IntRange(1, 6).Draw(t, "one"); rapid.IntRange(0, 9).Draw(t, "what else") {
			case 0:
				if have := u.erase(id(n)); have != (people[n] != nil) && (have || known(n)) { // forgotten ones may be gone
					require.Equal(t, people[n] != nil, have)
				}
				delete(people, n)
				requireWindows(t, &u, people, hourOf(clock))
			case 1:
				to := rapid.IntRange(1, 6).Draw(t, "under another name")
				if !known(n) {
					break
				}
				g := groupKey{people[n].group.pair, 7, 7}
				free := !known(to)
				require.Equal(t, free, u.rename(id(n), id(to), g))
				if free {
					people[to] = people[n]
					people[to].group = g
					delete(people, n)
				}
				requireWindows(t, &u, people, hourOf(clock))
			}
			n := rapid.IntRange(1, 6).Draw(t, "user")
			asks := rapid.Bool().Draw(t, "asks for a human")
			at := clock - rapid.SampledFrom([]int64{0, 0, 0, 1, 45, 120, 24 * 60, 72 * 60}).Draw(t, "minutes late")*nanosPerMinute
			minute, hour := minuteOf(at), hourOf(at)

			p, fresh := people[n], !known(n)
			if fresh {
				p = &seenUser{group: groupKey{metric.Pair(n % 2), label(n % 3), 1}, first: hour, last: minute}
				people[n] = p
			}
			returns := minute >= p.last+30
			p.last = max(p.last, minute)
			if returns {
				p.returned = hour
			}
			if asks {
				p.asked = max(p.asked, hour)
			}

			have := u.seen(id(n), p.group, at, asks)
			require.Equal(t, fresh, have.fresh, "new")
			require.Equal(t, returns, have.returns, "returns")
			requireWindows(t, &u, people, hourOf(clock)+rapid.SampledFrom([]uint32{0, 0, 30}).Draw(t, "ahead"))
		}
	})
}

func requireWindows(t *rapid.T, u *users, people map[int]*seenUser, now uint32) {
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
			if in(p.last / 60) {
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
	u := newUsers(Config{Windows: []time.Duration{day}, Retention: 2 * day})
	u.grow(1)
	clock := int64(1000 * day)
	u.advance(clock)
	const n = 100_000
	for i := range n {
		u.seen(userID(i), groupKey{}, clock, false)
		p, _ := u.persons.Put(userID(i))
		*p = personOf(hourOf(clock), 1, 1)
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
	require.Zero(t, u.persons.Len())
}

// userID is spread over all parts of the table, as hashes are.
func userID(n int) table.Key { return table.Key{Hi: uint64(n+1) * 0x9e3779b97f4a7c15, Lo: uint64(n)} }
