package reference

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestOvertaking(t *testing.T) {
	start := ev(0, "chat.started", `"user":"u"`)
	says := `"user":"u"`
	end := ev(99, "chat.ended", "")
	answered := func(sender string, n, seconds float64) []string {
		return []string{
			fmt.Sprintf(`bot_response_seconds_count{sender="%s"} %v`, sender, n),
			fmt.Sprintf(`bot_response_seconds_sum{sender="%s"} %v`, sender, seconds),
		}
	}
	contained, abandoned := `bot_chats_outcome_total{outcome="contained"} 1`, `bot_chats_outcome_total{outcome="abandoned"} 1`
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"10 s ago":            {[]string{start, ev(5, "message.bot", ""), withTime(3, ev(15, "message.user", says)), end}, append(answered("bot", 1, 2), contained)},
		"a nanosecond more":   {[]string{start, ev(5, "message.bot", ""), withTime(3, nanos(15, 1, "message.user", says)), end}, append(answered("bot", 0, 0), abandoned)},
		"of the same time":    {[]string{start, ev(5, "message.bot", ""), withTime(5, ev(6, "message.user", says)), end}, append(answered("bot", 0, 0), abandoned)},
		"it answers one":      {[]string{start, ev(5, "message.bot", ""), withTime(3, ev(6, "message.user", says)), withTime(4, ev(6, "message.user", says)), end}, append(answered("bot", 1, 2), abandoned)},
		"it had answered":     {[]string{userSays(1, "u"), ev(5, "message.bot", ""), withTime(3, ev(6, "message.user", says)), end}, append(answered("bot", 1, 4), abandoned)},
		"the last of two":     {[]string{userSays(1, "u"), ev(4, "message.bot", ""), ev(5, "message.bot", ""), withTime(3, ev(6, "message.user", says)), end}, append(answered("bot", 2, 3+2), contained)},
		"fallback alone":      {[]string{start, ev(1, "message.bot", `"fallback":true`), ev(5, "message.bot", ""), withTime(3, ev(6, "message.user", says)), end}, []string{contained}},
		"fallback that did":   {[]string{start, ev(1, "message.bot", ""), ev(5, "message.bot", `"fallback":true`), withTime(3, ev(6, "message.user", says)), ev(7, "message.bot", ""), end}, []string{abandoned}},
		"not by a template":   {[]string{start, ev(5, "message.bot", `"proactive":true`), withTime(3, ev(6, "message.user", says)), end}, append(answered("bot", 0, 0), abandoned)},
		"not by an operator":  {[]string{start, ev(5, "message.operator", ""), withTime(3, ev(6, "message.user", says)), end}, answered("operator", 0, 0)},
		"before the chat was": {[]string{ev(5, "message.bot", ""), withTime(3, ev(6, "message.user", says)), end}, append(answered("bot", 1, 2), contained, `bot_chat_duration_seconds_sum 2`)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assertSeries(t, foldLines(Options{}, test.lines...), test.want) })
	}
}

// nanos writes an event stored so many nanoseconds after a second.
func nanos(seconds float64, more time.Duration, kind, data string) string {
	return storedAgain(ev(seconds, kind, data), at(seconds), at(seconds).Add(more))
}

func TestAcceptances(t *testing.T) {
	start := ev(0, "chat.started", `"user":"u"`)
	end := ev(20_000, "chat.ended", "")
	wait := func(n, seconds, unanswered float64) []string {
		return []string{
			fmt.Sprintf(`bot_handover_wait_seconds_count %v`, n), fmt.Sprintf(`bot_handover_wait_seconds_sum %v`, seconds),
			fmt.Sprintf(`bot_handover_unanswered_total %v`, unanswered),
		}
	}
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"10 s ago":           {[]string{start, ev(5, "handover.accepted", ""), withTime(3, ev(15, "handover.requested", "")), end}, wait(1, 2, 0)},
		"of the same time":   {[]string{start, ev(5, "handover.accepted", ""), withTime(5, ev(6, "handover.requested", "")), end}, wait(1, 0, 0)},
		"more than 10 s ago": {[]string{start, ev(5, "handover.accepted", ""), withTime(3, ev(15.001, "handover.requested", "")), end}, wait(0, 0, 1)},
		"earlier":            {[]string{start, withTime(4.999, ev(5, "handover.accepted", "")), withTime(5, ev(6, "handover.requested", "")), end}, wait(0, 0, 1)},
		"it accepts one":     {[]string{start, ev(5, "handover.accepted", ""), withTime(3, ev(6, "handover.requested", "")), withTime(4, ev(6, "handover.requested", "")), end}, wait(1, 2, 1)},
		"it had accepted":    {[]string{start, ev(1, "handover.requested", ""), ev(5, "handover.accepted", ""), withTime(3, ev(6, "handover.requested", "")), end}, wait(1, 4, 1)},
		"not a ticket":       {[]string{start, ev(5, "handover.accepted", ""), withTime(3, ev(6, "handover.requested", `"via":"ticket"`)), end}, wait(0, 0, 0)},
		"from the first":     {[]string{ev(1, "handover.requested", ""), ev(5, "handover.requested", ""), ev(9, "handover.accepted", ""), end}, wait(1, 8, 0)},
		"negative":           {[]string{ev(9, "handover.requested", ""), withTime(5, ev(9, "handover.accepted", "")), end}, wait(1, 0, 0)},
		"no chat":            {[]string{ev(5, "handover.accepted", ""), withTime(3, ev(6, "handover.requested", "")), end}, wait(0, 0, 1)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assertSeries(t, foldLines(Options{}, test.lines...), test.want) })
	}
}

func TestFirstResponseAndWaitsNow(t *testing.T) {
	other := func(line string) string { return in("d", line) }
	got := foldLines(Options{},
		ev(0, "message.operator", `"user":"u"`), ev(10, "handover.requested", `"via":"ticket"`), ev(20, "handover.requested", ""),
		ev(25, "handover.requested", ""), ev(50, "message.operator", ""), ev(60, "message.operator", ""),
		other(ev(30, "handover.requested", "")), other(ev(90, "handover.requested", "")),
		in("e", ev(30, "handover.requested", `"via":"ticket"`)), ev(100, "csat.offered", ""))
	assertSeries(t, got, []string{
		`bot_handover_first_response_seconds_count 1`, `bot_handover_first_response_seconds_sum 30`,
		`bot_handover_waiting 2`, `bot_handover_oldest_wait_seconds 80`, `bot_handover_chats_total{via="ticket"} 2`, `bot_handover_chats_total{via="takeover"} 1`,
	})
}

func TestOutreach(t *testing.T) {
	template := ev(0, "message.bot", `"proactive":true,"user":"u"`)
	idle := in("z", ev(hour, "csat.offered", ""))
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"ignored":            {[]string{template, idle}, []string{`bot_outreach_total{result="ignored"} 1`, `bot_chats_started_total{initiator="bot"} 0`, `bot_chats_ended_total{reason="idle"} 0`, `bot_users_new_total{browser="unknown",device="unknown"} 0`}},
		"closed, ignored":    {[]string{template, ev(1, "chat.ended", "")}, []string{`bot_outreach_total{result="ignored"} 1`, `bot_chats_ended_total{reason="explicit"} 0`}},
		"not decided yet":    {[]string{template}, []string{`bot_outreach_total{result="ignored"} 0`, `bot_chats_open 0`}},
		"a click":            {[]string{template, ev(1, "element.clicked", `"element":"link"`)}, []string{`bot_outreach_total{result="replied"} 1`, `bot_chats_started_total{initiator="bot"} 1`, `bot_chats_open 1`}},
		"a start":            {[]string{template, ev(1, "chat.started", `"user":"u"`), userSays(2, "u"), idle}, []string{`bot_outreach_total{result="replied"} 0`, `bot_outreach_total{result="ignored"} 0`, `bot_chats_started_total{initiator="user"} 1`}},
		"not the first":      {[]string{ev(0, "message.bot", ""), template, userSays(2, "u")}, []string{`bot_outreach_total{result="replied"} 1`}},
		"after the start":    {[]string{userSays(0, "u"), template, userSays(2, "u")}, []string{`bot_outreach_total{result="replied"} 0`, `bot_chats_started_total{initiator="user"} 1`}},
		"of a chat before":   {[]string{template, ev(1, "chat.ended", ""), userSays(2, "u")}, []string{`bot_outreach_total{result="replied"} 0`, `bot_outreach_total{result="ignored"} 1`, `bot_chats_started_total{initiator="user"} 1`}},
		"an operator's word": {[]string{ev(0, "message.operator", ""), idle}, []string{`bot_outreach_total{result="ignored"} 0`, `bot_chats_started_total{initiator="user"} 0`, `bot_chats_outcome_total{outcome="escalated"} 0`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assertSeries(t, foldLines(Options{}, test.lines...), test.want) })
	}
}

func TestRatingsAreRemembered(t *testing.T) {
	const week = 7 * 24 * hour
	rate := func(seconds float64, message, rating string) string {
		return withTime(seconds, ev(seconds, "feedback.given", `"message":"`+message+`","rating":"`+rating+`"`))
	}
	sent := func(seconds float64, message, more string) string {
		return withTime(seconds, ev(seconds, "message.bot", `"message":"`+message+`"`+more))
	}
	agent := `,"agent":{"id":"a"}`
	byAgent := `bot_agent_feedback_total{agent="a",kind="agent",rating="positive"} `
	first := func(n float64) string { return fmt.Sprintf(`bot_feedback_total{rating="positive"} %v`, n) }
	mix := func(name string) string { return `bot_chats_feedback_total{mix="` + name + `"} 1` }
	start, end := ev(0, "chat.started", `"user":"u"`), ev(9, "chat.ended", "")
	tests := map[string]struct {
		opt   Options
		lines []string
		want  []string
	}{
		"a week less a moment": {Options{}, []string{rate(0, "m", "positive"), rate(week-0.001, "m", "positive")}, []string{first(1)}},
		"a week":               {Options{}, []string{rate(0, "m", "positive"), rate(week, "m", "positive")}, []string{first(2)}},
		"touched by a rating":  {Options{}, []string{rate(0, "m", "positive"), rate(week-1, "m", "positive"), rate(week+9, "m", "positive")}, []string{first(1)}},
		"touched by sending":   {Options{}, []string{rate(0, "m", "positive"), sent(week-1, "m", `,"reviewable":true`), rate(week+9, "m", "positive")}, []string{first(1)}},
		"not by a plain one":   {Options{}, []string{rate(0, "m", "positive"), sent(week-1, "m", ``), rate(week+9, "m", "positive")}, []string{first(2)}},
		"agent of the message": {Options{}, []string{sent(0, "m", agent), rate(1, "m", "positive"), rate(2, "m", "negative")}, []string{byAgent + "1"}},
		"agent a week later":   {Options{}, []string{sent(0, "m", agent), rate(week, "m", "positive")}, []string{byAgent + "0", first(1)}},
		"agent of the last":    {Options{}, []string{sent(0, "m", `,"agent":{"id":"b"}`), sent(0, "m", agent), sent(0, "m", `,"reviewable":true`), rate(1, "m", "positive")}, []string{byAgent + "1"}},
		"agent of the event":   {Options{}, []string{sent(0, "m", `,"agent":{"id":"b"}`), ev(1, "feedback.given", `"message":"m","rating":"positive"`+agent)}, []string{byAgent + "1"}},
		"of the chat":          {Options{}, []string{rate(0, "m", "positive"), in("d", rate(0, "m", "positive"))}, []string{first(2)}},
		"least recent goes":    {Options{FeedbackMax: 2}, []string{rate(0, "m", "positive"), rate(0, "n", "positive"), rate(0, "m", "positive"), rate(0, "o", "positive"), rate(0, "m", "positive"), rate(0, "n", "positive")}, []string{first(4)}},
		"mix: changed":         {Options{}, []string{start, rate(1, "m", "positive"), rate(2, "m", "negative"), end}, []string{mix("only_negative")}},
		"mix: to neutral":      {Options{}, []string{start, rate(1, "m", "positive"), rate(2, "m", "neutral"), end}, []string{mix("none")}},
		"mix: twice the same":  {Options{}, []string{start, rate(1, "m", "positive"), rate(1, "m", "positive"), rate(2, "n", "negative"), end}, []string{mix("balanced")}},
		"mix: of a session before": {
			Options{},
			[]string{start, rate(1, "m", "positive"), end, ev(10, "chat.started", `"user":"u"`), rate(11, "m", "negative"), ev(12, "chat.ended", "")},
			[]string{mix("only_positive"), mix("only_negative"), `bot_feedback_changes_total{from="positive",to="negative"} 1`},
		},
		"mix: the same in a session after": {
			Options{},
			[]string{start, rate(1, "m", "positive"), end, ev(10, "chat.started", `"user":"u"`), rate(11, "m", "positive"), rate(12, "m", "negative"), rate(13, "n", "positive"), ev(14, "chat.ended", "")},
			[]string{mix("only_positive"), mix("balanced")},
		},
		"mix: after the close, then open": {
			Options{},
			[]string{start, end, rate(10, "m", "positive"), ev(11, "chat.started", `"user":"u"`), rate(12, "m", "negative"), ev(13, "chat.ended", "")},
			[]string{mix("none"), mix("only_negative")},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assertSeries(t, foldLines(test.opt, test.lines...), test.want) })
	}
}

func TestVotes(t *testing.T) {
	const week = 7 * 24 * hour
	vote := func(seconds float64, score string) string {
		return withTime(seconds, ev(seconds, "csat.submitted", `"user":"u","score":`+score))
	}
	start := func(seconds float64) string { return ev(seconds, "chat.started", `"user":"u"`) }
	end := func(seconds float64) string { return ev(seconds, "chat.ended", "") }
	votes := func(n, sum float64) []string {
		return []string{fmt.Sprintf(`bot_csat_score_count %v`, n), fmt.Sprintf(`bot_csat_score_sum %v`, sum)}
	}
	change := func(from, to string) string { return `bot_csat_changes_total{from="` + from + `",to="` + to + `"} 1` }
	tests := map[string]struct {
		opt   Options
		lines []string
		want  []string
	}{
		"after the close":     {Options{}, []string{start(0), vote(1, "2"), end(2), vote(3, "5")}, append(votes(1, 2), change("2", "5"))},
		"only after":          {Options{}, []string{start(0), end(2), vote(3, "5.0"), vote(4, "5")}, votes(1, 5)},
		"of another session":  {Options{}, []string{start(0), vote(1, "2"), end(2), start(3), vote(4, "5")}, votes(2, 7)},
		"opened by the bot":   {Options{}, []string{start(0), vote(1, "2"), end(2), ev(3, "message.bot", ""), vote(4, "5")}, votes(2, 7)},
		"three":               {Options{}, []string{vote(1, "2"), vote(2, "5"), vote(3, "1"), vote(4, "1")}, append(votes(1, 2), change("2", "5"), change("5", "1"))},
		"a week later":        {Options{}, []string{vote(0, "2"), vote(week, "2")}, votes(2, 4)},
		"after the last vote": {Options{}, []string{vote(0, "2"), vote(week-1, "2"), vote(week+9, "3")}, append(votes(1, 2), change("2", "3"))},
		"least recent goes":   {Options{FeedbackMax: 1}, []string{vote(0, "2"), in("d", vote(1, "2")), vote(2, "2")}, votes(3, 6)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { assertSeries(t, foldLines(test.opt, test.lines...), test.want) })
	}
}

func TestWhoAskedIsSeenLater(t *testing.T) {
	asked := func(lines ...string) float64 {
		return sum(foldLines(Options{}, lines...), "bot_handover_users_active") / 3
	}
	ask := ev(0, "handover.requested", "")
	assert.Equal(t, 0.0, asked(ask))
	assert.Equal(t, 1.0, asked(ask, userSays(1, "u"), userSays(2, "v")), "the first alone")
	assert.Equal(t, 1.0, asked(ask, ev(1, "message.bot", `"user":"u"`), ev(2, "csat.submitted", `"score":1`)), "at the next sighting")
	assert.Equal(t, 0.0, asked(ask, ev(1, "chat.ended", ""), userSays(2, "u")), "in that chat")
	assert.Equal(t, 2.0, asked(ask, userSays(1, "u"), ev(2, "handover.requested", `"user":"v"`)))
}

func TestShrink(t *testing.T) {
	list := []int{}
	for n := range 100 {
		list = append(list, n)
	}
	runs := 0
	has := func(some []int) bool {
		runs++
		found := 0
		for _, n := range some {
			if n == 13 || n == 14 || n == 57 {
				found++
			}
		}
		return found == 3
	}
	assert.Equal(t, []int{13, 14, 57}, Shrink(list, has))
	assert.Less(t, runs, 100)
	assert.Empty(t, Shrink(list, func([]int) bool { return true }))
}
