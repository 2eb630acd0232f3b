package session

import (
	"sort"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// days counts the messages of each user on the present local day of the fold clock. The distribution is kept up to
// date with every message, so that the end of a day costs nothing for each user.
type days struct {
	location *time.Location
	end      int64 // of the present day, Unix nanoseconds; 0 before the first message
	sent     table.Map[uint32]
	users    map[dayCell]uint64
}

type dayCell struct {
	pair     metric.Pair
	messages uint32
}

func newDays(l *time.Location) days { return days{location: l, users: map[dayCell]uint64{}} }

func (d *days) due(clock int64) bool { return clock >= d.end }

// advance ends the day when the clock has passed it, and appends what that day was to out.
func (d *days) advance(clock int64, out []Day) []Day {
	if clock < d.end {
		return out
	}
	first := len(out)
	for c, n := range d.users {
		out = append(out, Day{c.pair, int64(c.messages), n})
	}
	ended := out[first:]
	sort.Slice(ended, func(i, j int) bool {
		a, b := ended[i], ended[j]
		return a.Pair < b.Pair || a.Pair == b.Pair && a.Messages < b.Messages
	})
	d.sent.Reset()
	clear(d.users)
	d.end = endOfDay(time.Unix(0, clock).In(d.location)).UnixNano()
	return out
}

// endOfDay returns the first moment of a later date: a midnight, or a change of the zone's clocks that skips it. (time.Date
// would return either of two moments for a midnight that is skipped or comes twice.)
func endOfDay(t time.Time) time.Time {
	date := func(t time.Time) int { return t.Year()*1000 + t.YearDay() }
	for today := date(t); date(t) <= today; {
		sinceMidnight := time.Duration(t.Hour()*3600+t.Minute()*60+t.Second())*time.Second + time.Duration(t.Nanosecond())
		next := t.Add(24*time.Hour - sinceMidnight)
		// On the last day of a leap year, ZoneBounds can return an end that has passed, where the zone's rule is all it has.
		if _, change := t.ZoneBounds(); change.After(t) && change.Before(next) {
			next = change
		}
		t = next
	}
	return t
}

// add notes that a user sent so many messages more.
func (d *days) add(id table.Key, p metric.Pair, messages uint32) {
	n, _ := d.sent.Put(id)
	d.leave(dayCell{p, *n})
	*n += messages
	d.users[dayCell{p, *n}]++
}

func (d *days) leave(c dayCell) {
	if c.messages == 0 {
		return
	}
	if d.users[c]--; d.users[c] == 0 {
		delete(d.users, c)
	}
}

// rename hands the messages of the day over to another identity of the same person.
func (d *days) rename(from, to table.Key, p metric.Pair) {
	if n, ok := d.sent.Get(from); ok {
		d.leave(dayCell{p, n})
		d.sent.Delete(from)
		d.add(to, p, n)
	}
}
