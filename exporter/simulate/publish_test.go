package simulate

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// clock stands still but for sleep and what a test adds.
type clock struct {
	now  time.Time
	naps []time.Duration
}

func (c *clock) pace(p Pace) Pace {
	p.Now = func() time.Time { return c.now }
	p.Sleep = func(_ context.Context, d time.Duration) error {
		c.naps = append(c.naps, d)
		c.now = c.now.Add(d)
		return nil
	}
	return p
}

// late is how long before now an event happened.
func (c *clock) late(e *event.Event) time.Duration { return c.now.Sub(time.Unix(0, e.Time)) }

func TestPublishSpeed(t *testing.T) {
	c := &clock{now: monday.Add(10 * time.Hour)}
	start := c.now
	s := New(Config{Seed: 1, Start: start.Add(-time.Hour)})
	twin := New(Config{Seed: 1, Start: start.Add(-time.Hour)})
	past, usual := 0, 0
	err := s.Publish(t.Context(), c.pace(Pace{Speed: 60, Limit: 50_000}), func(m Message) error {
		at, want := twin.Next()
		switch {
		case !at.After(start):
			past++
			if !c.now.Equal(start) || *m.Event != *want {
				t.Fatalf("history is not as it was, or not at once: %+v", m.Event)
			}
		case c.late(m.Event) < -nap:
			if want.Time < at.UnixNano() {
				t.Fatalf("happens in the future: %v %+v", c.late(m.Event), m.Event)
			}
		case c.late(m.Event) < time.Second:
			usual++
		}
		if due := start.Add(at.Sub(start) / 60); at.After(start) && (c.now.Sub(due) > time.Millisecond || due.Sub(c.now) > nap) {
			t.Fatalf("due at %v, published at %v", due, c.now)
		}
		var got event.Event
		if err := event.NewDecoder(event.Config{}).Decode(nil, m.Data, &got); err != nil || got.Time != m.Event.Time {
			t.Fatalf("%v: %s", err, m.Data)
		}
		if m.Subject != Subject(m.Event.Bot, m.Event.Channel) {
			t.Fatal(m.Subject)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if past < 1000 || usual < 20_000 {
		t.Errorf("%d of the past, %d of now", past, usual)
	}
	if slices.Min(c.naps) < nap || len(c.naps) > 50_000-past {
		t.Errorf("slept %d times, %v at least", len(c.naps), slices.Min(c.naps))
	}
}

func TestPublishRate(t *testing.T) {
	c := &clock{now: monday.Add(100 * time.Hour)}
	start := c.now
	s := New(Config{Seed: 1, Start: monday, Duplicates: 0.5})
	n := 0
	err := s.Publish(t.Context(), c.pace(Pace{Rate: 1000, Limit: 5001}), func(m Message) error {
		if late := c.late(m.Event); late < -2*time.Millisecond && late > -5*time.Minute {
			t.Fatalf("happens in the future: %v", late)
		}
		if n == 2500 {
			c.now = c.now.Add(10 * time.Second) // the broker was slow
		}
		n++
		return nil
	})
	if err != nil || n != 5001 {
		t.Fatal(n, err)
	}
	if took := c.now.Sub(start).Round(10 * time.Millisecond); took != 14*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestPublishOutage checks that nothing is published in an outage, and all of it afterwards with its own times; and that
// a rate knows no outages.
func TestPublishOutage(t *testing.T) {
	c := Config{Seed: 1, Start: monday.Add(10 * time.Hour), OutageEvery: 30 * time.Minute, OutageLength: 10 * time.Minute}
	from, to := c.Start.Add(c.OutageEvery), c.Start.Add(c.OutageEvery+c.OutageLength)
	twin := New(c)
	real := &clock{now: c.Start}
	burst := 0
	err := New(c).Publish(t.Context(), real.pace(Pace{Limit: 20_000}), func(m Message) error {
		if _, want := twin.Next(); m.Event.Time != want.Time {
			t.Fatalf("happens at %d, want %d", m.Event.Time, want.Time)
		}
		if real.now.After(from) && real.now.Before(to.Add(-nap)) {
			t.Fatalf("published at %v", real.now)
		}
		if happened := time.Unix(0, m.Event.Time); happened.After(from) && happened.Before(to) {
			burst++
		}
		return nil
	})
	if err != nil || burst < 1000 {
		t.Error(burst, err)
	}

	calm := c
	calm.OutageEvery = 0
	twin = New(calm)
	real.now = monday.Add(99 * time.Hour)
	err = New(c).Publish(t.Context(), real.pace(Pace{Rate: 1000, Limit: 20_000}), func(m Message) error {
		at, want := twin.Next()
		if late := at.Sub(time.Unix(0, want.Time)); (real.late(m.Event) - late).Abs() > nap {
			t.Fatalf("%v late, want %v", real.late(m.Event), late)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPublishEnds(t *testing.T) {
	broken := errors.New("broken")
	s := New(Config{Start: monday})
	err := s.Publish(t.Context(), Pace{Rate: 1e6}, func(Message) error { return broken })
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Publish(ctx, Pace{Rate: 0.001}, func(Message) error { cancel(); return nil }) // asleep
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	n := 0
	err = s.Publish(ctx, Pace{Rate: 1e6}, func(Message) error { n++; return nil })
	if !errors.Is(err, context.Canceled) || n > 0 {
		t.Error(n, err)
	}
}

// TestDuplicates checks that one comes right after the original, unchanged.
func TestDuplicates(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday, Duplicates: 0.1})
	var before event.Event
	var stored time.Time
	n := 0
	for range 20_000 {
		at, e := s.Next()
		if e.ID == before.ID {
			n++
			if *e != before || at != stored {
				t.Fatalf("%+v comes again as %+v", before, e)
			}
		}
		before, stored = *e, at
	}
	if n < 1500 || n > 2100 {
		t.Errorf("%d duplicates", n)
	}
}

func TestSubject(t *testing.T) {
	for _, test := range [][3]string{
		{"shop", "web", "bot.events.shop.web"},
		{"Shop-2_b", "whats.app", "bot.events.Shop-2_b.whats_app"},
		{"a b*>é\n", "", "bot.events.a_b____._"},
	} {
		if got := Subject(test[0], test[1]); got != test[2] {
			t.Errorf("%q %q: %s, want %s", test[0], test[1], got, test[2])
		}
	}
}
