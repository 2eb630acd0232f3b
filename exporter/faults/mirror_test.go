package faults

import (
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// runMirror reads a mirror: what is deleted inside it counts as lost, and an origin that is recreated raises an alarm.
func runMirror(t *testing.T, r *result) {
	slowest := time.Duration(0)
	for range pick(5, 1) {
		done := r.one()
		b := newBroker(t)
		js := b.stream(t, func(c *nats.StreamConfig) { c.Name = "ORIGIN" })
		_, err := js.AddStream(&nats.StreamConfig{Name: "BOT_EVENTS", Mirror: &nats.StreamSource{Name: "ORIGIN"}})
		require.NoError(t, err)
		copied := func(n uint64) {
			t.Helper()
			b.Until("messages are copied", func() bool {
				info, err := js.StreamInfo("BOT_EVENTS")
				return err == nil && info.State.LastSeq >= n
			})
		}
		publish(t, js, custom(1000)...)
		copied(1000)
		d := newDaemon(t, b, "--checkpoint.interval=50ms")
		d.up().ready()
		d.applied(1000)
		advised := func(setting string) bool { return d.value("bot_exporter_stream_advice", `"`+setting+`"`) == 1 }
		require.True(t, advised("mirror"))
		require.False(t, advised("origin"))
		require.Equal(t, -1, d.End(syscall.SIGKILL))

		publish(t, js, custom(100)...)
		copied(1100)
		for seq := uint64(1010); seq < 1030; seq++ {
			require.NoError(t, js.DeleteMsg("BOT_EVENTS", seq))
		}
		d.up().ready()
		d.applied(1100)
		require.EqualValues(t, 1080, d.value("bot_events_total"))
		require.EqualValues(t, 20, d.value("bot_events_lost_total"))
		consumers := 0
		for range js.ConsumerNames("BOT_EVENTS") {
			consumers++
		}
		require.Equal(t, 1, consumers, "that of the killed process is gone")

		for seq := uint64(1091); seq <= 1100; seq++ { // read already
			require.NoError(t, js.DeleteMsg("BOT_EVENTS", seq))
		}
		require.NoError(t, js.DeleteStream("ORIGIN"))
		missed := func(what string) {
			t.Helper()
			since := time.Now()
			d.Until(what, func() bool { return advised("origin") })
			took := time.Since(since)
			slowest = max(slowest, took)
			require.Less(t, took, 15*time.Second+proctest.Patience/6)
		}
		missed("origin is missed")
		js = b.stream(t, func(c *nats.StreamConfig) { c.Name = "ORIGIN" })
		publish(t, js, custom(1200)...)
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		d.up().ready()
		missed("recreated origin is told, also by a process that did not see it")
		require.EqualValues(t, 20, d.value("bot_events_lost_total"))
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		done()
	}
	r.figure("origin gone or made anew: told after %s at most", slowest.Round(time.Millisecond))
}
