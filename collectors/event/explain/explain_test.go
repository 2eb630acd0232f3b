package explain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

const begin = `{"specversion":"1.0","id":"1","source":"/b","type":"bot.`

func TestFindings(t *testing.T) {
	for payload, want := range map[string][]string{
		begin + `message.user","data":{"bot":"b","channel":"web","chat":"c","user":"u"}}`: nil,
		begin + `csat.submitted","data":{"bot":"b","channel":"web","chat":"c","score":7}}`: {
			"invalid_value: data.score is 7; it must be a whole number from 1 to 5"},
		begin + `csat.submited","data":{}}`: {
			`unknown_type: type is "bot.csat.submited"; did you mean bot.csat.submitted?`},
		strings.Replace(begin, "bot.", "", 1) + `custom","data":{}}`: {
			`unknown_type: type is "custom"; did you mean bot.custom?`},
		begin + `nonsense","data":{}}`: {
			`unknown_type: type is "bot.nonsense"; it must be one of bot.chat.started, bot.chat.ended, `},
		begin + `chat.started","data":{"bot":"b","chanel":"web","chat":"c","user":"u"}}`: {
			"missing_field: data.channel is absent; it must be a string of 1 to 128 bytes",
			"hint: data.chanel is unknown and ignored; did you mean channel?"},
		begin + `chat.started","data":{"bot":null,"channel":"web","chat":"c","user":"u"}}`: {"missing_field: data.bot is null"},
		begin + `chat.started","data":{"bot":"","channel":"web","chat":"c","user":"u"}}`:   {`missing_field: data.bot is ""`},
		begin + `chat.started","data":{"bot":"` + strings.Repeat("x", 129) + `","channel":"web","chat":"c","user":"u"}}`: {
			"invalid_value: data.bot is a string of 129 bytes"},
		begin + `feedback.given","data":{"bot":"b","channel":"web","chat":"c","message":"m","rating":"good"}}`: {
			`invalid_value: data.rating is "good"; it must be one of positive, negative, neutral`},
		begin + `chat.ended","data":{"bot":"b","channel":"web","chat":"c","resolved":"yes"}}`: {
			`invalid_value: data.resolved is "yes"; it must be true or false`},
		begin + `agent.triggered","data":{"bot":"b","channel":"web","chat":"c","agent":{"name":"a"}}}`: {
			"missing_field: data.agent.id is absent"},
		begin + `agent.triggered","data":{"bot":"b","channel":"web","chat":"c","agent":"a"}}`: {
			`invalid_value: data.agent is "a"; it must be an object`},
		begin + `chat.ended","time":"yesterday","data":{"bot":"b","channel":"web","chat":"c"}}`: {
			`invalid_value: time is "yesterday"; it must be a time with its offset`},
		begin + `chat.ended","data":{"bot":"b","channel":"web","chat":"c","rating":"x","Resolved":true,"sourc":1}}`: {
			"hint: data.Resolved is unknown and ignored; did you mean resolved?",
			"hint: data.rating is ignored: events of type chat.ended do not have it"},
		begin + `chat.ended","data":{"bot":"b",` + "\n" + `"channel":}}`: {
			"malformed: the payload is no JSON at line 2, column 11: "},
		begin + `chat.ended","data":[` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `]}`: {"malformed: the payload is nested too deeply"},
		`{"a":"` + strings.Repeat("x", 70_000) + `"}`:                                             {"too_large: the payload has 70008 bytes; at most 65536 are accepted"},
		`[1]`:                   {"not_cloudevent: the message is no JSON object but an array"},
		`null`:                  {"not_cloudevent: the message is no JSON object but null"},
		`{"specversion":"0.3"}`: {`not_cloudevent: specversion is "0.3"; it must be the string "1.0"`},
		`{}`:                    {`not_cloudevent: specversion is absent`},
	} {
		_, findings := New(event.Config{}).Message("line 1", nil, []byte(payload))
		require.Len(t, findings, len(want), "%s\n%v", payload, findings)
		for i, f := range findings {
			require.True(t, strings.HasPrefix(f.String(), want[i]), "%s\n%s", want[i], f)
			require.NotContains(t, f.String(), "jsontext")
		}
	}
}

func TestBinaryMode(t *testing.T) {
	header := map[string][]string{"ce-specversion": {"1.0"}, "Ce-Id": {"1"}, "ce-source": {"/b"}, "ce-type": {"bot.chat.ended"}, "ce-time": {"noon"}}
	_, findings := New(event.Config{}).Message("message 1", header, []byte(`{"bot":"b","channel":"web","chat":"c"}`))
	require.Len(t, findings, 1)
	require.Contains(t, findings[0].String(), `invalid_value: time is "noon"`)
	header["ce-time"] = []string{"2027-01-15T09:30:00Z"}
	_, findings = New(event.Config{}).Message("message 1", header, []byte(`{"bot":"b","channel":"web","chat":"c","resolvd":true}`))
	require.Equal(t, "[hint: data.resolvd is unknown and ignored; did you mean resolved?]", strings.Join([]string{"[" + findings[0].String() + "]"}, ""))
}

func TestContentTypeDecidesTheMode(t *testing.T) {
	header := map[string][]string{"ce-specversion": {"1.0"}, "ce-id": {"1"}, "ce-source": {"/b"}, "ce-type": {"bot.chat.ended"}}
	for contentType, want := range map[string]string{
		"application/cloudevents+json":       "not_cloudevent: specversion is absent",
		"application/cloudevents-batch+json": "not_cloudevent: the content type says that the message is a batch",
	} {
		header["Content-Type"] = []string{contentType}
		_, findings := New(event.Config{}).Message("message 1", header, []byte(`{"bot":"b","channel":"web","chat":"c"}`))
		require.Len(t, findings, 1)
		require.Contains(t, findings[0].String(), want)
	}
}

func TestRepeatedID(t *testing.T) {
	x := New(event.Config{})
	payload := []byte(begin + `chat.ended","data":{"bot":"b","channel":"web","chat":"c"}}`)
	_, findings := x.Message("line 3", nil, payload)
	require.Empty(t, findings)
	_, findings = x.Message("line 9", nil, payload)
	require.Len(t, findings, 1)
	require.Equal(t, "hint: id and source are those of line 3: it is the same event and is counted once", findings[0].String())
}

// Whatever the message is, each reject is explained, and an event that is accepted has no reason.
func FuzzExplain(f *testing.F) {
	for _, data := range []string{begin + `chat.ended","data":{"bot":"b","channel":"web","chat":"c"}}`, `{}`, `[`, `{"specversion":"1.0","data_base64":"e30="}`} {
		f.Add([]byte(data), "1.0")
	}
	f.Fuzz(func(t *testing.T, payload []byte, version string) {
		for _, header := range []map[string][]string{nil, {"ce-specversion": {version}, "ce-type": {"bot.custom"}}} {
			var e event.Event
			err := event.NewDecoder(event.Config{}).Decode(header, payload, &e)
			_, findings := New(event.Config{}).Message("it", header, payload)
			rejected := false
			for _, f := range findings {
				require.NotEmpty(t, f.Text)
				rejected = rejected || f.Reason != 0
			}
			require.Equal(t, err != nil, rejected)
		}
	})
}
