package reference

import "time"

func hourOf(t time.Time) int64   { return floorDiv(t.Unix(), 3600) }
func minuteOf(t time.Time) int64 { return floorDiv(t.Unix(), 60) }

func floorDiv(n, d int64) int64 {
	q := n / d
	if n%d < 0 {
		q--
	}
	return q
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

// exposeGauges reads chats, waits and windows at the final fold clock.
func (f *fold) exposeGauges() {
	for p := range f.pairs {
		f.series.zeroGauges(p, f.opt.Windows)
	}
	for _, c := range f.chats {
		f.exposeChat(c)
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

// exposeChat counts an open chat that has started, and its wait for a human. A chat that waits has started: a request is a user act.
func (f *fold) exposeChat(c *chat) {
	l := c.pair.labels(nil)
	if c.started {
		f.series.add("bot_chats_open", l, 1)
	}
	if c.waits {
		f.series.add("bot_handover_waiting", l, 1)
		oldest := key("bot_handover_oldest_wait_seconds", l)
		f.series[oldest] = max(f.series[oldest], secondsBetween(c.waitingSince, f.clock))
	}
}

func (s activeSeries) labels(window Window) labels {
	return s.pair.labels(labels{"device": s.device, "browser": s.browser, "window": window.Label})
}

func (f *fold) exposeUser(u *user, window Window) {
	p := u.series.pair
	cohort := func(name string) labels { return p.labels(labels{"cohort": name, "window": window.Label}) }
	if f.within(u.lastHour, window.Length) {
		f.series.add("bot_users_active", u.series.labels(window), 1)
		f.series.add("bot_users_cohort", cohort("active"), 1)
	}
	if f.within(u.firstHour, window.Length) {
		f.series.add("bot_users_cohort", cohort("new"), 1)
	}
	if f.within(u.lastReturn, window.Length) {
		f.series.add("bot_users_cohort", cohort("returning"), 1)
	}
	if f.within(u.lastAsked, window.Length) {
		f.series.add("bot_handover_users_active", p.labels(labels{"window": window.Label}), 1)
	}
}
