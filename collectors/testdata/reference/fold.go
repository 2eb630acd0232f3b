// Package reference is the slow, obvious implementation of the KPI definitions, against which tests compare the real one.
//
// It folds a whole stream of events into the series that must be exposed. Maps are plain, every step scans whatever there is,
// nothing is cached and nothing can be resumed. It shares no code with the real implementation and must not import it: the
// worth of a comparison is that the two were written apart. "Decision:" marks each place where the definitions leave room and
// says what was taken.
package reference

import (
	"slices"
	"time"
)

// fold is everything known after some messages.
type fold struct {
	opt     Options
	clock   time.Time // the fold clock
	started bool      // false until the first message has set the clock
	doubted bool      // the message before was

	remembered []rememberedID
	chats      []*chat // that are open, in order of opening
	sessions   int     // chats opened so far
	messages   []*ratedMessage
	votes      []*vote
	persons    map[personKey]*person
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
	return FoldMessages(Messages(ndjson), opt)
}

// FoldMessages is Fold for messages as a stream stores them. Gauges are read at the last fold clock.
func FoldMessages(messages []Message, opt Options) map[string]float64 {
	f := &fold{
		opt:     opt.withDefaults(),
		persons: map[personKey]*person{},
		users:   map[userKey]*user{},
		days:    map[dayKey]int{},
		pairs:   map[pair]bool{},
		seen:    map[activeSeries]bool{},
		limits:  limits{},
		series:  series{},
	}
	f.series.zeroStream()
	for _, m := range messages {
		f.message(m)
	}
	f.exposeGauges()
	return f.series
}

// message does the work for one message in the defined order: decode and validate; the clock moves and due chats close; what
// is not valid is rejected; env; the duplicate check; apply.
func (f *fold) message(m Message) {
	if m.IsTick() { // moves the fold clock and nothing else: neither an event nor rejected
		f.moveClock(m.Stored, nil)
		return
	}
	ev, why := decode(m, f.opt)
	var witness *event
	if why == "" {
		witness = &ev
	}
	stored := f.moveClock(m.Stored, witness)

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
	ev.place(stored, f.opt)
	f.apply(ev)
}

// moveClock moves the fold clock to a stored time, if that is later and believed, and does all that is due by then. It returns
// the stored time that the message has from here on: that of a doubted message counts as the fold clock. The event is nil
// where the message is no valid one.
//
// The witness: a message that would move the clock by more than the largest jump moves it only if it is a valid event whose
// own time is within the bounds of event time of its stored time, or if the message before it would have moved it so far too.
//
// Decision: the message before would have moved it so far too if it was doubted itself. One that did move the clock is no
// witness for a further jump.
// Decision: an ignored event and a duplicate are valid events, and witnesses; a tick has no time of its own and can be doubted.
// Decision: the first message of a stream sets the clock and jumps over nothing.
func (f *fold) moveClock(stored time.Time, ev *event) time.Time {
	jumps := f.started && stored.Sub(f.clock) > f.opt.MaxJump
	witnessed := f.doubted || ev != nil && ev.time != nil && withinBounds(*ev.time, stored, f.opt)
	f.doubted = jumps && !witnessed
	switch {
	case f.doubted:
		f.series.add("bot_events_clock_doubted_total", nil, 1)
		stored = f.clock
	case !f.started || stored.After(f.clock):
		f.clock = stored
		f.started = true
	}
	f.forgetIDs()
	f.forgetRatingsAndVotes()
	f.closeIdleChats()
	f.endDays()
	f.forgetUsers()
	return stored
}

// forgetIDs: a remembered id is forgotten once the clock is the dedup window or more past the moment it was remembered.
func (f *fold) forgetIDs() {
	f.remembered = slices.DeleteFunc(f.remembered, func(r rememberedID) bool { return f.hasPassed(r.at, f.opt.DedupWindow) })
}

// hasPassed reports whether the clock is so long or more past a moment.
func (f *fold) hasPassed(moment time.Time, length time.Duration) bool {
	return f.clock.Sub(moment) >= length
}
