package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapRoom is what the heap may grow by before a collection, where Go alone would collect earlier: catching up makes a
// small heap over and over again, and each round goes through all messages on their way.
const heapRoom = 128 << 20

// roomyHeap keeps Go's collector from running too often in a small heap until the context ends. Large heaps keep Go's
// default, and whoever sets GOGC keeps what was set.
func roomyHeap(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for set := 0; ; {
		metrics.Read(live)
		if p := gcPercent(live[0].Value.Uint64()); p != set {
			debug.SetGCPercent(p)
			set = p
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// gcPercent returns a percentage in steps, since each change costs a pause.
func gcPercent(live uint64) int {
	const least, most, step = 100, 400, 50
	return int(max(least, min(most, 100*heapRoom/max(live, 1)/step*step)))
}
