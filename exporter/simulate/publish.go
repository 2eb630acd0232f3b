package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Message is an event that is due.
type Message struct {
	Subject string       // see Pace.Subject
	Event   *event.Event // valid until publish returns
	Data    []byte       // the event as a CloudEvent in structured mode; not used again
}

// Pace says how fast Publish goes.
type Pace struct {
	// Speed is in simulated seconds per real second; 1 when not positive.
	Speed float64
	// Rate, when positive, is in events per real second, at an even pace without day and night, and without outages.
	Rate float64
	// Limit is after how many events Publish returns; no limit when not positive.
	Limit int
	// Subject returns where the events of a bot and channel are published; bot.events.<bot>.<channel> when nil.
	Subject func(bot, channel string) string
	// TypePrefix stands before the kind in the attribute type; "bot." when empty.
	TypePrefix string

	// Now and Sleep are the real clock when nil. Sleep returns early with an error when ctx is done.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// nap is the shortest sleep that pays. An event that is due within it is published at once, a millisecond early.
const nap = 2 * time.Millisecond

// Publish calls publish with each event when it is due, until ctx is done, publish fails or the limit is reached; only
// the last gives no error.
//
// By Speed, events before the present of the real clock are due at once, with their own times, and the simulation goes on
// at that speed from there. By Rate, the first event is due at once wherever the simulation stands. Both move the times of
// later events to the real clock, so that they stay close to their stored times. A publisher that is
// too slow for Speed falls behind and catches up; events that it missed at Rate are not made up for.
func (s *Simulator) Publish(ctx context.Context, p Pace, publish func(Message) error) error {
	if p.Speed <= 0 {
		p.Speed = 1
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Sleep == nil {
		p.Sleep = sleep
	}
	if p.Subject == nil {
		p.Subject = Subject
	}
	subjects := map[[2]string]string{}
	plan := schedule{pace: p, start: p.Now().UnixNano()}
	for n := 0; p.Limit <= 0 || n < p.Limit; n++ {
		at, next := s.Next()
		e := *next // not the simulator's own, which may come again
		if p.Rate > 0 {
			at = time.Unix(0, s.now) // an even pace has no bursts, and a chat must not go back to the outage
		}
		now := p.Now().UnixNano()
		due, happened := plan.place(at.UnixNano(), e.Time, now)
		if wait := time.Duration(due - now); wait >= nap {
			if err := p.Sleep(ctx, wait); err != nil {
				return err
			}
		} else if err := context.Cause(ctx); err != nil {
			return err
		}
		e.Time = happened
		place := [2]string{e.Bot, e.Channel}
		if subjects[place] == "" {
			subjects[place] = p.Subject(e.Bot, e.Channel)
		}
		m := Message{Subject: subjects[place], Event: &e, Data: e.AppendJSON(nil, p.TypePrefix)}
		if err := publish(m); err != nil {
			return fmt.Errorf("publish event %d: %w", n+1, err)
		}
	}
	return nil
}

// schedule maps simulated to real time, both in Unix nanoseconds.
type schedule struct {
	pace  Pace
	start int64 // of Publish
	due   int64 // of the last event, by Rate
}

// maxDebt is how far a publisher may fall behind Rate; what lies further back is dropped.
const maxDebt = int64(time.Second)

// place gives when an event is due that is stored at the simulated time at, and when it happened.
func (s *schedule) place(at, happened, now int64) (due, real int64) {
	late := at - happened
	if s.pace.Rate > 0 {
		if s.due == 0 {
			s.due = now
		} else {
			s.due += int64(float64(time.Second) / s.pace.Rate)
		}
		s.due = max(s.due, now-maxDebt)
		return s.due, s.due - late
	}
	if at <= s.start {
		return at, happened
	}
	due = s.start + int64(float64(at-s.start)/s.pace.Speed)
	if late > 0 { // the way to the stream is shorter, too, or chats would run backwards
		late = int64(float64(late) / s.pace.Speed)
	}
	return due, due - late
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
