package simulate

import (
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// story is what has been seen of one chat.
type story struct {
	user, last      string // kind of the last event
	began, stored   time.Time
	latest          int64 // event time
	outreach        bool
	replied         bool
	ended           bool
	named, header   bool // at the first event
	headers, writes int
	clicked, echoed bool  // the last events are a click, a click and its echo
	operator        bool  // that click was on the button for a human
	requested       int64 // event time of the first request; 0 for none
	helped          bool  // an operator took part
	ratings         map[string]event.Rating
	vote            event.Score
}

// cases counts what happens now and then.
type cases struct {
	chats map[string]*story
	tabs  map[string]*story // the last chat of a person on web
	n     map[string]int
}

func (c *cases) scan(t *testing.T, at time.Time, e *event.Event) {
	t.Helper()
	if e.Chat == "" {
		return
	}
	s := c.chats[e.Chat]
	if s == nil {
		s = &story{began: at, ratings: map[string]event.Rating{}, outreach: e.Proactive, named: named(e), header: e.UserAgent != ""}
		c.chats[e.Chat] = s
		if e.Proactive {
			c.n["outreach on "+e.Channel]++
		}
		if e.Channel == "web" && e.User != "" {
			s.user = e.Bot + " " + e.User
			if other := c.tabs[s.user]; other != nil && !other.ended && at.Sub(other.began) < 2*time.Minute {
				c.n["second tab"]++
			}
			c.tabs[s.user] = s
		}
	} else {
		c.order(t, s, at, e)
	}
	switch {
	case !s.named && named(e):
		c.n["named later"]++
		s.named = true
	case e.UserAgent != "":
		s.headers++
	}
	c.handover(s, at, e)
	c.corrections(s, e)
	switch e.Kind {
	case event.ChatStarted: // overtaken by a greeting
		s.outreach = false
	case event.MessageBot:
		if s.ended {
			c.n["goodbye after the end"]++
		}
	case event.MessageUser:
		s.writes++
		if s.writes == 3 && s.header && s.headers == 1 {
			c.n["user agent at the beginning only"]++
		}
		if s.writes > 1 && at.Sub(s.stored) > 30*time.Minute && at.Sub(time.Unix(0, e.Time)) < time.Minute && e.Channel == "web" {
			c.n["back after the idle timeout"]++
		}
	case event.ChatEnded:
		s.ended = true
	}
	if s.outreach && !s.replied && (e.Kind == event.MessageUser || e.Kind == event.ElementClicked) {
		c.n["reply to outreach"]++
		s.replied = true
	}
	s.stored, s.last = at, e.Kind.String()
	s.latest = max(s.latest, e.Time)
}

func named(e *event.Event) bool { return e.Device != "" || e.Browser != "" || e.UserAgent != "" }

// order checks that a chat goes forward, except for what comes late or has been overtaken by a few seconds.
func (c *cases) order(t *testing.T, s *story, at time.Time, e *event.Event) {
	t.Helper()
	if e.Time >= s.latest || at.Sub(time.Unix(0, e.Time)) > time.Minute {
		return
	}
	if gap := at.Sub(s.stored); gap > time.Duration(maxOvertaken) {
		t.Errorf("%v comes %v after the event that overtook it", e.Kind, gap)
	}
	c.n[s.last+" before "+e.Kind.String()]++
}

func (c *cases) handover(s *story, at time.Time, e *event.Event) {
	night := at.Hour() < 8 // and nobody is still at work
	clicked, echoed, operator := s.clicked, s.echoed, s.operator
	s.clicked, s.echoed = false, false
	switch e.Kind {
	case event.ElementClicked:
		s.clicked, s.operator = e.Element == event.QuickReply, e.Operator
	case event.MessageUser:
		s.echoed = clicked && e.Input == event.InputButton
		if s.echoed && !operator {
			c.n["echo of a quick reply"]++
		}
	case event.HandoverRequested:
		switch {
		case echoed && e.Cause != event.CauseAbsent:
			c.n["cause after an echo"]++
		case echoed && operator:
			c.n["echo of the operator button, then a request"]++
		case echoed:
			c.n["echo of a quick reply, then a request"]++
		}
		if night {
			c.n["request at night"]++
		}
		if s.outreach && s.requested == 0 {
			c.n["request after outreach"]++
		}
		if s.requested == 0 {
			s.requested = e.Time
		}
	case event.HandoverAccepted, event.MessageOperator:
		wait := time.Duration(e.Time - s.requested)
		switch {
		case s.requested == 0 && !s.helped:
			c.n["unasked "+e.Kind.String()]++
		case e.Kind == event.HandoverAccepted && wait >= 30*time.Minute && wait < 62*time.Minute:
			c.n["slow operator"]++
		}
		s.helped = true
		if night {
			c.n["operator at night"]++
		}
	}
}

func (c *cases) corrections(s *story, e *event.Event) {
	when := map[bool]string{false: "in the chat", true: "after it"}[s.ended]
	switch e.Kind {
	case event.FeedbackGiven:
		if was := s.ratings[e.Message]; was != event.Unrated && was != e.Rating {
			c.n["rating changed "+when]++
		}
		s.ratings[e.Message] = e.Rating
	case event.CSATSubmitted:
		if s.vote != 0 {
			c.n["vote changed "+when]++
			if s.vote == e.Score {
				c.n["vote repeated"]++
			}
		}
		s.vote = e.Score
	}
}

// TestCases requires what is hard to count to occur in a day, now and then and not all the time.
func TestCases(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday})
	c := cases{chats: map[string]*story{}, tabs: map[string]*story{}, n: map[string]int{}}
	for {
		at, e := s.Next()
		if at.Sub(monday) >= 24*time.Hour {
			break
		}
		c.scan(t, at, e)
	}
	t.Log(c.n)
	for what, limits := range map[string][2]int{
		"outreach on web":                             {100, 700},
		"outreach on whatsapp":                        {500, 1500},
		"reply to outreach":                           {150, 500},
		"request after outreach":                      {10, 100},
		"echo of a quick reply":                       {1000, 8000},
		"echo of a quick reply, then a request":       {50, 1000},
		"echo of the operator button, then a request": {100, 2000},
		"cause after an echo":                         {0, 0},
		"slow operator":                               {10, 100},
		"request at night":                            {50, 1000},
		"operator at night":                           {0, 0},
		"unasked handover.accepted":                   {20, 500},
		"unasked message.operator":                    {20, 500},
		"rating changed in the chat":                  {100, 3000},
		"rating changed after it":                     {10, 300},
		"vote changed in the chat":                    {10, 500},
		"vote changed after it":                       {10, 300},
		"vote repeated":                               {0, 0},
		"second tab":                                  {100, 600},
		"named later":                                 {100, 2000},
		"user agent at the beginning only":            {500, 8000},
		"goodbye after the end":                       {200, 2000},
		"back after the idle timeout":                 {10, 300},
		"message.bot before message.user":             {20, 600},
		"handover.accepted before handover.requested": {1, 100},
		"message.user before chat.started":            {5, 100},
	} {
		if n := c.n[what]; n < limits[0] || n > limits[1] {
			t.Errorf("%s: %d times, want %d to %d", what, n, limits[0], limits[1])
		}
	}
}

// TestNoSlowOperator checks that nobody waits for long when no operator is slow.
func TestNoSlowOperator(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday, Flat: true, Adjust: func(_ time.Time, _, _ string, b *Behavior) {
		b.SlowShare, b.OperatorWait, b.ReplyShare = 0, 5, 0
	}})
	c := cases{chats: map[string]*story{}, tabs: map[string]*story{}, n: map[string]int{}}
	for range 100_000 {
		at, e := s.Next()
		c.scan(t, at, e)
	}
	if c.n["slow operator"] > 0 || c.n["reply to outreach"] > 0 || c.n["operator at night"] == 0 {
		t.Error(c.n)
	}
}
