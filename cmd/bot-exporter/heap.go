package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapHeadroom is how far the heap may grow between two collections while the exporter catches up, in bytes. By default
// Go would collect a small heap all the time, and scan all messages under way each time.
const heapHeadroom = 64 << 20

// relaxGC makes Go collect garbage less often until the exporter has caught up or the context ends. A large heap keeps
// Go's default. If GOGC is set, relaxGC does nothing.
func relaxGC(ctx context.Context, caughtUp func() bool) {
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

// gcPercent returns the GOGC value for a live heap in bytes. It moves in steps, because each change costs a pause.
func gcPercent(live uint64) int {
	const most, step = 400, 50
	return int(max(gcDefault, min(most, 100*heapHeadroom/max(live, 1)/step*step)))
}
