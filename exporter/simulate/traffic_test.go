package simulate

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// TestEverythingOccurs requires each field and each value of a closed list in 30,000 events, and each kind in 20,000.
func TestEverythingOccurs(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday.Add(10 * time.Hour)})
	seen := map[string]bool{}
	for i := range 30_000 {
		_, e := s.Next()
		if i < 20_000 {
			seen[e.Kind.String()] = true
		}
		var data map[string]any
		if err := json.Unmarshal(e.AppendData(nil), &data); err != nil {
			t.Fatal(err)
		}
		if agent, ok := data["agent"].(map[string]any); ok {
			for name, v := range agent {
				seen["data.agent."+name] = true
				seen[fmt.Sprint("data.agent.", name, "=", v)] = true
			}
		}
		for name, v := range data {
			seen["data."+name] = true
			seen[fmt.Sprint("data.", name, "=", v)] = true
		}
	}
	var want []string
	for _, k := range event.Kinds() {
		want = append(want, k.String())
	}
	for _, f := range event.Fields() {
		if f.In == "" {
			continue
		}
		want = append(want, f.Path())
		for i, v := range f.Values {
			if i+1 != int(f.Default) { // which is left out
				want = append(want, f.Path()+"="+v)
			}
		}
	}
	want = append(want, "data.env=test", "data.channel=web", "data.channel=whatsapp", "data.channel=voice", "data.bot=shop", "data.bot=bank")
	for score := 1; score <= 5; score++ {
		want = append(want, fmt.Sprint("data.score=", score))
	}
	for _, w := range want {
		if !seen[w] {
			t.Error("does not occur:", w)
		}
	}
}

// TestRhythm compares the share of each day and hour with what is configured, by chat of two weeks.
func TestRhythm(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	const weeks = 2
	s := New(Config{Seed: 1, Start: monday.In(zone).Add(-2 * time.Hour), ChatsPerHour: 600, Location: zone})
	seen := map[string]bool{}
	var hours [2][7 * 24]float64
	var total [2]float64
	for {
		at, e := s.Next()
		if at.Sub(monday) > weeks*7*24*time.Hour-2*time.Hour {
			break
		}
		if e.Chat == "" || seen[e.Chat] {
			continue
		}
		seen[e.Chat] = true
		role := Shop
		if e.Bot == "bank" {
			role = Bank
		}
		local := at.In(zone)
		hours[role][(int(local.Weekday())+6)%7*24+local.Hour()]++
		total[role]++
	}
	if got := (total[Shop] + total[Bank]) / (weeks * 7 * 24); math.Abs(got/600-1) > 0.03 {
		t.Errorf("%.0f chats in an hour", got)
	}
	if got := total[Shop] / (total[Shop] + total[Bank]); math.Abs(got-0.6) > 0.02 {
		t.Errorf("share of the shop is %.3f", got)
	}
	for role := range hours {
		distance := 0.0
		for i, n := range hours[role] {
			distance += math.Abs(n/total[role] - rhythms[role].hours[i]/(7*24))
		}
		if distance > 0.05 {
			t.Errorf("role %d: chats are distributed otherwise, by %.3f", role, distance)
		}
		night, evening := hours[role][2*24+3], hours[role][2*24+20]
		if night*5 > evening {
			t.Errorf("role %d: %.0f chats at night, %.0f in the evening", role, night, evening)
		}
	}
}

// tally is what the defaults of Behavior are compared with.
type tally struct{ engaged, asked, requests, accepted, answers, fallbacks, up, down, votes, score, ended, chats float64 }

func count(s *Simulator, bot string, until time.Time) (n tally) {
	type mark struct{ seen, wrote, asked, ended bool }
	chats := map[string]mark{}
	for {
		at, e := s.Next()
		if at.After(until) {
			return n
		}
		if e.Bot != bot || e.Chat == "" {
			continue
		}
		m := chats[e.Chat]
		if !m.seen {
			n.chats++
		}
		m.seen = true
		switch e.Kind {
		case event.MessageUser:
			if !m.wrote {
				n.engaged++
			}
			m.wrote = true
		case event.MessageBot:
			if !e.Proactive && !m.ended { // neither outreach nor a goodbye
				n.answers++
			}
			if e.Fallback {
				n.fallbacks++
			}
		case event.HandoverRequested:
			if e.Via == event.ViaTakeover {
				n.requests++
			}
			if !m.asked {
				n.asked++
			}
			m.asked = true
		case event.HandoverAccepted:
			if m.asked { // or an operator took over unasked
				n.accepted++
			}
		case event.FeedbackGiven:
			switch e.Rating {
			case event.Positive:
				n.up++
			case event.Negative:
				n.down++
			}
		case event.CSATSubmitted:
			n.votes++
			n.score += float64(e.Score)
		case event.ChatEnded:
			n.ended++
			m.ended = true
		}
		chats[e.Chat] = m
	}
}

func TestBehavior(t *testing.T) {
	for _, test := range []struct {
		name   string
		adjust func(*Behavior)
	}{
		{"defaults", func(*Behavior) {}},
		{"incident", func(b *Behavior) {
			b.HandoverShare, b.CSATMean, b.FallbackShare, b.PositiveShare, b.AcceptShare = 0.5, 2, 0.3, 0.4, 0.3
		}},
		{"no humans", func(b *Behavior) { b.HandoverShare = 0 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(Config{Seed: 5, Start: monday, Flat: true, Adjust: func(_ time.Time, bot, channel string, b *Behavior) {
				if bot == "" || channel == "" {
					t.Error("adjusted nothing")
				}
				test.adjust(b)
			}})
			n := count(s, "shop", monday.Add(24*time.Hour))
			b := Shop.behavior()
			test.adjust(&b)
			near := func(what string, got, want, tolerance float64) {
				t.Helper()
				if math.IsNaN(got) || math.Abs(got-want) > tolerance {
					t.Errorf("%s is %.3f, want about %.3f", what, got, want)
				}
			}
			near("share of chats with requests", n.asked/n.engaged, b.HandoverShare, 0.02+0.05*b.HandoverShare)
			if b.HandoverShare > 0 {
				near("share of accepted requests", n.accepted/n.requests, b.AcceptShare, 0.03)
			}
			near("share of fallbacks", n.fallbacks/n.answers, b.FallbackShare, 0.02+0.1*b.FallbackShare)
			near("share of thumbs up", n.up/(n.up+n.down), b.PositiveShare, 0.06)
			near("mean score", n.score/n.votes, b.CSATMean, 0.3)
			near("chats in an hour", n.chats/24, 0.6*1200, 40)
		})
	}
}

// TestDrill flips a switch in the middle, as a drill does, and back.
func TestDrill(t *testing.T) {
	bad := false
	s := New(Config{Seed: 5, Start: monday, Flat: true, Adjust: func(_ time.Time, _, channel string, b *Behavior) {
		if bad {
			b.HandoverShare, b.CSATMean, b.Load = 0.8, 1.5, 3
		}
	}})
	var asked, score, load []float64
	for i := range 3 {
		bad = i == 1
		count(s, "bank", monday.Add(time.Duration(i)*6*time.Hour+time.Hour)) // until chats from before are over
		n := count(s, "bank", monday.Add(time.Duration(i+1)*6*time.Hour))
		asked, score, load = append(asked, n.asked/n.engaged), append(score, n.score/n.votes), append(load, n.chats)
	}
	if asked[1] < 0.5 || score[1] > 2 || load[1] < 2.5*load[0] {
		t.Errorf("in the incident: handovers %.2f, score %.2f, load %v", asked, score, load)
	}
	if asked[2] > 0.25 || score[2] < 3.4 || load[2] > 1.2*load[0] {
		t.Errorf("afterwards: handovers %.2f, score %.2f, load %v", asked, score, load)
	}
}

// TestBounded checks that memory follows the chats at a time and not those so far.
func TestBounded(t *testing.T) {
	s := New(Config{Seed: 1, Start: monday, Flat: true})
	slots := []int{}
	for i := range 600_000 {
		s.Next()
		if i%200_000 == 199_999 {
			slots = append(slots, len(s.chats), len(s.agenda))
		}
	}
	if last := slots[len(slots)-2:]; slices.Max(last) > 1000 || last[0] > 2*slots[0] {
		t.Errorf("chats and appointments: %v", slots)
	}
}

// TestSecondRun checks who is known and what is new in a run that starts later with the same seed.
func TestSecondRun(t *testing.T) {
	seen := func(start time.Time) (users, things map[string]bool) {
		s := New(Config{Seed: 9, Start: start, Users: 1000})
		users, things = map[string]bool{}, map[string]bool{}
		for range 20_000 {
			_, e := s.Next()
			users[e.User], things[e.ID], things[e.Chat], things[e.Message] = true, true, true, true
		}
		delete(users, "")
		delete(things, "")
		return users, things
	}
	users, things := seen(monday)
	users2, things2 := seen(monday.Add(time.Hour))
	known := 0
	for u := range users2 {
		if users[u] {
			known++
		}
	}
	if share := float64(known) / float64(len(users2)); share < 0.5 {
		t.Errorf("only %.2f of the users are known", share)
	}
	for id := range things2 {
		if things[id] {
			t.Fatalf("%s comes again", id)
		}
	}
}
