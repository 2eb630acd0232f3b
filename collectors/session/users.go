package session

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// nanosPerHour is the step of rolling windows. Hours are those of UTC: a window of whole hours needs no zone.
const (
	nanosPerHour   = int64(time.Hour)
	nanosPerMinute = int64(time.Minute)
)

// Hours and minutes count from 1970; hours start at 1 and minutes at 60, so that 0 means never. Hours fit into 24 bits
// until the year 3883, minutes into 32 for longer.
func hourOf(at int64) uint32   { return uint32(max(at, 0)/nanosPerHour) + 1 }
func minuteOf(at int64) uint32 { return uint32(max(at, 0)/nanosPerMinute) + 60 }

// user is the memory of one identity, packed into 16 bytes: the minute of the last sighting, and three hours of 24 bits,
// whose upper bytes hold the index of the user's group.
type user struct{ last, first, returned, asked uint32 }

const hourMask = 1<<24 - 1

func (u *user) hour() uint32  { return u.last / 60 }
func (u *user) group() uint32 { return u.first>>24 | u.returned>>24<<8 | u.asked>>24<<16 }

func (u *user) setGroup(g uint32) {
	u.first = u.first&hourMask | g<<24
	u.returned = u.returned&hourMask | g>>8<<24
	u.asked = u.asked&hourMask | g>>16<<24
}

// group is the users of a bot and channel on one kind of device and browser.
type group struct {
	groupKey
	active hourly
}

type groupKey struct {
	pair            metric.Pair
	device, browser label
}

// cohort is the users of a bot and channel, by what they did and when.
type cohort struct{ fresh, returned, asked hourly }

// users is everybody seen within the retention, and how many of them are in each rolling window.
type users struct {
	windows   []uint32 // hours
	retention uint32   // hours
	gap       uint32   // minutes
	hour      uint32   // of the clock

	persons table.Map[person]
	known   table.Map[user]
	groups  []group
	index   map[groupKey]uint32
	cohorts []cohort // by pair
	sweep   uint32   // parts of both tables that are still to be searched for who is forgotten
	next    uint32   // the part to search next
}

func newUsers(cfg Config) users {
	u := users{retention: uint32(cfg.Retention / time.Hour), gap: uint32(cfg.VisitGap / time.Minute), index: map[groupKey]uint32{}}
	for _, w := range cfg.Windows {
		u.windows = append(u.windows, uint32(w/time.Hour))
	}
	return u
}

func (u *users) grow(pairs int) {
	for len(u.cohorts) < pairs {
		u.cohorts = append(u.cohorts, cohort{newHourly(u.windows), newHourly(u.windows), newHourly(u.windows)})
	}
}

func (u *users) due(clock int64) bool { return hourOf(clock) != u.hour || u.sweep > 0 }

// advance rolls the windows into the hour of the clock, and forgets users in slices: a whole round takes a day, and one
// message searches one part of each table at most, so that a sweep never stalls the fold.
func (u *users) advance(clock int64) {
	hour := hourOf(clock)
	if hour != u.hour {
		for i := range u.groups {
			u.groups[i].active.roll(hour, u.windows)
		}
		for i := range u.cohorts {
			c := &u.cohorts[i]
			c.fresh.roll(hour, u.windows)
			c.returned.roll(hour, u.windows)
			c.asked.roll(hour, u.windows)
		}
		parts := uint32(u.known.Parts())
		if u.hour > 0 {
			u.sweep = min(parts, u.sweep+min(hour-u.hour, 24)*(parts/24+1))
		}
		u.hour = hour
	}
	if u.sweep > 0 {
		u.known.DeleteIf(int(u.next), u.forgotten)
		u.persons.DeleteIf(int(u.next), u.forgottenPerson)
		u.next = (u.next + 1) % uint32(u.known.Parts())
		u.sweep--
	}
}

// forgotten depends on the hour and not on the sweep: a user who comes back after it is new in any case.
func (u *users) forgotten(v *user) bool { return v.hour()+u.retention <= u.hour }

// sighting is what a sighting meant for a user.
type sighting struct {
	fresh   bool   // the first one ever
	returns bool   // begins a visit after the first
	moves   bool   // the hour of the last one is another than before
	last    uint32 // that hour
}

// seen notes a sighting at a time that is not after the clock; asks says that a human was asked for. One that comes late,
// before the last sighting, begins no visit and changes no window but that of those who asked.
func (u *users) seen(id table.Key, g groupKey, at int64, asks bool) (s sighting) {
	minute, hour := minuteOf(at), hourOf(at)
	v, fresh := u.known.Put(id)
	c := &u.cohorts[g.pair]
	if !fresh && u.forgotten(v) {
		*v, fresh = user{}, true
	}
	s = sighting{fresh: fresh, moves: fresh}
	if fresh {
		v.last, v.first = minute, hour
		v.setGroup(u.groupOf(g))
		u.groups[v.group()].active.add(hour, u)
		c.fresh.add(hour, u)
	} else if minute > v.last {
		if s.returns = minute-v.last >= u.gap; s.returns {
			u.move(&c.returned, &v.returned, hour)
		}
		if before := v.hour(); before != hour {
			active := &u.groups[v.group()].active
			active.remove(before)
			active.add(hour, u)
			s.moves = true
		}
		v.last = minute
	}
	if asks {
		u.move(&c.asked, &v.asked, hour)
	}
	s.last = v.hour()
	return s
}

// move counts a user at an hour instead of the earlier hour noted before.
func (u *users) move(h *hourly, noted *uint32, hour uint32) {
	before := *noted & hourMask
	if before >= hour {
		return
	}
	if before != 0 {
		h.remove(before)
	}
	h.add(hour, u)
	*noted += hour - before
}

func (u *users) knows(id table.Key) bool {
	v, ok := u.known.Get(id)
	return ok && !u.forgotten(&v)
}

// rename gives a user who is known another identity and group, unless that one is known as well.
func (u *users) rename(from, to table.Key, g groupKey) bool {
	v, _ := u.known.Get(from)
	w, fresh := u.known.Put(to)
	if !fresh && !u.forgotten(w) {
		return false
	}
	u.groups[v.group()].active.remove(v.hour())
	v.setGroup(u.groupOf(g))
	u.groups[v.group()].active.add(v.hour(), u)
	*w = v
	u.known.Delete(from)
	return true
}

func (u *users) groupOf(k groupKey) uint32 {
	i, ok := u.index[k]
	if !ok {
		i = uint32(len(u.groups))
		u.groups = append(u.groups, group{k, newHourly(u.windows)})
		u.index[k] = i
	}
	return i
}

// Cohort is a way to count the users of a window.
type Cohort uint8

// Cohorts of the Engagement module, and those who asked for a human.
const (
	CohortNew Cohort = iota + 1
	CohortReturning
	CohortActive
	CohortAsked
)

func (c Cohort) String() string {
	return [...]string{"", "new", "returning", "active", ""}[min(c, 4)]
}

// Groups returns the number of groups: bot, channel, device and browser together.
func (t *Table) Groups() int { return len(t.users.groups) }

// Group returns the pair and the labels of a group, in the order in which the groups were first seen.
func (t *Table) Group(i int) (p metric.Pair, device, browser string) {
	g := &t.users.groups[i]
	return g.pair, text(t.devices, g.device), text(t.browsers, g.browser)
}

// GroupActive returns the users of a group that are active in a window as of now, in Unix nanoseconds.
func (t *Table) GroupActive(i, window int, now int64) uint32 {
	return t.users.groups[i].active.sum(window, t.users.windows[window], t.hourAt(now))
}

// CohortSize returns the users of a pair and cohort in a window as of now. The caller adds up the active users
// over the groups: they are not kept twice.
func (t *Table) CohortSize(p metric.Pair, c Cohort, window int, now int64) uint32 {
	if int(p) >= len(t.users.cohorts) {
		return 0
	}
	h := &t.users.cohorts[p].fresh
	switch c {
	case CohortReturning:
		h = &t.users.cohorts[p].returned
	case CohortAsked:
		h = &t.users.cohorts[p].asked
	}
	return h.sum(window, t.users.windows[window], t.hourAt(now))
}

// Windows returns the rolling windows in hours.
func (t *Table) Windows() []uint32 { return t.users.windows }

// hourAt lets windows roll on while no message moves the fold clock, and never back behind it.
func (t *Table) hourAt(now int64) uint32 { return max(hourOf(max(now, 0)), t.users.hour) }
