package simulate_test

import (
	"fmt"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// A drill: from noon to two everybody asks the bank's bot for a human, and few get one.
func ExampleConfig_drill() {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	s := simulate.New(simulate.Config{
		Start: day,
		Adjust: func(at time.Time, bot, channel string, b *simulate.Behavior) {
			if bot == "bank" && at.Hour() >= 12 && at.Hour() < 14 {
				b.HandoverShare, b.AcceptShare, b.CSATMean = 0.6, 0.2, 2.5
			}
		},
	})
	var requests [24]int
	for {
		at, e := s.Next()
		if at.Sub(day) >= 24*time.Hour {
			break
		}
		if e.Bot == "bank" && e.Kind == event.HandoverRequested {
			requests[at.Hour()]++
		}
	}
	fmt.Println(requests[13] > 3*requests[11], requests[13] > 3*requests[16])
	// Output: true true
}
