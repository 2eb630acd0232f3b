package reference

import "time"

// personKey is a person, whatever the device and browser.
type personKey struct{ bot, channel, user string }

// person is what is remembered of one: the names given last.
type person struct {
	device, browser string
	last            int64 // hour in which last seen or named
}

// userKey is the identity of a user: bot, channel and user as given, device and browser as labelled.
type userKey struct {
	personKey
	device, browser string
}

// user is what is known of one user. Hours and minutes are those of sightings, since 1970; never if it did not happen.
type user struct {
	series              activeSeries
	firstHour, lastHour int64
	lastMinute          int64
	lastReturn          int64 // hour in which the latest visit after the first began
	lastAsked           int64 // hour in which the user last asked for a human
}

const never = -1 << 62

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

// sighting is a user seen at a time.
type sighting struct {
	user *user
	id   userKey
	at   time.Time
}

// sightingTime is the smaller of event time and fold clock.
func (f *fold) sightingTime(ev event) time.Time {
	if ev.at.After(f.clock) {
		return f.clock
	}
	return ev.at
}

// identify finds the user, device and browser of an event, and lets its open chat and its person remember what it names.
//
// The user is the one that the event names, else the chat's. Device and browser, each on its own, are what the event names or
// its user agent tells; else what the open chat last named; else what was last named for this person; else unknown.
//
// Decision: what a chat named before its user was known is remembered by the chat alone, not by the person later on.
func (f *fold) identify(ev event, c *chat) identity {
	named := identity{user: ev.user}
	named.device, named.browser = ev.deviceAndBrowser(f.opt)
	who := named
	if c != nil {
		remember(&c.known.user, named.user)
		remember(&c.known.device, named.device)
		remember(&c.known.browser, named.browser)
		who = c.known
	}
	if who.user == "" {
		return who // nobody to look up, see or rename
	}
	key := personKey{ev.bot, ev.channel, who.user}
	before := person{last: never}
	if p := f.persons[key]; p != nil {
		before = *p
	}
	who.device = firstOf(who.device, before.device, unknown)
	who.browser = firstOf(who.browser, before.browser, unknown)
	if named.device != "" || named.browser != "" {
		now := before
		remember(&now.device, named.device)
		remember(&now.browser, named.browser)
		// Decision: to be named is not to be seen; a person who was never seen is kept as long as one who was seen when first named.
		if now.last == never {
			now.last = hourOf(f.sightingTime(ev))
		}
		f.persons[key] = &now
		f.rename(key, before, named, who)
	}
	return who
}

func remember(known *string, named string) { *known = firstOf(named, *known) }

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// rename: when an event names a part, device or browser, of which nothing was remembered for this person, the user with unknown
// there, and the other part as now labelled, becomes the user under the name, unless that one is known already. Both parts may
// be named at once. It is not new again, and its messages of the day are those of the user under the name.
//
// Decision: a name takes its place under the limit here only if there is a user to rename.
func (f *fold) rename(key personKey, before person, named, now identity) {
	was := now
	if named.device != "" && before.device == "" {
		was.device = unknown
	}
	if named.browser != "" && before.browser == "" {
		was.browser = unknown
	}
	from := userKey{key, f.labelIfPlaced("device", was.device, f.opt.MaxDevices), f.labelIfPlaced("browser", was.browser, f.opt.MaxBrowsers)}
	u := f.users[from]
	if u == nil || was == now {
		return
	}
	device, _ := f.limits.limited("device", now.device, f.opt.MaxDevices)
	browser, _ := f.limits.limited("browser", now.browser, f.opt.MaxBrowsers)
	to := userKey{key, device, browser}
	if f.users[to] != nil {
		return
	}
	delete(f.users, from)
	f.users[to] = u
	u.series.device, u.series.browser = device, browser
	f.seen[u.series] = true
	for day, messages := range f.days {
		if day.userKey == from {
			delete(f.days, day)
			day.userKey = to
			f.days[day] += messages
		}
	}
}

// labelIfPlaced is the label that a value has, without giving it a place.
func (f *fold) labelIfPlaced(scope, value string, most int) string {
	label := cleanLabel(value)
	if f.limits[scope][label] || len(f.limits[scope]) < most {
		return label
	}
	return other
}

// see counts a sighting of a known user.
func (f *fold) see(ev event, c *chat, who identity, p pair) *sighting {
	at := f.sightingTime(ev)
	hour, minute := hourOf(at), minuteOf(at)
	key := personKey{ev.bot, ev.channel, who.user}
	if f.persons[key] == nil {
		f.persons[key] = &person{last: never}
	}
	f.persons[key].last = max(f.persons[key].last, hour)
	device, deviceOver := f.limits.limited("device", who.device, f.opt.MaxDevices)
	browser, browserOver := f.limits.limited("browser", who.browser, f.opt.MaxBrowsers)
	id := userKey{key, device, browser}
	u := f.users[id]
	if u == nil {
		u = &user{series: activeSeries{p, device, browser}, firstHour: hour, lastHour: hour, lastMinute: minute, lastReturn: never, lastAsked: never}
		f.users[id] = u
		f.seen[u.series] = true
		f.series.add("bot_users_new_total", p.labels(labels{"device": device, "browser": browser}), 1)
		// Decision: overflow is counted for increments of the counter only; the gauge bot_users_active has none.
		if deviceOver {
			f.overflow("bot_users_new_total", "device")
		}
		if browserOver {
			f.overflow("bot_users_new_total", "browser")
		}
	} else if minute-u.lastMinute >= int64(f.opt.VisitGap/time.Minute) { // a visit after the first
		u.lastReturn = hour
		f.series.add("bot_user_returns_total", p.labels(nil), 1)
	}
	u.lastHour = max(u.lastHour, hour)
	u.lastMinute = max(u.lastMinute, minute)
	if c != nil && c.askedUnknown { // the first user seen in the chat after a request of somebody not known
		c.askedUnknown = false
		u.asked(at)
	}
	return &sighting{u, id, at}
}

func (u *user) asked(at time.Time) { u.lastAsked = max(u.lastAsked, hourOf(at)) }

// forgetUsers drops users and persons not seen for the retention.
//
// Decision: in whole hours, as windows are: a user is known while the hour of the last sighting is in (H-retention, H].
func (f *fold) forgetUsers() {
	for id, u := range f.users {
		if !f.within(u.lastHour, f.opt.UserRetention) {
			delete(f.users, id)
		}
	}
	for key, p := range f.persons {
		if !f.within(p.last, f.opt.UserRetention) {
			delete(f.persons, key)
		}
	}
}
