package main

import (
	"errors"
	"syscall"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// foldTable is what it costs to decode and fold events.
func foldTable(sizes []int) table {
	t := table{columns: []column{{"events", "%.0f"}, {"s", "%.2f"}, {"CPU s", "%.2f"}, {"ns each", "%.0f"}, {"CPU ns each", "%.0f"}, {"state MiB", "%.0f"}}}
	for _, n := range sizes {
		before := heap()
		set := collectors.New(collectors.Defaults())
		wall, cpu := foldMade(set, n)
		size := float64(heap()-before) / (1 << 20)
		t.rows = append(t.rows, []float64{float64(n), wall.Seconds(), cpu.Seconds(),
			float64(wall.Nanoseconds()) / float64(n), float64(cpu.Nanoseconds()) / float64(n), size})
		set.Lost(0) // keeps it until here
	}
	return t
}

// foldMade makes events up, part by part, and measures only what decoding and folding takes.
func foldMade(set *collectors.Set, n int) (wall, cpu time.Duration) {
	const part = 50_000
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Unix(1_800_000_000, 0)})
	decoder := event.NewDecoder(event.Config{})
	var arena []byte
	var times []int64
	var ends []int
	var e event.Event
	for n > 0 {
		arena, times, ends = arena[:0], times[:0], ends[:0]
		for range min(part, n) {
			at, made := sim.Next()
			arena = made.AppendJSON(arena, "")
			times, ends = append(times, at.UnixNano()), append(ends, len(arena))
		}
		n -= len(ends)
		start, used, from := time.Now(), ownCPU(), 0
		for i, end := range ends {
			var reject *event.Reject
			_ = errors.As(decoder.Decode(nil, arena[from:end], &e), &reject)
			set.Fold(times[i], &e, reject)
			from = end
		}
		wall, cpu = wall+time.Since(start), cpu+ownCPU()-used
	}
	return wall, cpu
}

// ownCPU is the CPU time of this process.
func ownCPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
