package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapRoom is what the heap may grow by before a collection while the exporter catches up, where Go alone would collect
// earlier: it makes the same small heap over and over again then, and each round goes through all messages on their way.
const heapRoom = 64 << 20

// roomyHeap keeps Go's collector from running too often until the exporter has caught up, or the context ends. A large
// heap keeps Go's default, and so does everybody who sets GOGC.
func roomyHeap(ctx context.Context, caughtUp func() bool) {
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	defer debug.SetGCPercent(gcDefault)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for set := gcDefault; !caughtUp(); {
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

const gcDefault = 100

// gcPercent returns a percentage in steps, since each change costs a pause.
func gcPercent(live uint64) int {
	const most, step = 400, 50
	return int(max(gcDefault, min(most, 100*heapRoom/max(live, 1)/step*step)))
}
