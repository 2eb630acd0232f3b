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

// Usual traffic: 600 chats at once, each of 12 events, by 7,200 users. A lap takes a little longer than ids are
// remembered, so that it can be folded again and again.
const (
	atOnce = 600
	lap    = 12 * 12 * atOnce
	pace   = 50 * time.Millisecond
)

// script is what happens in a chat. The fields %u and %m are the user and the last message.
var script = [12]string{
	`chat.started","data":{"user":"%u","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",`,
	`message.bot","data":{"message":"%m","proactive":true,`,
	`message.user","data":{"user":"%u","message":"%m","input":"text",`,
	`agent.triggered","data":{"agent":{"id":"a1","name":"Order status","kind":"workflow"},`,
	`message.bot","data":{"message":"%m","reviewable":true,"agent":{"id":"a1","name":"Order status","kind":"workflow"},`,
	`feedback.given","data":{"message":"%m","rating":"positive",`,
	`element.clicked","data":{"element":"quick_reply","title":"Track it","target":"url","destination":"https://example.com/track?order=1",`,
	`message.user","data":{"user":"%u","message":"%m","input":"button",`,
	`message.bot","data":{"message":"%m","fallback":true,`,
	`handover.requested","data":{`,
	`csat.submitted","data":{"score":4,`,
	`chat.ended","data":{"resolved":true,`,
}

// line is event i of a lap.
func line(i int) []byte {
	chat, step := i%atOnce+i/(atOnce*len(script))*atOnce, i/atOnce%len(script)
	text := fmt.Sprintf(`{"specversion":"1.0","id":"%016x","source":"/bots/shop","type":"bot.%s"bot":"shop-%d","channel":"%s","chat":"chat-%d"}}`,
		i, script[step], chat%3, []string{"web", "whatsapp"}[chat%2], chat)
	return []byte(strings.NewReplacer("%u", fmt.Sprint("user-", chat), "%m", fmt.Sprint("message-", step&^1)).Replace(text))
}

// runner folds laps of usual traffic. It has one event, as the exporter does, and fills in what differs.
type runner struct {
	set    *Set
	events [6][12]event.Event // by bot and channel, and by step
	ids    []string
	chats  []string
	users  []string
	event  event.Event
	stored int64
	i      int
}

func newRunner() *runner {
	r := &runner{set: New(Defaults()), stored: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC).UnixNano()}
	decoder := event.NewDecoder(event.Config{})
	for chat := range r.events {
		for step := range script {
			e := &r.events[chat][step]
			if err := decoder.Decode(nil, line(step*atOnce+chat), e); err != nil {
				panic(err)
			}
			e.HasTime = true
		}
	}
	r.ids, r.chats, r.users = numbered(lap, "%016x"), numbered(lap/12, "chat-%04d"), numbered(lap/12, "user-%04d")
	return r
}

// numbered returns strings that lie side by side.
func numbered(n int, format string) []string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, format, i)
	}
	list := make([]string, n)
	for i := range list {
		list[i] = all.String()[i*all.Len()/n : (i+1)*all.Len()/n]
	}
	return list
}

func (r *runner) next() *event.Event {
	chat, step := r.i%atOnce+r.i/(atOnce*len(script))*atOnce, r.i/atOnce%len(script)
	r.event = r.events[chat%6][step]
	r.event.ID, r.event.Chat = r.ids[r.i], r.chats[chat]
	if r.event.User != "" {
		r.event.User = r.users[chat]
	}
	if r.i++; r.i == lap {
		r.i = 0
	}
	r.stored += int64(pace)
	r.event.Time = r.stored - int64(20*time.Millisecond)
	return &r.event
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
	require.Equal(t, 2.0*lap/12/6, all[`bot_chats_ended_total{bot="shop-0",channel="web",reason="explicit"}`])
	const events = 1000
	require.Zero(t, testing.AllocsPerRun(20, func() { r.fold(events) }), "for %d events", events)
}

func BenchmarkDecodeAndFold(b *testing.B) {
	var lines [][]byte
	for i := range lap {
		lines = append(lines, line(i))
	}
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
		facts[i].Event = &r.events[i%6][i/atOnce%len(script)]
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
