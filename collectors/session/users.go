package session

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// nanosPerHour is the step of rolling windows. Hours are those of UTC: a window of whole hours needs no zone.
const nanosPerHour = int64(time.Hour)

// hours counts from 1970 and starts at 1, so that 0 means never. They fit into 24 bits until the year 3883.
func hourOf(clock int64) uint32 { return uint32(clock/nanosPerHour) + 1 }

// user is the memory of one identity, packed into 16 bytes: four hours of 24 bits, whose upper bytes hold the index of
// the user's group and the flags.
type user struct{ last, first, returned, asked uint32 }

const (
	hourMask  = 1<<24 - 1
	begunFlag = 1 << 24 // in asked: the user has begun a chat
)

func (u *user) group() uint32 { return u.last>>24 | u.first>>24<<8 | u.returned>>24<<16 }

func (u *user) setGroup(g uint32) {
	u.last = u.last&hourMask | g<<24
	u.first = u.first&hourMask | g>>8<<24
	u.returned = u.returned&hourMask | g>>16<<24
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
	hour      uint32

	known   table.Map[user]
	groups  []group
	index   map[groupKey]uint32
	cohorts []cohort // by pair
	sweep   uint32   // parts of known that are still to be searched for forgotten users
	next    uint32   // the part to search next
}

func newUsers(cfg Config) users {
	u := users{retention: uint32(cfg.Retention / time.Hour), index: map[groupKey]uint32{}}
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

// sweepParts is how many parts of the table one message searches at most: a sweep never stalls the fold.
const sweepParts = 2

func (u *users) due(clock int64) bool { return hourOf(clock) != u.hour || u.sweep > 0 }

// advance rolls the windows into the hour of the clock, and forgets users in slices: a whole round takes a day.
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
	for n := 0; n < sweepParts && u.sweep > 0; n++ {
		u.known.DeleteIf(int(u.next), func(v *user) bool { return u.forgotten(v) })
		u.next = (u.next + 1) % uint32(u.known.Parts())
		u.sweep--
	}
}

// forgotten is decided by the hour and not by the sweep: a user found again after it is new in any case.
func (u *users) forgotten(v *user) bool { return v.last&hourMask+u.retention <= u.hour }

// seen notes a sighting. begins says that the user began a chat with it, asks that a human was asked for.
func (u *users) seen(id table.Key, g groupKey, begins, asks bool) (fresh, returning bool) {
	v, fresh := u.known.Put(id)
	c := &u.cohorts[g.pair]
	if !fresh && u.forgotten(v) {
		*v, fresh = user{}, true
	}
	if fresh {
		v.last, v.first = u.hour, u.hour
		v.setGroup(u.groupOf(g))
		u.groups[v.group()].active.add(u.hour)
		c.fresh.add(u.hour)
	} else if last := v.last & hourMask; last != u.hour {
		active := &u.groups[v.group()].active
		active.remove(last)
		active.add(u.hour)
		v.last += u.hour - last
	}
	if begins {
		if returning = v.asked&begunFlag != 0; returning {
			c.returned.move(&v.returned, u.hour)
		}
		v.asked |= begunFlag
	}
	if asks {
		c.asked.move(&v.asked, u.hour)
	}
	return fresh, returning
}

// move counts a user at the present hour instead of the hour noted before.
func (h *hourly) move(noted *uint32, hour uint32) {
	before := *noted & hourMask
	if before == hour {
		return
	}
	if before != 0 {
		h.remove(before)
	}
	h.add(hour)
	*noted += hour - before
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
	return t.users.groups[i].active.sum(window, t.users.windows[window], t.viewHour(now))
}

// CohortSize returns the users of a pair and cohort in a window as of now. The active ones are summed up over the
// groups by the caller: CohortActive is not kept twice.
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
	return h.sum(window, t.users.windows[window], t.viewHour(now))
}

// Windows returns the rolling windows in hours.
func (t *Table) Windows() []uint32 { return t.users.windows }

// viewHour lets windows roll on while no message moves the fold clock, and never back behind it.
func (t *Table) viewHour(now int64) uint32 { return max(hourOf(max(now, 0)), t.users.hour) }
