package reference

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// at is a stored time: so many seconds after a Sunday noon.
func at(seconds float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

var lastID int

// on writes an event of bot b, chat c and a channel, stored after so many seconds and without a time of its own.
// More is members of data.
func on(channel string, seconds float64, kind, more string) string {
	lastID++
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(
		`{"specversion":"1.0","id":"%d","source":"s","type":"bot.%s","storedtime":"%s","data":{"bot":"b","channel":"%s","chat":"c"%s}}`,
		lastID, kind, at(seconds).Format(time.RFC3339Nano), channel, more)
}

func ev(seconds float64, kind, more string) string { return on("web", seconds, kind, more) }

func userSays(seconds float64, user string) string {
	return ev(seconds, "message.user", `"user":"`+user+`"`)
}

// withTime gives an event a time of its own.
func withTime(seconds float64, line string) string {
	return `{"time":"` + at(seconds).Format(time.RFC3339Nano) + `",` + line[1:]
}

func foldLines(opt Options, lines ...string) map[string]float64 {
	return Fold([]byte(strings.Join(lines, "\n")), opt)
}

// nonZero lists what is not zero of the metrics named, buckets of histograms apart, leaving out bot="b" and channel="web".
func nonZero(got map[string]float64, metrics ...string) []string {
	found := []string{}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		name, rest, _ := strings.Cut(k, "{")
		for _, suffix := range []string{"_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); slices.Contains(metrics, base) {
				name = base
			}
		}
		if !slices.Contains(metrics, name) || got[k] == 0 {
			continue
		}
		short := strings.NewReplacer(`bot="b",`, "", `channel="web",`, "", `,channel="web"`, "", `channel="web"`, "").Replace(rest)
		shown := strings.TrimSuffix(k, rest) + short
		found = append(found, fmt.Sprintf("%s %v", strings.TrimSuffix(shown, "{}"), got[k]))
	}
	return found
}

func TestNoMessages(t *testing.T) {
	got := foldLines(Options{})
	assert.Len(t, got, 13+6+1+2+1+1+1)
	assert.Contains(t, got, `bot_events_total{kind="chat.started"}`)
	assert.Contains(t, got, `bot_events_lost_total`)
	assert.Contains(t, got, `bot_events_duplicate_total`)
	assert.Contains(t, got, `bot_events_clamped_total{direction="past"}`)
}

func TestZeroSeriesOfAPair(t *testing.T) {
	before := foldLines(Options{})
	got := foldLines(Options{}, ev(0, "csat.offered", ""))
	for k := range before {
		delete(got, k)
	}
	counters := 5 + 3 + 5 + 2 + 3 + 5 + 2 + 2 + 3 + 6 + 6 + 9 + 25 + 168
	histograms := 11 + 12 + 12 + 2*10 + 10 + 10 + 6 + 10 + 9*2
	gauges := 3 + 3 + 3*3
	assert.Len(t, got, counters+histograms+gauges)
	assert.Contains(t, got, `bot_response_seconds_bucket{bot="b",channel="web",le="0.1",sender="bot"}`)
	assert.Contains(t, got, `bot_chat_user_messages_bucket{bot="b",channel="web",le="+Inf"}`)
	assert.Contains(t, got, `bot_traffic_messages_total{bot="b",channel="web",hour="00",weekday="7"}`)
	assert.Equal(t, 1.0, got[`bot_csat_offered_total{bot="b",channel="web"}`])
}

func TestOneChat(t *testing.T) {
	got := foldLines(Options{},
		ev(0, "chat.started", `"user":"u"`),
		userSays(10, "u"),
		userSays(11, "u"),
		ev(12.5, "message.bot", `"message":"m1","reviewable":true,"agent":{"id":"a","name":"A"}`),
		ev(13, "message.bot", `"message":"m2","fallback":true`),
		ev(20, "feedback.given", `"message":"m1","rating":"negative"`),
		ev(21, "feedback.given", `"message":"m1","rating":"negative"`),
		ev(22, "feedback.given", `"message":"m1","rating":"positive"`),
		ev(23, "feedback.given", `"message":"m2","rating":"neutral"`),
		ev(30, "handover.requested", ``),
		ev(31, "handover.requested", `"via":"ticket"`),
		ev(60, "handover.accepted", ``),
		ev(61, "handover.requested", `"cause":"direct"`),
		userSays(62, "u"),
		ev(63, "message.operator", ``),
		ev(70, "csat.submitted", `"score":4`),
		ev(80, "chat.ended", `"resolved":true`),
		ev(90, "feedback.given", `"message":"m1","rating":"positive"`),
	)
	assert.Equal(t, []string{
		`bot_agent_feedback_total{agent="A",kind="agent",rating="negative"} 1`,
		`bot_chat_duration_seconds_count 1`,
		`bot_chat_duration_seconds_sum 63`,
		`bot_chat_user_messages_count 1`,
		`bot_chat_user_messages_sum 3`,
		`bot_chats_ended_total{reason="explicit"} 1`,
		`bot_chats_feedback_total{mix="only_positive"} 1`,
		`bot_chats_outcome_total{outcome="escalated"} 1`,
		`bot_chats_started_total{initiator="user"} 1`,
		`bot_csat_score_count 1`,
		`bot_csat_score_sum 4`,
		`bot_fallbacks_total 1`,
		`bot_feedback_changes_total{from="negative",to="positive"} 1`,
		`bot_feedback_total{rating="negative"} 1`,
		`bot_feedback_total{rating="neutral"} 1`,
		`bot_handover_chats_total{via="takeover"} 1`,
		`bot_handover_first_response_seconds_count 1`,
		`bot_handover_first_response_seconds_sum 33`,
		`bot_handover_requests_total{cause="after_fallback",via="takeover"} 1`,
		`bot_handover_requests_total{cause="after_fallback",via="ticket"} 1`,
		`bot_handover_requests_total{cause="direct",via="takeover"} 1`,
		`bot_handover_unanswered_total 1`,
		`bot_handover_users_active{window="1d"} 1`,
		`bot_handover_users_active{window="30d"} 1`,
		`bot_handover_users_active{window="7d"} 1`,
		`bot_handover_wait_seconds_count 1`,
		`bot_handover_wait_seconds_sum 30`,
		`bot_message_inputs_total{input="text"} 3`,
		`bot_messages_total{sender="bot"} 2`,
		`bot_messages_total{sender="operator"} 1`,
		`bot_messages_total{sender="user"} 3`,
		`bot_response_seconds_count{sender="bot"} 1`,
		`bot_response_seconds_count{sender="operator"} 1`,
		`bot_response_seconds_sum{sender="bot"} 2.5`,
		`bot_response_seconds_sum{sender="operator"} 1`,
		`bot_reviewable_responses_total 1`,
		`bot_traffic_messages_total{hour="12",weekday="7"} 6`,
		`bot_users_new_total{browser="unknown",device="unknown"} 1`,
	}, nonZero(got,
		"bot_agent_feedback_total", "bot_agent_views_total", "bot_chat_duration_seconds", "bot_chat_user_messages", "bot_chats_ended_total",
		"bot_chats_feedback_total", "bot_chats_open", "bot_chats_outcome_total", "bot_chats_started_total", "bot_csat_offered_total",
		"bot_csat_score", "bot_fallbacks_total", "bot_feedback_changes_total", "bot_feedback_total", "bot_handover_chats_total", "bot_handover_first_response_seconds",
		"bot_handover_requests_total", "bot_handover_unanswered_total", "bot_handover_users_active", "bot_handover_wait_seconds",
		"bot_message_inputs_total", "bot_messages_total", "bot_response_seconds", "bot_reviewable_responses_total",
		"bot_traffic_messages_total", "bot_user_messages", "bot_user_returns_total", "bot_users_new_total"))
	for bound, want := range map[string]float64{"1": 0, "2.5": 1, "5": 1, "+Inf": 1} {
		assert.Equal(t, want, got[`bot_response_seconds_bucket{bot="b",channel="web",le="`+bound+`",sender="bot"}`], bound)
	}
}

func TestIdleClosing(t *testing.T) {
	other := func(seconds float64) string { return `{"storedtime":"` + at(seconds).Format(time.RFC3339Nano) + `"}` }
	closedWeb := []string{`bot_chats_ended_total{reason="idle"} 1`}
	closedWhatsapp := []string{`bot_chats_ended_total{channel="whatsapp",reason="idle"} 1`}
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"a moment before":            {[]string{userSays(0, "u"), other(1799.999)}, []string{}},
		"at the timeout":             {[]string{userSays(0, "u"), other(1800)}, closedWeb},
		"feedback is no activity":    {[]string{userSays(0, "u"), ev(60, "feedback.given", `"message":"m","rating":"neutral"`), other(1800)}, closedWeb},
		"acceptance is activity":     {[]string{userSays(0, "u"), ev(60, "handover.accepted", ""), other(1800)}, []string{}},
		"a late one arrived":         {[]string{userSays(0, "u"), withTime(-60, userSays(10, "u")), other(1809.999)}, []string{}},
		"timeout after it arrived":   {[]string{userSays(0, "u"), withTime(-60, userSays(10, "u")), other(1810)}, closedWeb},
		"an early one":               {[]string{withTime(60, userSays(0, "u")), other(1859.999)}, []string{}},
		"timeout after its time":     {[]string{withTime(60, userSays(0, "u")), other(1860)}, closedWeb},
		"late":                       {[]string{withTime(-7200, userSays(0, "u")), other(1799.999)}, []string{}},
		"a session apart in a burst": {[]string{withTime(-7200, userSays(0, "u")), withTime(-5400, userSays(0, "u"))}, closedWeb},
		"the same session":           {[]string{withTime(-7200, userSays(0, "u")), withTime(-5400.001, userSays(0, "u"))}, []string{}},
		"a vote of later":            {[]string{withTime(-7200, userSays(0, "u")), withTime(0, ev(0, "csat.submitted", `"score":5`))}, closedWeb},
		"an end of later":            {[]string{withTime(-7200, userSays(0, "u")), withTime(0, ev(0, "chat.ended", ``))}, closedWeb},
		"custom closes nothing":      {[]string{withTime(-7200, userSays(0, "u")), withTime(0, ev(0, "custom", `"event":"e"`))}, []string{}},
		"4 h for a takeover":         {[]string{userSays(0, "u"), ev(0, "handover.requested", ""), other(14399.999)}, []string{}},
		"and no more":                {[]string{userSays(0, "u"), ev(0, "handover.requested", ""), other(14400)}, closedWeb},
		"none for a ticket":          {[]string{userSays(0, "u"), ev(0, "handover.requested", `"via":"ticket"`), other(1800)}, closedWeb},
		"late, but none came since":  {[]string{withTime(-7200, userSays(0, "u"))}, []string{}},
		"clock does not go back":     {[]string{other(1800), withTime(0, userSays(0, "u")), other(-100), other(3599)}, []string{}},
		"whatsapp after a day":       {[]string{on("whatsapp", 0, "message.user", `"user":"u"`), other(86400)}, closedWhatsapp},
		"whatsapp not by the bot":    {[]string{on("whatsapp", 0, "message.user", `"user":"u"`), on("whatsapp", 9, "message.bot", ""), other(86400)}, closedWhatsapp},
		"whatsapp by requests":       {[]string{on("whatsapp", 0, "message.user", `"user":"u"`), on("whatsapp", 9, "handover.requested", ""), other(86400)}, []string{}},
		"whatsapp by clicks":         {[]string{on("whatsapp", 0, "message.user", `"user":"u"`), on("whatsapp", 9, "element.clicked", `"element":"link"`), other(86400)}, []string{}},
		"the chat reopens":           {[]string{userSays(0, "u"), userSays(1800, "u"), other(3600)}, []string{`bot_chats_ended_total{reason="idle"} 2`}},
		"starting again is activity": {[]string{userSays(0, "u"), ev(60, "chat.started", `"user":"v","device":"d"`), other(1800)}, []string{}},
		"rejected events move clock": {[]string{userSays(0, "u"), ev(1800, "nonsense", "")}, closedWeb},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, nonZero(foldLines(Options{}, test.lines...), "bot_chats_ended_total"))
		})
	}
}

func TestOutcomes(t *testing.T) {
	start, end := ev(0, "chat.started", `"user":"u"`), ev(9, "chat.ended", "")
	bot, fallback, says := ev(2, "message.bot", ""), ev(3, "message.bot", `"fallback":true`), userSays(1, "u")
	again := userSays(4, "u")
	resolved := ev(9, "chat.ended", `"resolved":true`)
	tests := map[string]struct {
		lines []string
		want  string
	}{
		"asked":                     {[]string{ev(1, "handover.requested", `"via":"ticket"`), resolved}, "escalated"},
		"operator wrote":            {[]string{says, ev(4, "message.operator", ""), resolved}, "escalated"},
		"operator took over":        {[]string{says, ev(4, "handover.accepted", ""), resolved}, "escalated"},
		"operator wrote to nobody":  {[]string{start, ev(4, "message.operator", ""), end}, "escalated"},
		"silent":                    {[]string{start, fallback, end}, "unengaged"},
		"silent, resolved":          {[]string{start, resolved}, "unengaged"},
		"resolved":                  {[]string{says, fallback, resolved}, "resolved"},
		"unanswered":                {[]string{says, bot, again, end}, "abandoned"},
		"fallback, then an answer":  {[]string{says, fallback, again, bot, ev(9, "chat.ended", `"resolved":false`)}, "contained"},
		"fallback, then buttons":    {[]string{says, fallback, bot, end}, "abandoned"},
		"buttons, then fallback":    {[]string{says, bot, fallback, end}, "abandoned"},
		"a click between":           {[]string{says, fallback, ev(4, "element.clicked", `"element":"link"`), bot, end}, "contained"},
		"an echo between":           {[]string{says, fallback, ev(4, "message.user", `"user":"u","input":"button"`), bot, end}, "contained"},
		"proactive answers nothing": {[]string{says, ev(4, "message.bot", `"proactive":true`), end}, "abandoned"},
		"proactive is no fallback":  {[]string{says, bot, ev(4, "message.bot", `"proactive":true,"fallback":true`), end}, "contained"},
		"proactive ends no run":     {[]string{says, fallback, ev(4, "message.bot", `"proactive":true`), bot, end}, "abandoned"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := nonZero(foldLines(Options{}, test.lines...), "bot_chats_outcome_total")
			assert.Equal(t, []string{`bot_chats_outcome_total{outcome="` + test.want + `"} 1`}, got)
		})
	}
}

func TestKindsThatOpenNothing(t *testing.T) {
	lines := []string{
		ev(0, "chat.ended", ""), ev(0, "feedback.given", `"message":"m","rating":"positive"`), ev(0, "csat.offered", ""),
		ev(0, "csat.submitted", `"score":1`), ev(0, "handover.accepted", ""), ev(0, "custom", `"event":"e"`),
	}
	got := foldLines(Options{}, lines...)
	assert.Equal(t, []string{`bot_feedback_total{rating="positive"} 1`},
		nonZero(got, "bot_chats_started_total", "bot_chats_open", "bot_chats_ended_total", "bot_feedback_total"))
	for _, kind := range []string{"chat.ended", "feedback.given", "csat.offered", "csat.submitted", "handover.accepted", "custom"} {
		assert.Equal(t, 1.0, got[`bot_events_total{kind="`+kind+`"}`], kind)
	}
}

func TestHandoverCause(t *testing.T) {
	fallback := ev(2, "message.bot", `"fallback":true`)
	help := ev(3, "element.clicked", `"element":"quick_reply","operator":true`)
	ask := ev(9, "handover.requested", "")
	tests := map[string]struct {
		lines []string
		want  string
	}{
		"nothing before":         {[]string{ask}, "direct"},
		"fallback":               {[]string{fallback, ask}, "after_fallback"},
		"button":                 {[]string{fallback, help, ask}, "operator_button"},
		"button, then its echo":  {[]string{help, ev(4, "message.user", `"user":"u","input":"button"`), ask}, "operator_button"},
		"echo alone":             {[]string{ev(4, "message.user", `"user":"u","input":"button"`), ask}, "direct"},
		"fallback and buttons":   {[]string{fallback, ev(4, "message.bot", ""), ask}, "after_fallback"},
		"fallback and words":     {[]string{fallback, userSays(4, "u"), ask}, "after_fallback"},
		"another answer":         {[]string{fallback, userSays(4, "u"), ev(5, "message.bot", ""), ask}, "direct"},
		"fallback unasked":       {[]string{ev(4, "message.bot", `"proactive":true,"fallback":true`), ask}, "direct"},
		"button, then words":     {[]string{help, userSays(4, "u"), ask}, "direct"},
		"button, then a link":    {[]string{help, ev(4, "element.clicked", `"element":"link"`), ask}, "direct"},
		"button, then an answer": {[]string{help, ev(4, "message.bot", ""), ask}, "operator_button"},
		"of the chat before":     {[]string{help, ev(4, "chat.ended", ""), ask}, "direct"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := nonZero(foldLines(Options{}, test.lines...), "bot_handover_requests_total")
			assert.Equal(t, []string{`bot_handover_requests_total{cause="` + test.want + `",via="takeover"} 1`}, got)
		})
	}
}

func TestFeedbackMix(t *testing.T) {
	tests := map[string][]string{
		"none":          {"neutral"},
		"only_positive": {"positive", "neutral"},
		"only_negative": {"negative"},
		"more_positive": {"positive", "negative", "positive"},
		"more_negative": {"positive", "negative", "negative"},
		"balanced":      {"positive", "negative", "neutral"},
	}
	for want, given := range tests {
		lines := []string{ev(0, "chat.started", `"user":"u"`)}
		for i, rating := range given {
			lines = append(lines, ev(1, "feedback.given", fmt.Sprintf(`"message":"m%d","rating":"%s"`, i, rating)))
		}
		lines = append(lines, ev(2, "chat.ended", ""))
		assert.Equal(t, []string{`bot_chats_feedback_total{mix="` + want + `"} 1`}, nonZero(foldLines(Options{}, lines...), "bot_chats_feedback_total"))
	}
}

func TestEviction(t *testing.T) {
	chat := func(seconds float64, chat string) string {
		return strings.Replace(userSays(seconds, "u"), `"chat":"c"`, `"chat":"`+chat+`"`, 1)
	}
	got := foldLines(Options{MaxChats: 2}, chat(0, "c1"), chat(1, "c2"), withTime(-9, chat(2, "c1")), withTime(-50, chat(3, "c3")), chat(4, "c1"))
	assert.Equal(t, []string{
		`bot_chat_user_messages_count 1`,
		`bot_chat_user_messages_sum 1`,
		`bot_chats_ended_total{reason="evicted"} 1`,
		`bot_chats_open 2`,
	}, nonZero(got, "bot_chats_ended_total", "bot_chats_open", "bot_chat_user_messages"))
}
