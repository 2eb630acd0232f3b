// Package proctest runs programs for tests: it builds and starts them, captures what they print, reads the addresses that
// they listen on, and waits for what they should do. It knows nothing of events and metrics, and only tests import it.
package proctest

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a test waits for what should take much less. A busy machine must not reach it.
const Patience = 3 * time.Minute

// Until waits until ok reports true. After Patience the test fails with what seen returns; seen may be nil. Both run on
// the goroutine of the test, so that they may fail it.
func Until(t testing.TB, what string, ok func() bool, seen func() string) {
	t.Helper()
	for start, pause := time.Now(), time.Millisecond; !ok(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Since(start) < Patience {
			time.Sleep(pause)
			continue
		}
		last := ""
		if seen != nil {
			last = "\nseen last: " + seen()
		}
		require.FailNow(t, "not within "+Patience.String(), "%s%s", what, last)
	}
}

// Loopback returns an IP address of this host for servers that are stopped and started again at the same address.
// Where it can, it is one that no other process uses: at 127.0.0.1, a port that is free for a moment may become the
// local port of anybody's connection.
func Loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, pid&255)
}
