package simulate

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func TestDeterministic(t *testing.T) {
	run := func(c Config) string {
		var b bytes.Buffer
		if err := New(c).NDJSON(&b, 20_000); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	c := Config{Seed: 7, Start: monday}
	one := run(c)
	if one != run(c) {
		t.Error("the same seed gives other events")
	}
	c.Seed++
	if one == run(c) {
		t.Error("another seed gives the same events")
	}
}

// TestStream checks what holds for every event of a stream.
func TestStream(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday})
	d := event.NewDecoder(event.Config{})
	ids, chats := map[string]bool{}, map[string]string{}
	before := monday
	var line []byte
	for range 200_000 {
		at, e := s.Next()
		if at.Before(before) {
			t.Fatalf("%v after %v", at, before)
		}
		before = at
		line = AppendLine(nil, at, e, "")
		var got event.Event
		if err := d.Decode(nil, line, &got); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		defaults(e)
		if got != *e {
			t.Fatalf("decoded\n%+v, want\n%+v", got, *e)
		}
		if ids[e.ID] {
			t.Fatalf("id comes again: %s", line)
		}
		ids[e.ID] = true
		if e.Message != "" && e.Kind != event.FeedbackGiven {
			if ids[e.Message] {
				t.Fatalf("message comes again: %s", line)
			}
			ids[e.Message] = true
		}
		if e.Chat == "" {
			if e.Kind != event.Custom {
				t.Fatalf("no chat: %s", line)
			}
			continue
		}
		place := e.Bot + " " + e.Channel
		if was, found := chats[e.Chat]; found && was != place {
			t.Fatalf("chat in two places: %s", line)
		}
		chats[e.Chat] = place
	}
}

// defaults fills in what the decoder does.
func defaults(e *event.Event) {
	if e.Kind == event.HandoverRequested && e.Via == 0 {
		e.Via = event.ViaTakeover
	}
}

func BenchmarkNext(b *testing.B) {
	s := New(Config{Start: monday})
	b.ReportAllocs()
	for b.Loop() {
		s.Next()
	}
}

func BenchmarkNextBusy(b *testing.B) {
	s := New(Config{Start: monday, ChatsPerHour: 2e6})
	b.ReportAllocs()
	for b.Loop() {
		s.Next()
	}
}

func BenchmarkNDJSON(b *testing.B) {
	b.ReportAllocs()
	if err := New(Config{Start: monday}).NDJSON(io.Discard, b.N); err != nil {
		b.Fatal(err)
	}
}
