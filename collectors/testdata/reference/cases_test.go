package reference

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the cases for the fold that is compared")

// in moves an event to another chat.
func in(chat, line string) string {
	return strings.Replace(line, `"chat":"c"`, `"chat":"`+chat+`"`, 1)
}

// later stores events so many seconds after the time at which they were, which becomes their own time.
func later(seconds float64, lines ...string) []string {
	return stored(func(at time.Time) time.Time { return at.Add(time.Duration(seconds * float64(time.Second))) }, lines...)
}

// stored gives events their stored time as time of their own, and another stored time.
func stored(when func(time.Time) time.Time, lines ...string) []string {
	moved := []string{}
	for _, line := range lines {
		old := storedTime([]byte(line), time.Time{})
		moved = append(moved, `{"time":"`+old.Format(time.RFC3339Nano)+`",`+storedAgain(line, old, when(old))[1:])
	}
	return moved
}

func storedAgain(line string, old, now time.Time) string {
	return strings.Replace(line, `"storedtime":"`+old.Format(time.RFC3339Nano), `"storedtime":"`+now.Format(time.RFC3339Nano), 1)
}

// escalation is a chat of 10 minutes: a question, a fallback, a request, accepted after 60 s, and resolved.
func escalation() []string {
	return []string{
		ev(0, "chat.started", `"user":"u"`),
		userSays(20, "u"),
		ev(22, "message.bot", `"fallback":true`),
		ev(60, "handover.requested", ""),
		ev(120, "handover.accepted", ""),
		ev(150, "message.operator", ""),
		ev(580, "message.operator", ""),
		ev(600, "chat.ended", `"resolved":true`),
	}
}

// TestCases are the cases that the second version of the definitions was written for.
func TestCases(t *testing.T) {
	day := Options{Windows: []Window{{"1d", 24 * time.Hour}}}
	reviewable := func(n int) string {
		return ev(float64(n), "message.bot", fmt.Sprintf(`"message":"m%d","reviewable":true`, n))
	}
	rates := func(seconds float64, n int, rating string) string {
		return withTime(seconds, ev(seconds, "feedback.given", fmt.Sprintf(`"message":"m%d","rating":"%s"`, n, rating)))
	}
	sixRatedUp := []string{ev(0, "chat.started", `"user":"u"`)}
	for n := range 6 {
		sixRatedUp = append(sixRatedUp, reviewable(n), rates(10, n, "positive"))
	}
	sixRatedUp = append(sixRatedUp, ev(60, "chat.ended", ""))

	templates := []string{}
	for n := range 10 {
		templates = append(templates, in(fmt.Sprint("c", n), on("whatsapp", 0, "message.bot", fmt.Sprintf(`"proactive":true,"user":"u%d"`, n))))
	}
	templates = append(templates,
		in("c1", on("whatsapp", hour, "message.user", `"user":"u1"`)),
		in("c2", on("whatsapp", hour, "message.user", `"user":"u2"`)),
		in("c2", on("whatsapp", hour+60, "handover.requested", "")),
		on("other", 12*hour, "csat.offered", ""), on("other", 30*hour, "csat.offered", ""))

	tabs := []string{}
	for n := range 10 {
		start := fmt.Sprintf(`"user":"u%d"`, n)
		tabs = append(tabs, in(fmt.Sprint("a", n), ev(0, "chat.started", start)), in(fmt.Sprint("b", n), ev(5, "chat.started", start)))
	}
	everyTwentyHours := []string{}
	for n := range 12 {
		everyTwentyHours = append(everyTwentyHours, on("whatsapp", float64(n)*20*hour, "message.user", `"user":"u"`))
	}
	requests := []string{}
	for n, via := range []string{"takeover", "ticket", "ticket", "takeover", "ticket"} {
		requests = append(requests, in(fmt.Sprint("c", n), ev(0, "handover.requested", `"user":"u","via":"`+via+`"`)))
	}
	click := func(destination string) string {
		return ev(0, "element.clicked", `"element":"link","destination":"`+destination+`"`)
	}
	link := func(destination string) string {
		return `bot_clicks_total{destination="` + destination + `",element="link",target="other",title=""} 1`
	}
	ua := `"user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"`
	greeting := ev(1, "message.bot", "")
	fallbackAndButtons := []string{ev(0, "chat.started", `"user":"u"`), greeting, userSays(2, "u"), ev(3, "message.bot", `"fallback":true`), ev(4, "message.bot", "")}

	escalated := []string{
		`bot_chats_outcome_total{outcome="escalated"} 1`,
		`bot_chats_started_total{initiator="user"} 1`,
		`bot_events_clamped_total{direction="past"} 0`,
		`bot_handover_requests_total{cause="after_fallback",via="takeover"} 1`,
		`bot_handover_unanswered_total 0`,
		`bot_handover_wait_seconds_count 1`,
		`bot_handover_wait_seconds_sum 60`,
		`bot_user_returns_total 0`,
		`bot_users_new_total{browser="unknown",device="unknown"} 1`,
	}
	burst := stored(func(time.Time) time.Time { return at(3 * hour) }, escalation()...)

	tests := []struct {
		name  string
		lines []string
		want  []string // series, of which those of a value of 0 may not be there
	}{
		{"1 on time", escalation(), escalated},
		{"1 late", later(65*60, escalation()...), escalated},
		{"1 burst", burst, escalated},
		{
			"2 request before the start",
			[]string{withTime(-3, ev(0, "handover.requested", "")), withTime(0, ev(0.5, "chat.started", `"user":"u"`))},
			[]string{`bot_users_new_total{browser="unknown",device="unknown"} 1`, `bot_handover_users_active{window="1d"} 1`, `bot_chats_started_total{initiator="user"} 1`},
		},
		{
			"3 a bot message of 20 s ago arrives last",
			[]string{userSays(0, "u"), userSays(100, "u"), withTime(80, ev(100, "message.bot", "")), withTime(1899.9, ev(1899.9, "csat.offered", ""))},
			[]string{`bot_chats_open 1`},
		},
		{
			"3 it does not shorten the chat",
			[]string{userSays(0, "u"), userSays(100, "u"), withTime(80, ev(100, "message.bot", "")), ev(101, "chat.ended", "")},
			[]string{`bot_chat_duration_seconds_sum 100`},
		},
		{
			"4 user agent on the start only",
			[]string{
				ev(0, "chat.started", `"user":"u",`+ua), in("d", userSays(2400, "u")), in("d", ev(2410, "chat.ended", "")),
				in("d", ev(2420, "csat.submitted", `"user":"u","score":4`)),
			},
			[]string{`bot_users_new_total{browser="Firefox",device="desktop"} 1`, `bot_users_new_total{browser="unknown",device="unknown"} 0`, `bot_users_cohort{cohort="active",window="1d"} 1`},
		},
		{
			"5 operator button and its echo",
			[]string{ev(0, "chat.started", `"user":"u"`), ev(1, "element.clicked", `"element":"quick_reply","operator":true`), ev(2, "message.user", `"user":"u","input":"button"`), ev(3, "handover.requested", "")},
			[]string{`bot_handover_requests_total{cause="operator_button",via="takeover"} 1`},
		},
		{
			"6 corrected after the close",
			slices.Concat(sixRatedUp, []string{rates(3600, 0, "negative")}),
			[]string{
				`bot_feedback_total{rating="positive"} 6`, `bot_feedback_total{rating="negative"} 0`, `bot_reviewable_responses_total 6`,
				`bot_feedback_changes_total{from="positive",to="negative"} 1`, `bot_chats_feedback_total{mix="only_positive"} 1`,
			},
		},
		{
			"6 after 8 days it is a first one again",
			slices.Concat(sixRatedUp, []string{rates(3600, 0, "negative"), rates(3600+8*24*hour, 0, "negative")}),
			[]string{`bot_feedback_total{rating="positive"} 6`, `bot_feedback_total{rating="negative"} 1`, `bot_feedback_changes_total{from="positive",to="negative"} 1`},
		},
		{
			"7 accepted after 45 min",
			[]string{ev(0, "chat.started", `"user":"u"`), ev(10, "handover.requested", ""), ev(2710, "handover.accepted", ""), ev(2720, "chat.ended", "")},
			[]string{
				`bot_chats_started_total{initiator="user"} 1`, `bot_handover_wait_seconds_sum 2700`, `bot_handover_wait_seconds_count 1`,
				`bot_handover_unanswered_total 0`, `bot_chats_outcome_total{outcome="escalated"} 1`,
			},
		},
		{
			"8 ten templates",
			templates,
			[]string{
				`bot_chats_started_total{channel="whatsapp",initiator="bot"} 2`, `bot_chats_started_total{channel="whatsapp",initiator="user"} 0`,
				`bot_outreach_total{channel="whatsapp",result="replied"} 2`, `bot_outreach_total{channel="whatsapp",result="ignored"} 8`,
				`bot_handover_chats_total{channel="whatsapp",via="takeover"} 1`,
			},
		},
		{"9 two tabs", tabs, []string{
			`bot_users_cohort{cohort="active",window="1d"} 10`, `bot_users_cohort{cohort="returning",window="1d"} 0`, `bot_user_returns_total 0`,
			`bot_chats_started_total{initiator="user"} 20`,
		}},
		{"9 every 20 h", everyTwentyHours, []string{
			`bot_chats_started_total{channel="whatsapp",initiator="user"} 1`, `bot_user_returns_total{channel="whatsapp"} 11`,
			`bot_users_cohort{channel="whatsapp",cohort="returning",window="1d"} 1`,
		}},
		{
			"10 bye after the end",
			[]string{ev(0, "chat.started", `"user":"u"`), userSays(1, "u"), ev(2, "message.bot", ""), ev(3, "chat.ended", ""), ev(3.06, "message.bot", ""), ev(hour, "csat.offered", "")},
			[]string{`bot_chats_started_total{initiator="user"} 1`, `bot_chats_outcome_total{outcome="contained"} 1`, `bot_chats_outcome_total{outcome="unengaged"} 0`, `bot_chats_ended_total{reason="idle"} 0`},
		},
		{
			"11 a vote corrected",
			[]string{ev(0, "chat.started", `"user":"u"`), ev(1, "csat.submitted", `"score":2`), ev(2, "csat.submitted", `"score":5`)},
			[]string{`bot_csat_score_count 1`, `bot_csat_score_sum 2`, `bot_csat_changes_total{from="2",to="5"} 1`},
		},
		{"12 two takeovers, three tickets", requests, []string{`bot_handover_chats_total{via="takeover"} 2`, `bot_handover_chats_total{via="ticket"} 3`}},
		{
			"13 a call on hold for 40 min",
			[]string{on("voice", 0, "chat.started", `"user":"u"`), on("voice", 2400, "message.user", `"user":"u"`)},
			[]string{`bot_chats_started_total{channel="voice",initiator="user"} 1`},
		},
		{
			"14 first seen without a device",
			[]string{userSays(0, "u"), ev(60, "message.user", `"user":"u","device":"desktop"`)},
			[]string{`bot_users_cohort{cohort="active",window="1d"} 1`, `bot_users_cohort{cohort="new",window="1d"} 1`, `bot_users_active{browser="unknown",device="desktop",window="1d"} 1`, `bot_users_active{browser="unknown",device="unknown",window="1d"} 0`},
		},
		{"15 asked", slices.Concat(fallbackAndButtons, []string{ev(9, "handover.requested", "")}), []string{`bot_handover_requests_total{cause="after_fallback",via="takeover"} 1`}},
		{"15 left", slices.Concat(fallbackAndButtons, []string{ev(9, "chat.ended", "")}), []string{`bot_chats_outcome_total{outcome="abandoned"} 1`}},
		{
			"16 an answer stored before its question",
			[]string{ev(0, "chat.started", `"user":"u"`), withTime(6, ev(6.5, "message.bot", "")), withTime(5, userSays(7, "u")), ev(9, "chat.ended", "")},
			[]string{`bot_chats_outcome_total{outcome="contained"} 1`, `bot_response_seconds_count{sender="bot"} 1`, `bot_response_seconds_sum{sender="bot"} 1`},
		},
		{
			"16 an acceptance stored before its request",
			[]string{userSays(0, "u"), withTime(60, ev(60, "handover.accepted", "")), withTime(0, ev(60.6, "handover.requested", "")), ev(90, "chat.ended", "")},
			[]string{`bot_handover_wait_seconds_sum 60`, `bot_handover_wait_seconds_count 1`, `bot_handover_unanswered_total 0`},
		},
		{
			"17 an operator who takes over unasked",
			[]string{userSays(0, "u"), ev(5, "handover.accepted", ""), ev(6, "message.operator", ""), ev(9, "chat.ended", "")},
			[]string{`bot_chats_outcome_total{outcome="escalated"} 1`, `bot_chats_outcome_total{outcome="contained"} 0`},
		},
		{
			"18 silent, ended as resolved",
			[]string{ev(0, "chat.started", `"user":"u"`), ev(1, "message.bot", ""), ev(9, "chat.ended", `"resolved":true`)},
			[]string{`bot_chats_outcome_total{outcome="unengaged"} 1`, `bot_chats_outcome_total{outcome="resolved"} 0`},
		},
		{
			"19 destinations are cut",
			[]string{click("mailto:help@example.com?body=secret"), click("sms:+390000?body=x"), click("/account?token=1"), click("https://example.com/a;jsessionid=1")},
			[]string{link("mailto:help@example.com"), link("sms:+390000"), link("/account"), link("https://example.com/a")},
		},
		{
			"20 stored 410 days ahead",
			[]string{userSays(0, "u"), ev(410*24*hour, "message.bot", ""), userSays(60, "u")},
			[]string{`bot_events_clock_doubted_total 1`, `bot_users_new_total{browser="unknown",device="unknown"} 1`, `bot_chats_started_total{initiator="user"} 1`, `bot_users_cohort{cohort="active",window="1d"} 1`},
		},
	}
	written := &txtar.Archive{Comment: []byte("The cases that the definitions were written for: what happens, and what comes of it with the one window 1d.\n\n")}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assertSeries(t, foldLines(day, test.lines...), test.want)
		})
		written.Files = append(written.Files,
			txtar.File{Name: test.name + ": events", Data: []byte(strings.Join(test.lines, "\n") + "\n")},
			txtar.File{Name: test.name + ": want", Data: []byte(strings.Join(test.want, "\n") + "\n")})
	}
	const file = "../cases/cases.txtar" // from which the fold that is compared takes them
	if *update {
		assert.NoError(t, os.WriteFile(file, txtar.Format(written), 0o644))
	}
	have, err := os.ReadFile(file)
	assert.NoError(t, err)
	assert.Equal(t, string(txtar.Format(written)), string(have), "run with -update")
}

// assertSeries compares series, written as nonZero writes them.
func assertSeries(t *testing.T, got map[string]float64, want []string) {
	t.Helper()
	shown := map[string]bool{}
	metrics := []string{}
	for k := range got {
		name, _, _ := strings.Cut(k, "{")
		metrics = append(metrics, name)
	}
	for _, line := range nonZero(got, metrics...) {
		shown[line] = true
	}
	for _, line := range want {
		series, isZero := strings.CutSuffix(line, " 0")
		if !isZero {
			assert.True(t, shown[line], "want %s", line)
			continue
		}
		for line := range shown {
			assert.False(t, strings.HasPrefix(line, series+" "), "%s, want 0", line)
		}
	}
}

// TestWitness: what moves the clock by more than a day needs one.
func TestWitness(t *testing.T) {
	const jump = 25 * hour
	tests := map[string]struct {
		lines   []string
		doubted float64
		moved   bool // the chat has been closed as idle
	}{
		"a day":                   {[]string{ev(24*hour, "csat.offered", "")}, 0, true},
		"without a time":          {[]string{ev(jump, "csat.offered", "")}, 1, false},
		"with a time":             {[]string{withTime(jump, ev(jump, "csat.offered", ""))}, 0, true},
		"time a day before":       {[]string{withTime(jump-24*hour, ev(jump, "csat.offered", ""))}, 0, true},
		"time before that":        {[]string{withTime(jump-24*hour-0.001, ev(jump, "csat.offered", ""))}, 1, false},
		"time 5 min ahead":        {[]string{withTime(jump+300, ev(jump, "csat.offered", ""))}, 0, true},
		"time further ahead":      {[]string{withTime(jump+300.001, ev(jump, "csat.offered", ""))}, 1, false},
		"of a rejected one":       {[]string{withTime(jump, ev(jump, "nonsense", ""))}, 1, false},
		"of a test":               {[]string{withTime(jump, ev(jump, "csat.offered", `"env":"test"`))}, 0, true},
		"two in a row":            {[]string{ev(jump, "csat.offered", ""), ev(jump+9, "nonsense", "")}, 1, true},
		"two with one between":    {[]string{ev(jump, "csat.offered", ""), ev(1, "csat.offered", ""), ev(jump, "csat.offered", "")}, 2, false},
		"two that do not agree":   {[]string{ev(jump, "csat.offered", ""), ev(9*jump, "csat.offered", "")}, 1, true},
		"a third beyond":          {[]string{ev(jump, "csat.offered", ""), ev(jump, "csat.offered", ""), ev(3*jump, "csat.offered", "")}, 2, true},
		"beyond one with witness": {[]string{withTime(jump, ev(jump, "csat.offered", "")), ev(3*jump, "csat.offered", "")}, 1, true},
	}
	for name, test := range tests {
		got := foldLines(Options{}, append([]string{userSays(0, "u")}, test.lines...)...)
		assert.Equal(t, test.doubted, got["bot_events_clock_doubted_total"], name)
		assert.Equal(t, test.moved, got[`bot_chats_ended_total{bot="b",channel="web",reason="idle"}`] == 1, name)
	}
}

func TestDoubtedEventsAreStoredAtTheClock(t *testing.T) {
	got := foldLines(Options{}, userSays(0, "u"), withTime(-30, userSays(25*hour, "u")))
	assertSeries(t, got, []string{`bot_event_delay_seconds_sum 30`, `bot_traffic_messages_total{hour="11",weekday="7"} 1`, `bot_traffic_messages_total{hour="12",weekday="7"} 1`})
}
