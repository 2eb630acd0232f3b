package simulate

import (
	"testing"
	"time"
)

// TestOutage compares with the same traffic without outages: the same events in the same order, of which those of an
// outage are stored at its end, and none in it.
func TestOutage(t *testing.T) {
	const every, length = 3 * time.Hour, 40 * time.Minute
	for seed := range uint64(3) {
		c := Config{Seed: seed, Start: monday.Add(10 * time.Minute), ChatsPerHour: 300, Duplicates: 0.05}
		twin := New(c)
		c.OutageEvery, c.OutageLength = every, length
		s := New(c)
		bursts := map[time.Time]int{}
		before := c.Start
		for before.Before(c.Start.Add(24 * time.Hour)) {
			usual, want := twin.Next()
			at, e := s.Next()
			if *e != *want {
				t.Fatalf("%v: %+v, want %+v", at, e, want)
			}
			if at.Before(before) {
				t.Fatalf("%v after %v", at, before)
			}
			before = at
			since := usual.Sub(c.Start)
			if into := since % every; since >= every && into < length {
				usual = usual.Add(length - into)
				bursts[usual]++
			}
			if !at.Equal(usual) {
				t.Fatalf("stored at %v, want %v", at, usual)
			}
		}
		if len(bursts) < 7 || bursts[c.Start.Add(every).Add(length)] < 5 {
			t.Errorf("seed %d: %v", seed, bursts)
		}
	}
}

// TestOutages checks lengths at the edges: stored times never go back.
func TestOutages(t *testing.T) {
	for _, o := range [][2]time.Duration{
		{0, time.Hour}, {time.Hour, 0}, {-time.Hour, time.Hour}, {time.Hour, -time.Hour},
		{time.Hour, time.Hour}, {time.Hour, 5 * time.Hour}, {time.Nanosecond, time.Nanosecond},
	} {
		c := Config{Seed: 1, Start: monday}
		twin := New(c)
		c.OutageEvery, c.OutageLength = o[0], o[1]
		s := New(c)
		before := monday
		for range 20_000 {
			usual, _ := twin.Next()
			at, _ := s.Next()
			if at.Before(before) || at.Before(usual) || min(o[0], o[1]) <= 0 && at != usual {
				t.Fatalf("%v: stored at %v after %v, want %v", o, at, before, usual)
			}
			before = at
		}
	}
}

// TestHeld checks that a place of an overtaken event is used again.
func TestHeld(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday, Flat: true})
	most := 0
	for range 300_000 {
		s.Next()
		most = max(most, len(s.held)-len(s.unheld))
	}
	if most == 0 || len(s.held) != most || len(s.held) > 20 {
		t.Errorf("%d places for %d events", len(s.held), most)
	}
}
