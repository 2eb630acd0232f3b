package simulate

import (
	"math"
	"slices"
	"testing"

	"github.com/mileusna/useragent"
	"pgregory.net/rapid"
)

func TestIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := ids{
			prefix: 'x',
			chars:  rapid.UintRange(2, 3).Draw(t, "chars"),
			key:    rapid.Uint64().Draw(t, "key"),
		}
		all := uint64(1) << (5 * s.chars)
		seen := make(map[string]bool, all)
		for range all {
			seen[s.new()] = true
		}
		if uint64(len(seen)) != all {
			t.Errorf("%d ids of %d", len(seen), all)
		}
	})
}

func TestAgenda(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h agenda
		var model []int64
		for _, at := range rapid.SliceOf(rapid.Int64Range(-1, 50)).Draw(t, "times") {
			if at >= 0 {
				h.push(appointment{at: at})
				model = append(model, at)
			} else if len(model) > 0 {
				slices.Sort(model)
				if got := h.pop().at; got != model[0] {
					t.Fatalf("got %d, want %d", got, model[0])
				}
				model = model[1:]
			}
		}
		slices.Sort(model)
		for _, at := range model {
			if got := h.pop().at; got != at {
				t.Fatalf("got %d, want %d", got, at)
			}
		}
	})
}

func TestScore(t *testing.T) {
	d := newDice(1)
	for _, mean := range []float64{0, 1, 1.7, 3, 4.1, 4.95, 5, 9} {
		const n = 100_000
		sum := 0
		for range n {
			v := d.score(mean)
			if v < 1 || v > 5 {
				t.Fatal(v)
			}
			sum += v
		}
		want := min(max(mean, 1), 5)
		if got := float64(sum) / n; math.Abs(got-want) > 0.03 {
			t.Errorf("mean is %.3f, want %v", got, want)
		}
	}
}

func TestWait(t *testing.T) {
	d := newDice(1)
	const n, median = 100_001, 7.0
	all := make([]int64, n)
	for i := range all {
		all[i] = d.wait(median, 2)
	}
	slices.Sort(all)
	if got := float64(all[n/2]) / float64(second); math.Abs(got-median) > 0.3 {
		t.Errorf("median is %.2f s, want %v", got, median)
	}
	if all[0] < 0 || all[n-1] > 100*median*second {
		t.Errorf("from %d to %d", all[0], all[n-1])
	}
}

// TestDevices compares the labels with what the exporter derives: one person must not be two users.
func TestDevices(t *testing.T) {
	for _, list := range devices {
		for _, d := range list {
			if d.header == "" {
				continue
			}
			ua := useragent.Parse(d.header)
			kind := map[bool]string{ua.Mobile: "mobile", ua.Tablet: "tablet", ua.Desktop: "desktop"}[true]
			if kind != d.kind || ua.Name != d.browser {
				t.Errorf("%s gives %s %s, not %s %s", d.header, kind, ua.Name, d.kind, d.browser)
			}
		}
	}
}

// TestPeople checks that all people are picked, regulars more often but nobody all the time.
func TestPeople(t *testing.T) {
	d := newDice(1)
	p := people{count: 10_000}
	chats := map[uint64]int{}
	const n = 50_000
	for range n {
		chats[p.pick(d)]++
	}
	fresh := p.count - 10_000
	if share := float64(fresh) / n; math.Abs(share-newShare) > 0.01 {
		t.Errorf("share of new people is %.3f", share)
	}
	most, total := 0, 0
	for who, c := range chats {
		if who >= p.count {
			t.Fatalf("picked %d of %d", who, p.count)
		}
		most = max(most, c)
		if who < 1000 {
			total += c
		}
	}
	if most > n/500 {
		t.Errorf("one person has %d of %d chats", most, n)
	}
	if share := float64(total) / n; share < 0.14 {
		t.Errorf("the first tenth has only %.3f of the chats", share)
	}
}
