package session

import (
	"fmt"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// changes are days whose end is hard to find: the hours around a change of clocks, in UTC.
var changes = []struct{ zone, at, what string }{
	{"UTC", "2026-03-02T00:00:00Z", "none"},
	{"Asia/Kathmandu", "2026-03-01T18:15:00Z", "none, at a quarter past"},
	{"Europe/Berlin", "2026-03-29T01:00:00Z", "02:00 to 03:00"},
	{"Europe/Berlin", "2026-10-25T01:00:00Z", "03:00 to 02:00"},
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z", "00:00 to 01:00: no midnight"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z", "00:00 to 23:00: midnight an hour later"},
	{"Africa/Cairo", "2026-04-23T22:00:00Z", "00:00 to 01:00: no midnight"},
	{"Africa/Cairo", "2026-10-29T21:00:00Z", "00:00 to 23:00: midnight an hour later"},
	{"America/Havana", "2026-03-08T05:00:00Z", "00:00 to 01:00: no midnight"},
	{"America/Havana", "2026-11-01T05:00:00Z", "01:00 to 00:00: two midnights"},
	{"Asia/Amman", "2021-10-28T22:00:00Z", "01:00 to 00:00: two midnights"},
	{"Europe/Rome", "2040-12-30T23:00:00Z", "none, before the last day of a leap year"},
	{"America/New_York", "2040-12-31T05:00:00Z", "none, before the last day of a leap year"},
	{"Australia/Sydney", "2044-12-31T13:00:00Z", "none, after the last day of a leap year"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z", "a day less"},
}

// TestDayEnds steps through the days around a change of clocks and looks at the local date of every step.
func TestDayEnds(t *testing.T) {
	for _, c := range changes {
		t.Run(c.zone+" "+c.what, func(t *testing.T) {
			at, zone := change(t, c.zone, c.at)
			d := newDays(zone)
			date := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
			before := at.Add(-50 * time.Hour)
			d.advance(before.UnixNano(), nil)
			for step := before; step.Before(at.Add(50 * time.Hour)); step = step.Add(5 * time.Minute) {
				for _, now := range []time.Time{step.Add(5*time.Minute - 1), step.Add(5 * time.Minute)} {
					require.Equal(t, date(now) != date(before), d.due(now.UnixNano()), "%s", now.In(zone))
					d.advance(now.UnixNano(), nil)
					before = now
				}
			}
		})
	}
}

func change(t require.TestingT, zone, at string) (time.Time, *time.Location) {
	location, err := time.LoadLocation(zone)
	require.NoError(t, err)
	moment, err := time.Parse(time.RFC3339, at)
	require.NoError(t, err)
	return moment, location
}

// TestDays compares with a count by user and local date, around every change of clocks.
func TestDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(changes).Draw(t, "change")
		at, zone := change(t, c.zone, c.at)
		d := newDays(zone)
		type sender struct {
			user, pair int
			date       string
		}
		counted := map[sender]int{}
		clock := at.Add(-40 * time.Hour).Add(time.Duration(rapid.IntRange(0, 39*60).Draw(t, "start")) * time.Minute)
		for range rapid.IntRange(1, 60).Draw(t, "messages") {
			clock = clock.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 20, 60, 600, 1500, 3000}).Draw(t, "minutes")) * time.Minute)
			today, want := clock.In(zone).Format(time.DateOnly), []string{}
			for s, n := range counted {
				if s.date < today {
					want = append(want, fmt.Sprintf("%d: %02d", s.pair, n))
					delete(counted, s)
				}
			}
			have := []string{}
			for _, day := range d.advance(clock.UnixNano(), nil) {
				require.NotZero(t, day.Users)
				for range day.Users {
					have = append(have, fmt.Sprintf("%d: %02d", day.Pair, day.Messages))
				}
			}
			require.True(t, sort.StringsAreSorted(have), "the order must not depend on a map: %s", have)
			sort.Strings(want)
			require.Equal(t, want, have)

			user := rapid.IntRange(1, 4).Draw(t, "user")
			counted[sender{user, user % 2, today}]++
			d.add(table.Key{Hi: uint64(user) << 60, Lo: 1}, metric.Pair(user%2), 1)
			if to := rapid.IntRange(1, 4).Draw(t, "renamed"); to%2 == user%2 && counted[sender{to, to % 2, today}] == 0 {
				d.rename(table.Key{Hi: uint64(user) << 60, Lo: 1}, table.Key{Hi: uint64(to) << 60, Lo: 1}, metric.Pair(to%2))
				counted[sender{to, to % 2, today}] = counted[sender{user, user % 2, today}]
				delete(counted, sender{user, user % 2, today})
			}
		}
	})
}
