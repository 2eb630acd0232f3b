package reference

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	good   = `{"specversion":"1.0","id":"i","source":"s","type":"bot.message.bot","time":"2026-03-01T12:00:00Z","data":{"bot":"b","channel":"web","chat":"c"}}`
	survey = `{"specversion":"1.0","id":"i","source":"s","type":"bot.csat.submitted","data":{"bot":"b","channel":"web","chat":"c","score":5}}`
	rating = `{"specversion":"1.0","id":"i","source":"s","type":"bot.feedback.given","data":{"bot":"b","channel":"web","chat":"c","message":"m","rating":"positive"}}`
	click  = `{"specversion":"1.0","id":"i","source":"s","type":"bot.element.clicked","data":{"bot":"b","channel":"web","chat":"c","element":"link"}}`
	ran    = `{"specversion":"1.0","id":"i","source":"s","type":"bot.agent.triggered","data":{"bot":"b","channel":"web","chat":"c","agent":{"id":"a"}}}`
	order  = `{"specversion":"1.0","id":"i","source":"s","type":"bot.custom","data":{"bot":"b","channel":"web","event":"e"}}`
	said   = `{"specversion":"1.0","id":"i","source":"s","type":"bot.message.user","data":{"bot":"b","channel":"web","chat":"c","user":"u"}}`
)

func TestReasons(t *testing.T) {
	long := strings.Repeat("x", 129)
	tests := []struct {
		line, old, new string
		want           reason // empty: applied
	}{
		{good, "", "", ""},
		{good, `{"spec`, `{"pad":"` + strings.Repeat("x", 65536-len(good)-9) + `","spec`, ""},
		{good, `{"spec`, `{"pad":"` + strings.Repeat("x", 65536-len(good)-8) + `","spec`, tooLarge},
		{good, good, strings.Repeat("x", 65537), tooLarge},
		{good, good, "", malformed},
		{good, `"}}`, `"}`, malformed},
		{good, `"}}`, `"}}x`, malformed},
		{good, `"}}`, "\"}} \r", ""},
		{good, `"}}`, "\"}}\xff", malformed},
		{good, `"i"`, "\"i\xc3\"", malformed},
		{good, `{"spec`, `{"id":"j","spec`, malformed},
		{good, `{"spec`, `{"\u0069d":"j","spec`, malformed},
		{good, `{"spec`, `{"x":[{"a":{"b":1,"b":1}}],"spec`, malformed},
		{good, `{"spec`, `{"x":` + nested(63) + `,"spec`, ""},
		{good, `{"spec`, `{"x":` + nested(64) + `,"spec`, malformed},
		{good, `{"spec`, `{"x":"\ud800","spec`, ""},
		{good, good, nested(64), notCloudEvent},
		{good, good, nested(65), malformed},
		{good, good, `"text"`, notCloudEvent},
		{good, good, `null`, notCloudEvent},
		{good, `"1.0"`, `"1.1"`, notCloudEvent},
		{good, `"1.0"`, `1.0`, notCloudEvent},
		{good, `"1.0"`, `null`, notCloudEvent},
		{good, `"i"`, `""`, missingField},
		{good, `"i"`, `null`, missingField},
		{good, `"i"`, `5`, invalidValue},
		{good, `"i"`, `"` + long + `"`, invalidValue},
		{good, `"source"`, `"Source"`, missingField},
		{good, `"type"`, `"typ"`, missingField},
		{good, `"bot.message.bot"`, `""`, missingField},
		{good, `"bot.message.bot"`, `1`, invalidValue},
		{good, `bot.message.bot`, `message.bot`, unknownType},
		{good, `bot.message.bot`, `bot.message.bots`, unknownType},
		{good, `bot.message.bot","time":"2026-03-01T12:00:00Z`, `bot.x","time":"x`, unknownType},
		{good, `2026-03-01T12:00:00Z`, ``, ""},
		{good, `2026-03-01T12:00:00Z`, `2026-03-01 12:00:00Z`, invalidValue},
		{good, `2026-03-01T12:00:00Z`, `2026-03-01T12:00:00,5Z`, invalidValue},
		{good, `2026-03-01T12:00:00Z`, `2026-03-01T2:00:00Z`, invalidValue},
		{good, `"2026-03-01T12:00:00Z"`, `null`, ""},
		{good, `"data"`, `"date"`, missingField},
		{good, `{"bot":"b","channel":"web","chat":"c"}`, `null`, missingField},
		{good, `{"bot":"b","channel":"web","chat":"c"}`, `[]`, invalidValue},
		{good, `"b"`, `""`, missingField},
		{good, `"b"`, `null`, missingField},
		{good, `"b"`, `5`, invalidValue},
		{good, `"b"`, `"` + strings.Repeat("é", 64) + `"`, ""},
		{good, `"b"`, `"` + strings.Repeat("é", 64) + `x"`, invalidValue},
		{good, `,"chat":"c"`, ``, missingField},
		{good, `"c"`, `"c","user":"","device":"","browser":"","topic":""`, ""},
		{good, `"c"`, `"c","user":null,"device":null,"browser":null,"topic":null,"user_agent":null,"env":null,"language":null`, ""},
		{good, `"c"`, `"c","topic":"t"`, ""},
		{good, `"c"`, `"c","topic":5`, invalidValue},
		{good, `"c"`, `"c","topic":"` + long + `"`, invalidValue},
		{good, `"c"`, `"c","user_agent":5`, invalidValue},
		{good, `"c"`, `"c","user_agent":"","env":"","language":"` + long + `"`, ""},
		{good, `"c"`, `"c","language":5`, invalidValue},
		{good, `"c"`, `"c","fallback":"true"`, invalidValue},
		{good, `"c"`, `"c","fallback":null,"reviewable":null,"proactive":null`, ""},
		{good, `"c"`, `"c","proactive":""`, invalidValue},
		{good, `"c"`, `"c","agent":{}`, missingField},
		{good, `"c"`, `"c","agent":{"id":null}`, missingField},
		{good, `"c"`, `"c","agent":{"id":"a","name":"","kind":""}`, ""},
		{good, `"c"`, `"c","agent":{"id":"a","name":null,"kind":null}`, ""},
		{good, `"c"`, `"c","agent":{"id":"a","name":"` + long + `"}`, invalidValue},
		{good, `"c"`, `"c","agent":{"id":"a","kind":"tool"}`, invalidValue},
		{good, `"c"`, `"c","agent":null`, ""},
		{good, `"c"`, `"c","agent":""`, invalidValue},
		{good, `"c"`, `"c","message":""`, ""},
		{good, `"c"`, `"c","message":null`, ""},
		{good, `"c"`, `"c","rating":7,"score":"x","event":""`, ""},
		{survey, `:5`, `:5.0`, ""},
		{survey, `:5`, `:5e0`, ""},
		{survey, `:5`, `:0.5E+1`, ""},
		{survey, `:5`, `:500.00e-2`, ""},
		{survey, `:5`, `:4.5`, invalidValue},
		{survey, `:5`, `:4.99999999999999999999`, invalidValue},
		{survey, `:5`, `:0`, invalidValue},
		{survey, `:5`, `:0e9`, invalidValue},
		{survey, `:5`, `:-5`, invalidValue},
		{survey, `:5`, `:5e99999999999999999999`, invalidValue},
		{survey, `:5`, `:null`, missingField},
		{survey, `:5`, `:6`, invalidValue},
		{survey, `:5`, `:"5"`, invalidValue},
		{survey, `,"score":5`, ``, missingField},
		{rating, `"m"`, `""`, missingField},
		{rating, `"positive"`, `""`, missingField},
		{rating, `,"rating":"positive"`, ``, missingField},
		{click, `"link"`, `"link","title":null,"destination":null,"target":null,"operator":null`, ""},
		{click, `"link"`, `"link","title":"","destination":"","target":""`, ""},
		{click, `"link"`, `"link","title":5`, invalidValue},
		{click, `"link"`, `null`, missingField},
		{click, `"link"`, `"link","title":"` + long + `"`, ""},
		{click, `"link"`, `"link","target":"fax"`, invalidValue},
		{click, `"link"`, `"button"`, invalidValue},
		{ran, `,"agent":{"id":"a"}`, ``, missingField},
		{order, "", "", ""},
		{order, `"e"`, `"e","chat":""`, ""},
		{order, `"e"`, `"e","chat":null`, ""},
		{ran, `bot.agent.triggered`, `bot.agent.finished`, unknownType},
		{ran, `bot.agent.triggered`, `bot.llm.called`, unknownType},
		{good, `"data":{"bot":"b","channel":"web","chat":"c"}`, `"data_base64":"eyJib3QiOiJiIiwiY2hhbm5lbCI6IndlYiIsImNoYXQiOiJjIn0="`, ""},
		{good, `"data":{"bot":"b","channel":"web","chat":"c"}`, `"datacontenttype":"application/x+json","data_base64":"eyJib3QiOiJiIiwiY2hhbm5lbCI6IndlYiIsImNoYXQiOiJjIn0="`, ""},
		{good, `"data":{"bot":"b","channel":"web","chat":"c"}`, `"datacontenttype":"text/plain","data_base64":"eyJib3QiOiJiIiwiY2hhbm5lbCI6IndlYiIsImNoYXQiOiJjIn0="`, missingField},
		{good, `"data":{"bot":"b","channel":"web","chat":"c"}`, `"data_base64":"%"`, invalidValue},
		{good, `"data":{"bot":"b","channel":"web","chat":"c"}`, `"data_base64":"W10="`, invalidValue},
		{good, `"data":{"bot":"b","channel":"web","chat":"c"}`, `"data_base64":7`, invalidValue},
		{order, `"e"`, `""`, missingField},
		{said, `,"user":"u"`, ``, missingField},
		{said, `"u"`, `null`, missingField},
		{said, `"u"`, `""`, missingField},
		{said, `"u"`, `"u","input":""`, ""},
		{said, `"u"`, `"u","input":"smell"`, invalidValue},
		{said, `"u"`, `"u","env":"test"`, "test"},
		{said, `"u"`, `"u","env":"test","input":0`, invalidValue},
	}
	for _, test := range tests {
		line := strings.Replace(test.line, test.old, test.new, 1)
		got := foldLines(Options{}, line+"\n")
		want := []string{`bot_events_rejected_total{reason="` + string(test.want) + `"} 1`}
		switch {
		case test.want == "test":
			want = []string{`bot_events_ignored_total{reason="test"} 1`}
		case test.want == "":
			want = []string{}
			assert.Equal(t, 1.0, sum(got, "bot_events_total"), line)
		}
		if line == "" {
			got = Fold([]byte("\n"), Options{})
		}
		assert.Equal(t, want, nonZero(got, "bot_events_rejected_total", "bot_events_ignored_total"), line)
	}
}

func TestStoredTime(t *testing.T) {
	open := strings.Replace(said, `"type"`, `"time":"2026-03-01T12:00:00Z","type"`, 1)
	ended := []string{`bot_chats_ended_total{reason="idle"} 1`}
	tests := map[string]struct {
		next string
		want []string
	}{
		"of the message before": {`x`, []string{}},
		"time":                  {`{"time":"2026-03-01T12:30:00Z"}`, ended},
		"storedtime first":      {`{"time":"2026-03-01T12:30:00Z","storedtime":"2026-03-01T12:29:59Z"}`, []string{}},
		"storedtime is no time": {`{"time":"2026-03-01T12:30:00Z","storedtime":5}`, ended},
		"malformed":             {`{"time":"2026-03-01T12:30:00Z"`, []string{}},
		"no object":             {`["2026-03-01T12:30:00Z"]`, []string{}},
		"too large":             {`{"time":"2026-03-01T12:30:00Z","x":"` + strings.Repeat("x", 65536) + `"}`, ended},
	}
	for name, test := range tests {
		got := foldLines(Options{}, open, test.next)
		assert.Equal(t, test.want, nonZero(got, "bot_chats_ended_total"), name)
	}
}

func TestStoredTimeIsTheEpochAtFirst(t *testing.T) {
	got := foldLines(Options{}, said)
	assert.Equal(t, []string{`bot_traffic_messages_total{hour="00",weekday="4"} 1`}, nonZero(got, "bot_traffic_messages_total"))
}

func TestClamping(t *testing.T) {
	tests := map[string][]string{
		"2026-02-28T12:00:00Z":      {`bot_traffic_messages_total{hour="12",weekday="6"} 1`},
		"2026-02-28T11:59:59Z":      {`bot_events_clamped_total{direction="past"} 1`, `bot_traffic_messages_total{hour="12",weekday="7"} 1`},
		"2026-03-01T12:05:00Z":      {`bot_traffic_messages_total{hour="12",weekday="7"} 1`},
		"2026-03-01T12:05:00.001Z":  {`bot_events_clamped_total{direction="future"} 1`, `bot_traffic_messages_total{hour="12",weekday="7"} 1`},
		"2026-03-01T13:00:00+02:00": {`bot_traffic_messages_total{hour="11",weekday="7"} 1`},
	}
	for given, want := range tests {
		line := strings.Replace(said, `"type"`, `"storedtime":"2026-03-01T12:00:00Z","time":"`+given+`","type"`, 1)
		assert.Equal(t, want, nonZero(foldLines(Options{}, line), "bot_traffic_messages_total", "bot_events_clamped_total"), given)
	}
}

func TestLocation(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	assert.NoError(t, err)
	// 12:00 UTC is 01:00 of the next day there, whose end comes 23 hours later.
	lines := []string{userSays(0, "u"), userSays(60, "u"), userSays(23*3600-1, "u"), userSays(23*3600, "u")}
	got := foldLines(Options{Location: auckland}, lines...)
	assert.Equal(t, []string{
		`bot_traffic_messages_total{hour="00",weekday="2"} 1`,
		`bot_traffic_messages_total{hour="01",weekday="1"} 2`,
		`bot_traffic_messages_total{hour="23",weekday="1"} 1`,
		`bot_user_messages_count 1`,
		`bot_user_messages_sum 3`,
	}, nonZero(got, "bot_traffic_messages_total", "bot_user_messages"))
}

func TestDuplicates(t *testing.T) {
	say := func(seconds float64, id, more string) string {
		line := ev(seconds, "message.user", `"user":"u"`+more)
		_, rest, _ := strings.Cut(line, `"source"`)
		return `{"specversion":"1.0","id":"` + id + `","source"` + rest
	}
	count := func(opt Options, lines ...string) []string {
		return nonZero(foldLines(opt, lines...), "bot_events_duplicate_total", "bot_messages_total")
	}
	assert.Equal(t, []string{`bot_events_duplicate_total 2`, `bot_messages_total{sender="user"} 2`},
		count(Options{}, say(0, "1", ""), say(10, "1", ""), say(3599, "1", ""), say(3600, "1", "")), "a duplicate does not refresh")
	assert.Equal(t, []string{`bot_messages_total{sender="user"} 2`},
		count(Options{}, say(0, "1", `,"env":"test"`), say(0, "1", ""), say(0, "2", `,"input":"x"`), say(0, "2", "")), "only applied ones count")
	assert.Equal(t, []string{`bot_events_duplicate_total 1`, `bot_messages_total{sender="user"} 4`},
		count(Options{MaxIDs: 2}, say(0, "1", ""), say(0, "2", ""), say(0, "1", ""), say(0, "3", ""), say(0, "1", "")), "oldest goes")
	assert.Equal(t, []string{`bot_events_duplicate_total 1`, `bot_messages_total{sender="user"} 1`},
		count(Options{}, say(3600, "1", ""), say(0, "1", "")), "remembered by the clock")
}
