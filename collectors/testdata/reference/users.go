package reference

import (
	"time"
)

// userKey is the identity of a user: bot, channel and user as given, device and browser as labelled.
type userKey struct{ bot, channel, user, device, browser string }

// user is what is known of one user. Hours are Unix hours of the fold clock; noHour if it never happened.
type user struct {
	series              activeSeries
	firstSeen, lastSeen int64
	chats               int   // begun, as far as credited to this user
	lastReturn          int64 // began a chat that was not the first
	lastHandover        int64 // asked for a human
}

const noHour = -1 << 62

// activeSeries is one set of labels of bot_users_active, without the window.
type activeSeries struct {
	pair
	device, browser string
}

// dayKey is a user on one local day, written 2006-01-02.
type dayKey struct {
	userKey
	day  string
	pair pair
}

func hourOf(t time.Time) int64 {
	hour := t.Unix() / 3600
	if t.Unix()%3600 < 0 {
		hour--
	}
	return hour
}

// see counts a sighting of the event's user, if the user is known.
//
// Decision: an event that should be a sighting but of which neither it nor its open chat names the user sees nobody.
func (f *fold) see(ev event, c *chat, who identity, p pair) (userKey, *user) {
	deviceLabel, deviceOver := f.limits.limited("device", who.device, f.opt.MaxDevices)
	browserLabel, browserOver := f.limits.limited("browser", who.browser, f.opt.MaxBrowsers)
	id := userKey{ev.bot, ev.channel, who.user, deviceLabel, browserLabel}
	hour := hourOf(f.clock)
	u := f.users[id]
	if u == nil {
		u = &user{series: activeSeries{p, deviceLabel, browserLabel}, firstSeen: hour, lastReturn: noHour, lastHandover: noHour}
		f.users[id] = u
		f.seen[u.series] = true
		f.series.add("bot_users_new_total", p.labels(labels{"device": deviceLabel, "browser": browserLabel}), 1)
		// Decision: overflow is counted for increments of the counter only; the gauge bot_users_active has none.
		if deviceOver {
			f.overflow("bot_users_new_total", "device")
		}
		if browserOver {
			f.overflow("bot_users_new_total", "browser")
		}
	}
	u.lastSeen = hour
	if c != nil && !c.credited {
		f.creditChat(c, u, p)
	}
	return id, u
}

// creditChat: the first user seen in a chat began it, at the moment of that sighting.
func (f *fold) creditChat(c *chat, u *user, p pair) {
	c.credited = true
	u.chats++
	if u.chats > 1 {
		u.lastReturn = hourOf(f.clock)
		f.series.add("bot_user_returns_total", p.labels(nil), 1)
	}
}

// forgetUsers drops users not seen for the retention.
//
// Decision: in whole hours, as windows are: a user is known while the hour of the last sighting is in (H-retention, H].
func (f *fold) forgetUsers() {
	for id, u := range f.users {
		if !f.within(u.lastSeen, f.opt.UserRetention) {
			delete(f.users, id)
		}
	}
}

// within reports whether hour is in (H-length, H] where H is the hour of the clock.
func (f *fold) within(hour int64, length time.Duration) bool {
	return hour > hourOf(f.clock)-int64(length/time.Hour)
}

// dayOf is the local day of the fold clock.
func (f *fold) dayOf() string { return f.clock.In(f.opt.Location).Format(time.DateOnly) }

// endDays observes the messages of users on days that the clock has left behind.
//
// Decision: a day has ended when the local date of the clock is a later one.
func (f *fold) endDays() {
	today := f.dayOf()
	for id, messages := range f.days {
		if id.day < today {
			f.series.observe("bot_user_messages", id.pair.labels(nil), float64(messages))
			delete(f.days, id)
		}
	}
}

// exposeGauges reads chats and windows at the final fold clock.
func (f *fold) exposeGauges() {
	for p := range f.pairs {
		f.series.add("bot_chats_open", p.labels(nil), 0)
		for _, window := range f.opt.Windows {
			f.series.add("bot_handover_users_active", p.labels(labels{"window": window.Label}), 0)
			for _, cohort := range []string{"new", "returning", "active"} {
				f.series.add("bot_users_cohort", p.labels(labels{"cohort": cohort, "window": window.Label}), 0)
			}
		}
	}
	for _, c := range f.chats {
		f.series.add("bot_chats_open", c.pair.labels(nil), 1)
	}
	for _, window := range f.opt.Windows {
		for s := range f.seen {
			f.series.add("bot_users_active", s.labels(window), 0)
		}
		for _, u := range f.users {
			f.exposeUser(u, window)
		}
	}
}

func (s activeSeries) labels(window Window) labels {
	return s.pair.labels(labels{"device": s.device, "browser": s.browser, "window": window.Label})
}

func (f *fold) exposeUser(u *user, window Window) {
	p := u.series.pair
	cohort := func(name string) labels { return p.labels(labels{"cohort": name, "window": window.Label}) }
	if f.within(u.lastSeen, window.Length) {
		f.series.add("bot_users_active", u.series.labels(window), 1)
		f.series.add("bot_users_cohort", cohort("active"), 1)
	}
	if f.within(u.firstSeen, window.Length) {
		f.series.add("bot_users_cohort", cohort("new"), 1)
	}
	if f.within(u.lastReturn, window.Length) {
		f.series.add("bot_users_cohort", cohort("returning"), 1)
	}
	if f.within(u.lastHandover, window.Length) {
		f.series.add("bot_handover_users_active", p.labels(labels{"window": window.Label}), 1)
	}
}
