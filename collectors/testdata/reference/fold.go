// Package reference is the slow, obvious implementation of the KPI definitions, against which tests compare the real one.
//
// It folds a whole stream of events, as the replay command reads it, into the series that must be exposed. Maps are plain, every
// step scans whatever there is, nothing is cached and nothing can be resumed. It shares no code with the real implementation and
// must not import it: the worth of a comparison is that the two were written apart. "Decision:" marks each place where the
// definitions leave room and says what was taken.
package reference

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// fold is everything known after some messages.
type fold struct {
	opt      Options
	previous time.Time // stored time of the message before
	clock    time.Time // the fold clock: the largest stored time so far
	started  bool      // false until the first message has set the clock

	remembered []rememberedID
	chats      map[chatKey]*chat
	users      map[userKey]*user
	days       map[dayKey]int        // user messages of days that have not ended
	pairs      map[pair]bool         // bots and channels with series
	seen       map[activeSeries]bool // what bot_users_active has series for
	limits     limits
	series     series
}

// eventID is what makes two events the same one.
type eventID struct{ source, id string }

type rememberedID struct {
	eventID
	at time.Time // fold clock
}

// Fold reads NDJSON of structured CloudEvents, one message per line, as the replay command does, and returns every exposed series.
// Lines end with '\n' only; a last line without one counts, a trailing one does not begin another line. Keys are sample
// identities of the text format with label names in order: bot_messages_total{bot="shop",channel="web",sender="user"}.
// Sums of histograms are floating point additions in stream order: compare them with a tolerance.
func Fold(ndjson []byte, opt Options) map[string]float64 {
	f := &fold{
		opt:      opt.withDefaults(),
		previous: time.Unix(0, 0).UTC(),
		chats:    map[chatKey]*chat{},
		users:    map[userKey]*user{},
		days:     map[dayKey]int{},
		pairs:    map[pair]bool{},
		seen:     map[activeSeries]bool{},
		limits:   limits{},
		series:   series{},
	}
	f.series.zeroStream()
	for _, line := range splitLines(ndjson) {
		f.message(line)
	}
	f.exposeGauges()
	return f.series
}

func splitLines(ndjson []byte) [][]byte {
	if len(ndjson) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(ndjson, []byte("\n")), []byte("\n"))
}

// message does the work for one message in the defined order.
func (f *fold) message(line []byte) {
	document, err := parse(line)
	stored := f.storedTime(document)
	f.previous = stored
	f.moveClock(stored)

	ev, why := decode(line, document, err, stored, f.opt)
	if why != "" {
		f.series.add("bot_events_rejected_total", labels{"reason": string(why)}, 1)
		return
	}
	if ev.env == "test" && !f.opt.IncludeTest {
		f.series.add("bot_events_ignored_total", labels{"reason": "test"}, 1)
		return
	}
	id := eventID{ev.source, ev.id}
	if slices.ContainsFunc(f.remembered, func(r rememberedID) bool { return r.eventID == id }) {
		f.series.add("bot_events_duplicate_total", nil, 1)
		return
	}
	// Decision: when the ids are at their limit, the one remembered first is forgotten.
	f.remembered = append(f.remembered, rememberedID{id, f.clock})
	if len(f.remembered) > f.opt.MaxIDs {
		f.remembered = f.remembered[1:]
	}
	f.apply(ev)
}

// storedTime of a message of a file: the attribute storedtime, else time, else that of the message before.
//
// Decision: a storedtime that is no RFC 3339 string is as if absent (and no reason to reject), likewise time for this purpose.
// Decision: the envelope is looked at whatever the message is rejected for (too large, no CloudEvent, ...), unless it is
// malformed: then it is no JSON and has the stored time of the message before.
func (f *fold) storedTime(document any) time.Time {
	envelope, _ := document.(object)
	for _, attribute := range []string{"storedtime", "time"} {
		if text, ok := envelope[attribute].(string); ok {
			if t, err := parseTime(text); err == nil {
				return t
			}
		}
	}
	return f.previous
}

// moveClock moves the fold clock to a stored time, if that is later, and does all that is due by then.
func (f *fold) moveClock(stored time.Time) {
	if !f.started || stored.After(f.clock) {
		f.clock = stored
		f.started = true
	}
	f.remembered = slices.DeleteFunc(f.remembered, func(r rememberedID) bool {
		return !f.clock.Before(r.at.Add(f.opt.DedupWindow))
	})
	f.closeIdleChats()
	f.endDays()
	f.forgetUsers()
}

// closeIdleChats closes each chat whose last activity plus timeout is not after the clock, in order of due time, then key.
func (f *fold) closeIdleChats() {
	due := []*chat{}
	for _, c := range f.chats {
		if !f.due(c).After(f.clock) {
			due = append(due, c)
		}
	}
	slices.SortFunc(due, func(a, b *chat) int {
		return cmp.Or(f.due(a).Compare(f.due(b)), a.key.compare(b.key))
	})
	for _, c := range due {
		f.closeChat(c, "idle", false)
	}
}

func (f *fold) due(c *chat) time.Time {
	return c.lastActivity.Add(f.opt.idleTimeout(c.key.channel))
}
