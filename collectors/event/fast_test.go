package event

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestEveryByteEverywhere puts each byte at each place of a string, before and behind the part of the payload that the
// fast parser reads eight bytes at a time.
func TestEveryByteEverywhere(t *testing.T) {
	for _, tail := range []string{"", strings.Repeat(" ", 20)} {
		for c := range 256 {
			for at := range 20 {
				payload := []byte(`{"id":"aaaaaaaaaaaaaaaaaaaa"` + tail + "}")
				payload[len(`{"id":"`)+at] = byte(c)
				compareParsers(t, payload, attributeNames)
				legal := c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\'
				if got := parseFast(payload, attributeNames, new(raw)); got != legal {
					t.Errorf("byte %#x at %d: got %v", c, at, got)
				}
			}
		}
	}
}

// TestEveryCut takes each valid message apart that ends too early: never valid, never out of bounds.
func TestEveryCut(t *testing.T) {
	for n := range len(typical) {
		cut := []byte(typical[:n])
		if parseFast(cut[:n:n], attributeNames, new(raw)) || new(slowParser).parse(cut, attributeNames, new(raw)) {
			t.Errorf("%s is accepted", cut)
		}
	}
}

func TestNames(t *testing.T) {
	for i := 1; i < len(fields); i++ {
		scope := map[string]*names{"": attributeNames, "data": dataNames, "data.agent": agentNames}[fields[i].In]
		if got := scope.find(fields[i].Name); int(got) != i {
			t.Errorf("%s is found at %d, not %d", fields[i].Path(), got, i)
		}
	}
	for _, unknown := range []string{"", "i", "ID", "idd", "specversioN", "botx", "chat.started"} {
		if got := attributeNames.find(unknown); got != 0 {
			t.Errorf("%q is found at %d", unknown, got)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	const ids = `{"specversion":"1.0","id":"e","source":"s","type":"bot.`
	for _, c := range []struct {
		e    Event
		want string
	}{
		{Event{Kind: Custom, ID: "e", Source: "s", Bot: "\"\n\\é\x7f", Key: "\xff"},
			ids + `custom","data":{"bot":"\"\n\\é` + "\x7f" + `","event":"` + "\uFFFD" + `"}}`},
		{Event{Kind: HandoverRequested, ID: "e", Source: "s", HasTime: true, Time: 1, Via: ViaTakeover, Score: 3, Cause: CauseDirect},
			ids + `handover.requested","time":"1970-01-01T00:00:00.000000001Z","data":{"cause":"direct"}}`},
		{Event{Kind: MessageBot, ID: "e", Source: "s", Fallback: true, Agent: Agent{ID: "a", Kind: KindAgent}},
			ids + `message.bot","data":{"fallback":true,"agent":{"id":"a"}}}`},
		{Event{Kind: CSATSubmitted, ID: "e", Source: "s", Score: 10}, ids + `csat.submitted","data":{"score":10}}`},
		{Event{ID: "e", Source: "s", Bot: "b"}, ids + `","data":{}}`},
		{Event{Kind: 200, ID: "e", Source: "s", Bot: "b"}, ids + `","data":{}}`},
	} {
		if got := string(c.e.AppendJSON(nil, "")); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
