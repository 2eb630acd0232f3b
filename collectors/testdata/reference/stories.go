package reference

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Stories makes NDJSON in which people come, write, click, wait, rate and come back, as the definitions imagine it, at times that
// lie on their boundaries more often than chance would have it. Delivery is as bad as it gets: late, in bursts after outages,
// overtaking, twice, with bad lines and a broker whose clock ticks wrong between.
func Stories(seed int64, lines int) []byte {
	s := newStories(seed)
	return s.deliver(s.tell(lines), lines, true)
}

// OrderedStories are Stories in which no two chats are ever due at the same moment, so that it does not matter how a fold orders
// chats by key when it evicts one.
func OrderedStories(seed int64, lines int) []byte {
	s := newStories(seed)
	return s.deliver(s.tell(lines), lines, false)
}

// told is an event as it happened.
type told struct {
	at   time.Time
	late time.Duration // by which it is stored, below 0 for whatever comes
	kind string
	data members
	user string // whose chat it is
}

type stories struct {
	generator
	events []told
	begin  time.Time
	length time.Duration

	// The chat that is being told.
	at      time.Time
	channel string
	place   members
	user    string
	naming  int // 0: never; 1: each event; 2: the first; else now and then
	said    int // messages so far, for their ids
}

func newStories(seed int64) *stories {
	s := &stories{generator: generator{Rand: rand.New(rand.NewPCG(uint64(seed), 2)), calm: true}}
	s.begin = time.Date(2026, 3, 27, 20, 0, 0, 0, time.UTC) // the night in which Berlin changes its clocks comes soon
	s.length = []time.Duration{6 * time.Hour, 48 * time.Hour, 10 * 24 * time.Hour}[s.IntN(3)]
	return s
}

// tell makes a little more than so many events.
func (s *stories) tell(n int) []told {
	for len(s.events) <= n {
		s.chatFrom(s.begin.Add(time.Duration(s.Int64N(int64(s.length)))))
	}
	return s.events
}

// chatFrom tells one chat, and what comes after it.
func (s *stories) chatFrom(at time.Time) {
	s.at = at.Truncate(time.Millisecond)
	if s.chance(30) {
		s.at = s.at.Truncate(time.Minute)
	}
	s.channel = s.pick("web", "web", "web", "whatsapp", "whatsapp", "voice", "kiosk")
	s.place = members{{"bot", s.quoted("shop", "shop", "bank")}, {"channel", quote(s.channel)}, {"chat", quote(fmt.Sprint("c", s.IntN(40)))}}
	s.user = fmt.Sprint("u", s.IntN(12))
	s.naming = s.IntN(6)
	switch s.IntN(10) {
	case 0: // an outreach, perhaps without a reply
		s.say("message.bot", member{"proactive", "true"})
		s.pause()
		if s.chance(50) {
			return
		}
	case 1: // the request is before the start
		s.say("handover.requested")
		s.step(3 * time.Second)
		s.start()
	case 2: // the bot or an operator is first, perhaps the only one
		s.say(s.pick("message.bot", "message.operator", "agent.triggered"), s.agentField()...)
		s.wait()
	case 3, 4:
	default:
		s.start()
	}
	for range 1 + s.IntN(12) {
		s.scene()
		s.pause()
	}
	if s.chance(60) {
		s.say("chat.ended", member{"resolved", s.pick("true", "false", "null")})
	}
	if s.chance(40) {
		s.aftermath()
	}
}

// scene tells what belongs together.
func (s *stories) scene() {
	switch s.IntN(16) {
	case 0, 1, 2: // a question and its answer
		s.write("text")
		s.wait()
		s.answer(false)
		if s.chance(25) {
			s.overtaken()
		}
	case 3: // a fallback followed by buttons
		s.write("text")
		s.wait()
		s.answer(true)
		s.step(time.Duration(s.IntN(900)) * time.Millisecond)
		s.answer(false)
	case 4: // a click, and its echo
		s.click()
		if s.chance(60) {
			s.step(time.Duration(s.IntN(300)) * time.Millisecond)
			s.write("button")
		}
	case 5: // two questions, or more answers than questions
		s.write("voice")
		s.wait()
		s.write("attachment")
		s.wait()
		s.answer(s.chance(20))
	case 6:
		s.answer(s.chance(30))
	case 7:
		s.write("other")
	case 8, 9:
		s.handover()
	case 10, 11:
		s.rate()
	case 12:
		s.say("csat.offered")
		s.wait()
		s.vote()
	case 13:
		s.say("message.bot", append(s.agentField(), member{"proactive", "true"}, member{"fallback", s.pick("true", "false")})...)
	case 14: // a second window
		here := s.place
		s.place = members{here[0], here[1], {"chat", quote(fmt.Sprint("tab", s.IntN(20)))}}
		s.start()
		s.place = here
	default:
		s.say(s.pick("message.operator", "handover.accepted", "agent.triggered", "custom", "chat.started", "csat.offered"),
			append(s.agentField(), member{"event", `"order placed"`})...)
	}
}

// handover asks for a human, who comes soon, late, too late, unasked, before the request, or never.
func (s *stories) handover() {
	if s.chance(30) {
		s.click()
	}
	if s.chance(15) {
		s.say(s.pick("handover.accepted", "message.operator"))
		s.wait()
	}
	s.say("handover.requested", member{"via", s.pick("null", `"takeover"`, `"takeover"`, `"ticket"`)}, member{"cause", s.pick(`""`, `""`, `"direct"`)})
	switch s.IntN(4) {
	case 0:
		return
	case 1:
		s.step(time.Duration(s.IntN(120)) * time.Second)
	case 2:
		s.step(time.Duration(s.IntN(250)) * time.Minute)
	default:
		s.step(s.near(4 * time.Hour))
	}
	s.say("handover.accepted")
	if s.chance(30) {
		s.overtaken()
	}
	if s.chance(70) {
		s.wait()
		s.say("message.operator")
	}
}

// overtaken stores the last event but one so much later than the last as still counts as overtaking, to the nanosecond, or less.
func (s *stories) overtaken() {
	first, last := &s.events[len(s.events)-2], &s.events[len(s.events)-1]
	first.late = max(0, last.at.Sub(first.at)) + s.oneOf(0, 600*time.Millisecond, overtaken-1, overtaken, overtaken, overtaken+1)
	last.late = 0
	if s.chance(10) {
		first.at = last.at
		first.late = s.oneOf(0, time.Second)
	}
}

// aftermath tells what comes after the end: a good-bye, ratings and votes, some of them days later, and somebody else's words.
func (s *stories) aftermath() {
	for range 1 + s.IntN(4) {
		s.step(s.oneOf(60*time.Millisecond, time.Minute, time.Hour, 7*24*time.Hour, 8*24*time.Hour))
		switch s.IntN(5) {
		case 0:
			s.answer(false)
		case 1, 2:
			s.rate()
		case 3:
			s.vote()
		default:
			s.say("csat.offered")
		}
	}
}

func (s *stories) start() { s.say("chat.started") }

func (s *stories) write(input string) {
	s.say("message.user", member{"message", s.pick("null", `"mine"`)}, member{"input", quote(input)})
}

func (s *stories) answer(fallback bool) {
	s.said++
	m := append(s.agentField(), member{"message", quote(fmt.Sprint("m", s.said%7))}, member{"fallback", fmt.Sprint(fallback)})
	s.rarely(&m, 70, "reviewable", s.pick("true", "true", "false", "null"))
	s.say("message.bot", m...)
}

func (s *stories) agentField() members {
	if s.chance(60) {
		return nil
	}
	return members{{"agent", s.pick(`{"id":"a1"}`, `{"id":"a1","name":"Billing","kind":"workflow"}`, `{"id":"a2","name":null,"kind":""}`)}}
}

func (s *stories) click() {
	m := members{{"element", s.quoted(elements...)}, {"operator", s.pick("true", "false", "null")}, {"title", s.quoted(titles...)}}
	s.rarely(&m, 60, "destination", s.quoted(destinations...))
	s.rarely(&m, 60, "target", s.quoted(append([]string{""}, targets...)...))
	s.say("element.clicked", m...)
}

// rate gives one or more ratings of one message.
func (s *stories) rate() {
	message := quote(fmt.Sprint("m", s.IntN(7)))
	for range 1 + s.IntN(3) {
		s.say("feedback.given", append(s.agentField(), member{"message", message}, member{"rating", s.quoted(ratings...)})...)
		s.wait()
	}
}

func (s *stories) vote() {
	for range 1 + s.IntN(3) {
		s.say("csat.submitted", member{"score", s.pick("1", "2", "3", "4", "5", "5.0", "2e0", "30e-1")})
		s.wait()
	}
}

// say tells one event. Who it is of is said where it must be, and now and then elsewhere.
func (s *stories) say(kind string, more ...member) {
	m := slices.Clone(s.place)
	must := kind == "chat.started" || kind == "message.user"
	outside := (kind == "feedback.given" || kind == "csat.submitted") && s.chance(50)
	if must || outside || s.chance(8) {
		m = append(m, member{"user", quote(s.user)})
	}
	if s.naming == 1 || s.naming == 2 && must || s.naming > 2 && s.chance(12) {
		m = append(m, s.names()...)
		if s.naming == 2 {
			s.naming = 0
		}
	}
	s.rarely(&m, 10, "topic", s.pick(`"billing"`, `""`, "null"))
	s.rarely(&m, 2, "env", s.pick(`"test"`, `""`, "null", `"production"`))
	if kind != "agent.triggered" || slices.ContainsFunc(more, func(one member) bool { return one.name == "agent" }) {
		m = append(m, more...)
	} else {
		m = append(append(m, more...), member{"agent", `{"id":"a3"}`})
	}
	s.events = append(s.events, told{s.at, -1, kind, m.withoutRepeats(), s.user})
}

// names tells a device, a browser, both, or a user agent.
func (s *stories) names() members {
	device := member{"device", s.pick(`"desktop"`, `"mobile"`, `"tablet"`, `""`, "null")}
	browser := member{"browser", s.pick(`"Firefox"`, `"Chrome"`, `"Safari"`, `""`, "null")}
	switch s.IntN(5) {
	case 0:
		return members{device}
	case 1:
		return members{browser}
	case 2:
		return members{device, browser}
	case 3:
		return members{device, {"user_agent", s.quoted(userAgents...)}}
	}
	return members{{"user_agent", s.quoted(userAgents...)}}
}

func (s *stories) step(d time.Duration) { s.at = s.at.Add(d) }

// wait is the time in which somebody writes.
func (s *stories) wait() { s.step(time.Duration(s.IntN(9000)) * time.Millisecond) }

// pause is the time between two scenes: short mostly, but also what splits chats, visits and days, to the nanosecond.
func (s *stories) pause() {
	timeout := Options{}.withDefaults().idleTimeout(s.channel)
	switch s.IntN(20) {
	case 0:
		s.step(s.near(timeout))
	case 1:
		s.step(s.near(30 * time.Minute))
	case 2: // to the minute before, at and after a visit's gap
		s.at = s.at.Truncate(time.Minute).Add(30*time.Minute + s.oneOf(-time.Second, 0, time.Second, time.Minute))
	case 3:
		s.at = s.at.Truncate(time.Hour).Add(time.Hour) // the end of an hour, and of many a day
	case 4:
		s.step(time.Duration(s.IntN(300)) * time.Minute)
	case 5:
		s.step(20 * time.Hour)
	default:
		s.step(time.Duration(s.IntN(60_000)) * time.Millisecond)
	}
}

// near is a time, or a nanosecond before or after it.
func (s *stories) near(d time.Duration) time.Duration { return d + s.oneOf(-1, 0, 0, 1) }

func (s *stories) oneOf(values ...time.Duration) time.Duration { return values[s.IntN(len(values))] }
