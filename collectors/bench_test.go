package collectors

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// traffic of a usual kind: 600 chats at once, each of 12 events, by 10,000 users. A lap takes a little longer than ids
// are remembered, so that it can be folded again and again.
const (
	atOnce = 600
	lap    = 12 * 10 * atOnce
	pace   = 55 * time.Millisecond
)

// script is what happens in a chat. The fields %u, %m and %n are the user, the last message and the number of the chat.
var script = []string{
	`chat.started","data":{"user":"%u","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",`,
	`message.bot","data":{"message":"%m","proactive":true,`,
	`message.user","data":{"user":"%u","message":"%m","input":"text",`,
	`agent.triggered","data":{"agent":{"id":"a1","name":"Order status","kind":"workflow"},`,
	`message.bot","data":{"message":"%m","reviewable":true,"agent":{"id":"a1","name":"Order status","kind":"workflow"},`,
	`feedback.given","data":{"message":"%m","rating":"positive",`,
	`element.clicked","data":{"element":"quick_reply","title":"Track it","target":"url","destination":"https://example.com/track?order=%n",`,
	`message.user","data":{"user":"%u","message":"%m","input":"button",`,
	`message.bot","data":{"message":"%m","fallback":true,`,
	`handover.requested","data":{`,
	`csat.submitted","data":{"score":4,`,
	`chat.ended","data":{"resolved":true,`,
}

// usual makes one lap of lines without stored times, and the events that they are.
func usual() (lines [][]byte, events []event.Event) {
	decoder := event.NewDecoder(event.Config{})
	for i := range lap {
		chat, step := i%atOnce+i/(atOnce*len(script))*atOnce, i/atOnce%len(script)
		line := fmt.Sprintf(`{"specversion":"1.0","id":"%016x","source":"/bots/shop","type":"bot.%s"bot":"shop-%d","channel":"%s","chat":"chat-%d"}}`,
			i, script[step], chat%3, []string{"web", "whatsapp"}[chat%2], chat)
		line = strings.NewReplacer("%u", fmt.Sprint("user-", chat%10_000), "%m", fmt.Sprint("message-", step&^1), "%n", fmt.Sprint(chat)).Replace(line)
		var e event.Event
		if err := decoder.Decode(nil, []byte(line), &e); err != nil {
			panic(err)
		}
		e.HasTime = true
		lines, events = append(lines, []byte(line)), append(events, e)
	}
	return lines, events
}

// runner folds laps of usual traffic.
type runner struct {
	set    *Set
	events []event.Event
	stored int64
	i      int
}

func newRunner() *runner {
	_, events := usual()
	return &runner{set: New(Defaults()), events: events, stored: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC).UnixNano()}
}

func (r *runner) next() *event.Event {
	e := &r.events[r.i]
	if r.i++; r.i == len(r.events) {
		r.i = 0
	}
	r.stored += int64(pace)
	e.Time = r.stored - int64(20*time.Millisecond)
	return e
}

func (r *runner) fold(events int) {
	for range events {
		e := r.next()
		r.set.Fold(r.stored, e, nil)
	}
}

// TestFoldAllocatesNothing: usual events of users who are known, in a state that has its size.
func TestFoldAllocatesNothing(t *testing.T) {
	r := newRunner()
	r.fold(2 * lap)
	all := series(r.set, r.set.Clock())
	require.Zero(t, all[EventsDuplicate.Name], "every lap counts")
	require.Greater(t, all[`bot_chats_ended_total{bot="shop-0",channel="web",reason="explicit"}`], 500.0)
	const events = 1000
	require.Zero(t, testing.AllocsPerRun(20, func() { r.fold(events) }), "for %d events", events)
}

func BenchmarkDecodeAndFold(b *testing.B) {
	lines, _ := usual()
	r := newRunner()
	r.fold(lap)
	decoder := event.NewDecoder(event.Config{})
	var e event.Event
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if decoder.Decode(nil, lines[i%lap], &e) != nil {
			b.Fatal("rejected")
		}
		r.stored += int64(pace)
		r.set.Fold(r.stored, &e, nil)
	}
}

func BenchmarkFold(b *testing.B) {
	r := newRunner()
	r.fold(lap)
	b.ReportAllocs()
	for b.Loop() {
		e := r.next()
		r.set.Fold(r.stored, e, nil)
	}
}

func BenchmarkDuplicate(b *testing.B) {
	r := newRunner()
	r.fold(lap)
	b.ReportAllocs()
	for b.Loop() {
		e := r.next()
		r.set.sessions.Advance(r.stored)
		r.set.sessions.Duplicate(e)
	}
}

func BenchmarkApply(b *testing.B) {
	r := newRunner()
	r.fold(lap)
	b.ReportAllocs()
	for b.Loop() {
		e := r.next()
		r.set.sessions.Advance(r.stored)
		r.set.sessions.Apply(e, r.stored)
	}
}

// BenchmarkCollector folds the facts of one lap into each module alone.
func BenchmarkCollector(b *testing.B) {
	r := newRunner()
	r.fold(lap)
	facts := make([]session.Fact, lap)
	for i := range facts {
		e := r.next()
		r.set.sessions.Advance(r.stored)
		facts[i] = *r.set.sessions.Apply(e, r.stored)
		facts[i].Closed = append([]session.Chat(nil), facts[i].Closed...)
	}
	for _, c := range r.set.collectors {
		b.Run(c.Name(), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Fold(&facts[i%lap])
			}
		})
	}
}

func BenchmarkSections(b *testing.B) {
	r := newRunner()
	r.fold(lap)
	b.Run("freeze", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.set.Sections()
		}
	})
	b.Run("fold after freeze", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if i%10_000 == 0 {
				r.set.Sections()
			}
			r.fold(1)
		}
	})
}
