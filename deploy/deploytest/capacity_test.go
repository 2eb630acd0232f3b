package deploytest

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// BenchmarkCapacity is where the figures of ../capacity.md come from: bytes of memory and of a checkpoint for each
// user, open chat and so on.
//
//	go test ./deploy/deploytest -run - -bench Capacity -benchtime 1x
func BenchmarkCapacity(b *testing.B) {
	user := func(i int, fold func(event.Event)) {
		e := event.Event{Chat: fmt.Sprint("chat-", i), User: fmt.Sprint("user-", i), Device: "desktop", Browser: "Firefox"}
		fold(with(e, event.ChatStarted))
		fold(with(e, event.MessageUser))
		fold(with(e, event.ChatEnded))
	}
	for _, n := range []int{400_000, 600_000, 800_000} {
		b.Run(fmt.Sprintf("user of today/%d", n), func(b *testing.B) { measure(b, n, 1000, 0, user) })
		b.Run(fmt.Sprintf("user of before/%d", n), func(b *testing.B) { measure(b, n, 1000, 26*time.Hour, user) })
	}
	b.Run("open chat/200000", func(b *testing.B) { // of one user, so that only chats are counted
		measure(b, 200_000, 1000, 0, func(i int, fold func(event.Event)) {
			e := event.Event{Chat: fmt.Sprint("chat-", i), User: "user", Device: "desktop", Browser: "Firefox"}
			fold(with(e, event.ChatStarted))
			fold(with(e, event.MessageUser))
			e.Message = "m-1"
			fold(with(e, event.MessageBot))
		})
	})
	b.Run("remembered id/900000", func(b *testing.B) {
		measure(b, 900_000, 1_000_000, 0, func(_ int, fold func(event.Event)) {
			fold(with(event.Event{Chat: "chat", User: "user"}, event.MessageUser))
		})
	})
	b.Run("pair of bot and channel/100", func(b *testing.B) {
		measure(b, 100, 1000, 0, func(i int, fold func(event.Event)) {
			fold(with(event.Event{Bot: fmt.Sprint("bot-", i), Chat: "chat", User: "user"}, event.MessageUser))
		})
	})
}

func with(e event.Event, k event.Kind) event.Event {
	e.Kind, e.Input = k, event.InputText
	return e
}

// measure folds the events of n things and reports what each of them costs some time later.
func measure(b *testing.B, n, ids int, later time.Duration, events func(i int, fold func(event.Event))) {
	b.Helper()
	for b.Loop() {
		cfg := collectors.Defaults()
		cfg.Session.DedupMax = ids
		set := collectors.New(cfg)
		stored := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC).UnixNano()
		serial := 0
		fold := func(e event.Event) {
			serial++
			stored += int64(time.Microsecond)
			e.ID, e.Source, e.Channel = fmt.Sprint(serial), "/bots", "web"
			if e.Bot == "" {
				e.Bot = "shop"
			}
			set.Fold(stored, &e, nil)
		}
		events(n, fold) // what the first one brings is not counted
		before, file := cost(b, set)
		for i := range n {
			events(i, fold)
		}
		stored += int64(later)
		events(n, fold)
		after, whole := cost(b, set)
		b.ReportMetric(float64(after-before)/float64(n), "B-memory/each")
		b.ReportMetric(float64(whole-file)/float64(n), "B-checkpoint/each")
		runtime.KeepAlive(set)
	}
}

func cost(b *testing.B, set *collectors.Set) (memory uint64, checkpoint int) {
	b.Helper()
	var size counter
	for _, s := range set.Sections() {
		w := codec.NewWriter(&size)
		s.Write(w)
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, int(size)
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
