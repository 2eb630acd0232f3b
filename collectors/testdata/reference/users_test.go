package reference

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	hour = 3600.0
	day  = 24 * hour
)

// quiet moves the clock and nothing else; its time bears witness to a jump.
func quiet(seconds float64) string { return withTime(seconds, ev(seconds, "csat.offered", "")) }

func TestWindows(t *testing.T) {
	active := func(end float64) []string {
		return nonZero(foldLines(Options{}, userSays(0, "u"), userSays(day, "u"), ev(day, "handover.requested", ""), quiet(end)),
			"bot_users_active", "bot_users_cohort", "bot_handover_users_active", "bot_user_returns_total", "bot_users_new_total")
	}
	everything := []string{
		`bot_handover_users_active{window="1d"} 1`,
		`bot_handover_users_active{window="30d"} 1`,
		`bot_handover_users_active{window="7d"} 1`,
		`bot_user_returns_total 1`,
		`bot_users_active{browser="unknown",device="unknown",window="1d"} 1`,
		`bot_users_active{browser="unknown",device="unknown",window="30d"} 1`,
		`bot_users_active{browser="unknown",device="unknown",window="7d"} 1`,
		`bot_users_cohort{cohort="active",window="1d"} 1`,
		`bot_users_cohort{cohort="active",window="30d"} 1`,
		`bot_users_cohort{cohort="active",window="7d"} 1`,
		`bot_users_cohort{cohort="new",window="30d"} 1`,
		`bot_users_cohort{cohort="new",window="7d"} 1`,
		`bot_users_cohort{cohort="returning",window="1d"} 1`,
		`bot_users_cohort{cohort="returning",window="30d"} 1`,
		`bot_users_cohort{cohort="returning",window="7d"} 1`,
		`bot_users_new_total{browser="unknown",device="unknown"} 1`,
	}
	without := func(window string) []string {
		kept := []string{}
		for _, line := range everything {
			if !strings.Contains(line, `window="`+window+`"`) {
				kept = append(kept, line)
			}
		}
		return kept
	}
	assert.Equal(t, everything, active(2*day-1), "the hour of the sighting is still in the window")
	assert.Equal(t, without("1d"), active(2*day))
	assert.Contains(t, foldLines(Options{}, userSays(0, "u"), quiet(day)), `bot_users_active{bot="b",browser="unknown",channel="web",device="unknown",window="1d"}`)
}

func TestRetention(t *testing.T) {
	newUsers := func(again float64) []string {
		return nonZero(foldLines(Options{}, userSays(0, "u"), withTime(again, userSays(again, "u"))), "bot_users_new_total", "bot_user_returns_total")
	}
	one := `bot_users_new_total{browser="unknown",device="unknown"} `
	assert.Equal(t, []string{"bot_user_returns_total 1", one + "1"}, newUsers(400*day-1))
	assert.Equal(t, []string{one + "2"}, newUsers(400*day))
}

func TestWhoIsSeen(t *testing.T) {
	ua := `"user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"`
	tests := map[string]struct {
		lines []string
		want  []string // browser, device
	}{
		"message of the bot":  {[]string{ev(0, "message.bot", `"user":"u"`)}, nil},
		"click without user":  {[]string{ev(0, "element.clicked", `"element":"link"`)}, nil},
		"user of the chat":    {[]string{ev(0, "message.bot", `"user":"u"`), ev(1, "element.clicked", `"element":"link"`)}, []string{"unknown", "unknown"}},
		"by custom":           {[]string{ev(0, "message.bot", ""), ev(0, "custom", `"event":"e","user":"u","device":"d"`), ev(1, "csat.submitted", `"score":1`)}, nil},
		"by an offer":         {[]string{ev(0, "message.bot", ""), ev(0, "csat.offered", `"user":"u","device":"d"`), ev(1, "csat.submitted", `"score":1`)}, []string{"unknown", "d"}},
		"chat is not open":    {[]string{ev(0, "csat.submitted", `"score":1,"user":"u"`)}, []string{"unknown", "unknown"}},
		"given":               {[]string{ev(0, "chat.started", `"user":"u","device":"d",`+ua)}, []string{"Firefox", "d"}},
		"derived":             {[]string{ev(0, "message.bot", ua), userSays(1, "u")}, []string{"Firefox", "desktop"}},
		"derived hides given": {[]string{ev(0, "message.bot", `"device":"d","browser":"x"`), ev(1, "message.bot", ua), userSays(1, "u")}, []string{"Firefox", "desktop"}},
		"nothing derived":     {[]string{ev(0, "message.bot", ua), ev(1, "message.user", `"user":"u","user_agent":"curl"`)}, []string{"other", "other"}},
		"bot":                 {[]string{ev(1, "message.user", `"user":"u","user_agent":"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"`)}, []string{"Googlebot", "bot"}},
		"empty user agent":    {[]string{ev(0, "message.bot", ua), ev(1, "message.user", `"user":"u","user_agent":""`)}, []string{"Firefox", "desktop"}},
		"closed in between":   {[]string{ev(0, "message.bot", ua), ev(1, "chat.ended", ""), userSays(1, "u")}, []string{"unknown", "unknown"}},
		"of the person":       {[]string{ev(0, "message.bot", `"user":"u",`+ua), ev(1, "chat.ended", ""), userSays(1, "u")}, []string{"Firefox", "desktop"}},
		"empty names":         {[]string{ev(0, "message.bot", `"user":"u",`+ua), ev(1, "message.user", `"user":"u","device":"","browser":null`)}, []string{"Firefox", "desktop"}},
		"second start":        {[]string{ev(0, "message.bot", ""), ev(1, "chat.started", `"user":"u"`), ev(2, "element.clicked", `"element":"link"`)}, []string{"unknown", "unknown"}},
		"control characters":  {[]string{ev(0, "chat.started", `"user":"u","device":"\u0007 d\u0007\u0085\u00a0 e\n","browser":"`+strings.Repeat("é", 63)+`é"`)}, []string{strings.Repeat("é", 64), "d e"}},
	}
	for name, test := range tests {
		want := []string{}
		if test.want != nil {
			want = append(want, `bot_users_new_total{browser="`+test.want[0]+`",device="`+test.want[1]+`"} 1`)
		}
		assert.Equal(t, want, nonZero(foldLines(Options{}, test.lines...), "bot_users_new_total"), name)
	}
}

// TestVisits: a visit begins half an hour or more after the last sighting, in whole minutes of event times.
func TestVisits(t *testing.T) {
	tests := map[string]struct {
		lines []string
		want  float64
	}{
		"29 minutes":         {[]string{userSays(59, "u"), userSays(1799, "u")}, 0},
		"30 by the minute":   {[]string{userSays(59, "u"), userSays(1800, "u")}, 1},
		"30":                 {[]string{userSays(0, "u"), userSays(1800, "u")}, 1},
		"two tabs":           {[]string{userSays(0, "u"), strings.Replace(userSays(9, "u"), `"chat":"c"`, `"chat":"d"`, 1)}, 0},
		"one chat, hours on": {[]string{on("whatsapp", 0, "message.user", `"user":"u"`), on("whatsapp", 9*hour, "message.user", `"user":"u"`)}, 1},
		"a late one":         {[]string{userSays(hour, "u"), withTime(0, userSays(hour, "u"))}, 0},
		"late, in order":     {[]string{withTime(-hour, userSays(0, "u")), userSays(0, "u")}, 1},
		"ahead of the clock": {[]string{withTime(299, userSays(0, "u")), userSays(1800, "u")}, 1},
		"another user":       {[]string{userSays(0, "u"), userSays(hour, "v")}, 0},
		"another device":     {[]string{ev(0, "message.user", `"user":"u","device":"d"`), ev(hour, "message.user", `"user":"u","device":"e"`)}, 0},
		"by a vote":          {[]string{userSays(0, "u"), ev(hour, "csat.submitted", `"score":1,"user":"u"`)}, 1},
		"not by the bot":     {[]string{userSays(0, "u"), ev(hour, "message.bot", `"user":"u"`), userSays(1799, "u")}, 0},
	}
	for name, test := range tests {
		assert.Equal(t, test.want, sum(foldLines(Options{}, test.lines...), "bot_user_returns_total"), name)
	}
}

// TestRenaming: a user seen without a device or browser becomes the user under the name when the first one is named.
func TestRenaming(t *testing.T) {
	says := func(seconds float64, more string) string { return ev(seconds, "message.user", `"user":"u"`+more) }
	active := func(device, browser string) string {
		return `bot_users_active{browser="` + browser + `",device="` + device + `",window="1d"} 1`
	}
	window := []Window{{"1d", 24 * time.Hour}}
	tests := map[string]struct {
		lines []string
		want  []string
	}{
		"device":              {[]string{says(0, ``), says(1, `,"device":"d"`)}, []string{active("d", "unknown")}},
		"both at once":        {[]string{says(0, ``), says(1, `,"device":"d","browser":"b"`)}, []string{active("d", "b")}},
		"one after the other": {[]string{says(0, ``), says(1, `,"browser":"b"`), says(2, `,"device":"d"`)}, []string{active("d", "b")}},
		"later names do not":  {[]string{says(0, ``), says(1, `,"device":"d"`), says(2, `,"device":"e"`)}, []string{active("d", "unknown"), active("e", "unknown")}},
		"by the bot":          {[]string{says(0, ``), ev(1, "message.bot", `"device":"d"`)}, []string{active("d", "unknown")}},
		"by a vote elsewhere": {[]string{says(0, ``), ev(1, "chat.ended", ""), ev(2, "csat.submitted", `"score":3,"user":"u","device":"d"`)}, []string{active("d", "unknown")}},
		"known already": {
			// The chat's device is not the person's: it was named before anybody knew who writes.
			[]string{says(0, ``), ev(1, "chat.ended", ""), ev(2, "message.bot", `"device":"d"`), says(3, ``), says(4, `,"device":"d"`)},
			[]string{active("d", "unknown"), active("unknown", "unknown")},
		},
		"of another person": {[]string{says(0, ``), ev(1, "message.user", `"user":"v","device":"d"`)}, []string{active("d", "unknown"), active("unknown", "unknown")}},
	}
	for name, test := range tests {
		got := foldLines(Options{Windows: window}, test.lines...)
		assert.Equal(t, test.want, nonZero(got, "bot_users_active"), name)
		assert.Equal(t, float64(len(test.want)), sum(got, "bot_users_new_total"), name)
	}
	got := foldLines(Options{}, append(tests["both at once"].lines, quiet(day))...)
	assert.Equal(t, []string{`bot_user_messages_count 1`, `bot_user_messages_sum 2`}, nonZero(got, "bot_user_messages"))
	assert.Equal(t, []string{`bot_users_new_total{browser="unknown",device="unknown"} 1`}, nonZero(got, "bot_users_new_total"))
}

func TestMessagesPerDay(t *testing.T) {
	lines := []string{
		userSays(0, "u"), userSays(0, "u"), userSays(0, "v"),
		withTime(11*hour, userSays(12*hour, "u")), quiet(30 * hour), quiet(50 * hour), quiet(70 * hour), // the clock says the next day, the event does not
		withTime(100*hour, userSays(100*hour, "v")), userSays(50*hour, "v"),
		quiet(200 * hour),
	}
	got := foldLines(Options{}, lines...)
	assert.Equal(t, []string{`bot_user_messages_count 4`, `bot_user_messages_sum 6`}, nonZero(got, "bot_user_messages"))
	assert.Equal(t, 2.0, got[`bot_user_messages_bucket{bot="b",channel="web",le="1"}`])
}

func TestLimits(t *testing.T) {
	click := func(title, destination string) string {
		return ev(0, "element.clicked", `"element":"link","title":"`+title+`","destination":"`+destination+`"`)
	}
	agent := func(id string) string { return ev(0, "agent.triggered", `"agent":{"id":"`+id+`"}`) }
	got := foldLines(Options{MaxClicks: 2, MaxAgents: 1, MaxDevices: 1, MaxEvents: 1},
		click("a", "x"), click("a", "y"), click("b", "x"), click("a", "x"), click("b", "x"),
		agent("a"), agent("b"),
		ev(0, "feedback.given", `"message":"m","rating":"positive","agent":{"id":"a"}`),
		ev(0, "feedback.given", `"message":"n","rating":"positive","agent":{"id":"c"}`),
		ev(0, "custom", `"event":"e"`), ev(0, "custom", `"event":"f"`),
		ev(0, "message.user", `"user":"u"`), ev(0, "message.user", `"user":"v","device":"d"`), ev(0, "message.user", `"user":"v","device":"e"`),
	)
	assert.Equal(t, []string{
		`bot_agent_feedback_total{agent="__other__",kind="agent",rating="positive"} 1`,
		`bot_agent_feedback_total{agent="a",kind="agent",rating="positive"} 1`,
		`bot_agent_views_total{agent="__other__",kind="agent"} 1`,
		`bot_agent_views_total{agent="a",kind="agent"} 1`,
		`bot_clicks_total{destination="__other__",element="link",target="other",title="__other__"} 2`,
		`bot_clicks_total{destination="x",element="link",target="other",title="a"} 2`,
		`bot_clicks_total{destination="y",element="link",target="other",title="a"} 1`,
		`bot_custom_events_total{event="__other__"} 1`,
		`bot_custom_events_total{event="e"} 1`,
		`bot_label_overflow_total{label="agent",metric="bot_agent_feedback_total"} 1`,
		`bot_label_overflow_total{label="agent",metric="bot_agent_views_total"} 1`,
		`bot_label_overflow_total{label="destination",metric="bot_clicks_total"} 2`,
		`bot_label_overflow_total{label="device",metric="bot_users_new_total"} 1`,
		`bot_label_overflow_total{label="event",metric="bot_custom_events_total"} 1`,
		`bot_label_overflow_total{label="title",metric="bot_clicks_total"} 2`,
		`bot_users_new_total{browser="unknown",device="__other__"} 1`,
		`bot_users_new_total{browser="unknown",device="unknown"} 1`,
	}, nonZero(got, "bot_agent_feedback_total", "bot_agent_views_total", "bot_clicks_total", "bot_custom_events_total",
		"bot_label_overflow_total", "bot_users_new_total"))
}

func TestBotsBeyondTheLimitShareSeriesButNotChats(t *testing.T) {
	by := func(bot, line string) string { return strings.Replace(line, `"bot":"b"`, `"bot":"`+bot+`"`, 1) }
	got := foldLines(Options{MaxBots: 1}, userSays(0, "u"), by("b2", userSays(0, "u")), by("b3", userSays(0, "u")))
	assert.Equal(t, []string{
		`bot_chats_open{bot="__other__"} 2`,
		`bot_chats_open 1`,
		`bot_users_new_total{bot="__other__",browser="unknown",device="unknown"} 2`,
		`bot_users_new_total{browser="unknown",device="unknown"} 1`,
	}, nonZero(got, "bot_chats_open", "bot_users_new_total"))
}

func TestCleanDestination(t *testing.T) {
	tests := []struct{ destination, want string }{
		{"https://user:pw@example.com:8443/a%2Fb?q=1#f", "https://example.com:8443/a%2Fb"},
		{"https://a@b@example.com", "https://example.com"},
		{"https://example.com#a?b", "https://example.com"},
		{"https://example.com/a;jsessionid=1?c", "https://example.com/a"},
		{"https://example.com/a@b?c@d", "https://example.com/a@b"},
		{"HTTPS://u@Example.com/è ü", "HTTPS://Example.com/è ü"},
		{" \u0007https://u@example.com?q", "https://example.com"},
		{"https://" + strings.Repeat("u", 200) + "@example.com", "https://example.com"},
		{"example.com/a?b", "example.com/a"},
		{"/account?token=1", "/account"},
		{"//u@example.com/a?b", "//example.com/a"},
		{"mailto:u@example.com?subject=s", "mailto:u@example.com"},
		{"sms:+390000?body=x", "sms:+390000"},
		{"see https://u@example.com ?q", "see https://example.com"},
		{"a//b:https://u@example.com", "a//b:https://u@example.com"},
		{";", ""},
		{"", ""},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, cleanDestination(test.destination), test.destination)
	}
}

func TestKey(t *testing.T) {
	assert.Equal(t, `m{a="\\x\"\n",b="é"}`, key("m", labels{"b": "é", "a": "\\x\"\n"}))
	assert.Equal(t, strings.Repeat("日", 42), cleanLabel(strings.Repeat("日", 43)))
	assert.Equal(t, strings.Repeat("x", 127), cleanLabel(strings.Repeat("x", 127)+"\n\ty"), "no space at the end of what was cut")
	assert.Equal(t, "a b", cleanLabel("\u2003a\r\n\u0000 b\u00a0"))
}
