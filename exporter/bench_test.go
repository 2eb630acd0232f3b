package exporter

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// stored makes up messages as the broker would deliver them.
func stored(n int) []Message {
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Unix(1_800_000_000, 0)})
	list := make([]Message, n)
	for i := range list {
		at, e := sim.Next()
		list[i] = Message{Seq: uint64(i + 1), Time: at.UnixNano(), Data: e.AppendJSON(nil, "")}
	}
	return list
}

func BenchmarkDecodeAndFold(b *testing.B) {
	messages := stored(200_000)
	e := &Engine{cfg: Defaults(), decoder: event.NewDecoder(event.Config{}), set: collectors.New(collectors.Defaults()),
		log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	var ev event.Event
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		e.apply(&messages[i%len(messages)], &ev)
	}
}

func BenchmarkDecode(b *testing.B) {
	messages := stored(200_000)
	d := event.NewDecoder(event.Config{})
	var ev event.Event
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		_ = d.Decode(nil, messages[i%len(messages)].Data, &ev)
	}
}
