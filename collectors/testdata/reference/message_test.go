package reference

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBinaryMode(t *testing.T) {
	data := `{"bot":"b","channel":"web","chat":"c","user":"u"}`
	header := func(changes ...string) map[string][]string {
		h := map[string][]string{"ce-specversion": {"1.0"}, "ce-id": {"i"}, "ce-source": {"s"}, "ce-type": {"bot.message.user"}}
		for i := 0; i < len(changes); i += 2 {
			h[changes[i]] = []string{changes[i+1]}
		}
		return h
	}
	tests := map[string]struct {
		message Message
		want    reason
	}{
		"plain":                {Message{at(0), header(), []byte(data)}, ""},
		"percent-encoded type": {Message{at(0), header("ce-type", "bot.message%2Euser"), []byte(data)}, ""},
		"names in any case":    {Message{at(0), map[string][]string{"Ce-Specversion": {"1.0"}, "CE-ID": {"i"}, "ce-Source": {"s"}, "Ce-Type": {"bot.message.user"}}, []byte(data)}, ""},
		"another version":      {Message{at(0), header("ce-specversion", "0.3"), []byte(data)}, notCloudEvent},
		"no id":                {Message{at(0), header("ce-id", ""), []byte(data)}, missingField},
		"no payload":           {Message{at(0), header(), nil}, missingField},
		"payload is no JSON":   {Message{at(0), header(), []byte("{")}, malformed},
		"payload is no object": {Message{at(0), header(), []byte("[]")}, invalidValue},
		"structured, by type":  {Message{at(0), header("Content-Type", "application/cloudevents+json"), []byte(data)}, notCloudEvent},
		"structured":           {Message{at(0), map[string][]string{"Content-Type": {"application/cloudevents+json; charset=utf-8"}}, []byte(said)}, ""},
	}
	for name, test := range tests {
		got := nonZero(FoldMessages([]Message{test.message}, Options{}), "bot_events_rejected_total", "bot_messages_total")
		want := []string{`bot_messages_total{sender="user"} 1`}
		if test.want != "" {
			want = []string{`bot_events_rejected_total{reason="` + string(test.want) + `"} 1`}
		}
		assert.Equal(t, want, got, name)
	}
}

func TestTickMovesTheClockAndNothingElse(t *testing.T) {
	messages := append(Messages([]byte(userSays(0, "u"))), Message{Stored: at(1800), Header: map[string][]string{TickHeader: {""}}})
	got := FoldMessages(messages, Options{})
	assert.Equal(t, []string{`bot_chats_ended_total{reason="idle"} 1`, `bot_events_total{kind="message.user"} 1`},
		nonZero(got, "bot_chats_ended_total", "bot_events_total", "bot_events_rejected_total"))
}
