package faults

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

var serial atomic.Int64

// custom makes n events that count one each.
func custom(n int) (list [][]byte) {
	for range n {
		list = append(list, fmt.Appendf(nil,
			`{"specversion":"1.0","id":"%d","source":"/faults","type":"bot.custom","data":{"bot":"b","channel":"web","event":"e"}}`, serial.Add(1)))
	}
	return list
}

// alarmed waits until the daemon says that the stream is another one, and returns how long that took.
func (d *daemon) alarmed(since time.Time, field string) time.Duration {
	d.t.Helper()
	d.Until("alarm", func() bool { return d.value("bot_exporter_stream_mismatch", `"`+field+`"`) == 1 })
	took := time.Since(since)
	status, _ := d.Get("/-/ready")
	require.Equal(d.t, 503, status)
	_, text := d.Get("/metrics")
	require.Empty(d.t, kpis(text))
	return took
}

// unchanged ends the daemon and requires that nothing was folded into the state.
func (d *daemon) unchanged(was []collectors.RawSection, seq uint64) {
	d.t.Helper()
	require.Equal(d.t, 0, d.End(syscall.SIGTERM))
	cp := lastCheckpoint(d.t, d.storage)
	require.Equal(d.t, seq, cp.Seq)
	require.True(d.t, reflect.DeepEqual(was, cp.Raw), "folded into the state: %s", differing(was, cp.Raw))
}

// saved waits until the checkpoint on disk is that of a sequence, without ending the daemon.
func (d *daemon) saved(seq uint64) []collectors.RawSection {
	d.t.Helper()
	require.Equal(d.t, 0, d.End(syscall.SIGTERM))
	cp := lastCheckpoint(d.t, d.storage)
	require.Equal(d.t, seq, cp.Seq)
	return cp.Raw
}

func runRecreated(t *testing.T, r *result) {
	const n = 1000
	slowest := time.Duration(0)
	for _, k := range []int{0, n / 2, n, 2 * n} {
		done := r.one()
		b := newBroker(t)
		js := b.stream(t)
		publish(t, js, custom(n)...)
		d := newDaemon(t, b)
		d.up().ready()
		was := d.saved(n)
		d.up().ready()

		require.NoError(t, js.DeleteStream("BOT_EVENTS"))
		b.stream(t)
		since := time.Now()
		publish(t, js, custom(k)...)
		took := d.alarmed(since, "created")
		slowest = max(slowest, took)
		require.Less(t, took, 15*time.Second+proctest.Patience/6) // a busy machine is slow in all it does
		d.unchanged(was, n)
		d.up().alarmed(time.Now(), "created") // also when it starts on the other stream
		d.unchanged(was, n)

		d.up("--on-stream-mismatch=rebase").ready()
		d.applied(k)
		require.EqualValues(t, n+k, d.value("bot_events_total"))
		require.EqualValues(t, 1, d.value("bot_exporter_stream_epoch"))
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		d.up("--on-stream-mismatch=rebase").ready()
		require.EqualValues(t, n+k, d.value("bot_events_total"), "rebased once")
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		done()
	}
	r.figure("alarm after %s at most, 0 folded under halt, rebase exact", slowest.Round(time.Millisecond))
}

func runTailLost(t *testing.T, r *result) {
	slowest := time.Duration(0)
	for range pick(5, 1) {
		for k, field := range map[int]string{30: "last_sequence", 300: "anchor"} { // published after the loss: fewer than were lost, and more
			done := r.one()
			b := newBroker(t)
			js := b.stream(t)
			publish(t, js, custom(50)...)
			require.Equal(t, 0, b.End(syscall.SIGTERM))
			old := t.TempDir()
			copied(t, b.dir, old)
			b.up(t)
			b.connected()
			publish(t, b.again(t), custom(50)...)
			d := newDaemon(t, b, "--on-stream-mismatch=halt")
			d.up().ready()
			was := d.saved(100)
			d.up().ready()

			require.Equal(t, 0, b.End(syscall.SIGTERM))
			copied(t, old, b.dir)
			b.up(t)
			b.connected()
			since := time.Now()
			publish(t, b.again(t), custom(k)...)
			took := d.alarmed(since, field)
			slowest = max(slowest, took)
			require.Less(t, took, 15*time.Second+proctest.Patience/6)
			d.unchanged(was, 100)
			done()
		}
	}
	r.figure("alarm after %s at most, 0 folded", slowest.Round(time.Millisecond))
}

// runResumed lets the broker lose its tail again and again, while the daemon runs or is killed, and publishes more: what
// was counted stays counted, and what came after is counted once.
func runResumed(t *testing.T, r *result) {
	random := dice(t)
	b := newBroker(t)
	js := b.stream(t)
	d := newDaemon(t, b, "--checkpoint.interval=100ms")
	stored, counted, lost := pick(20_000, 3000), 0, 0
	publish(t, js, custom(stored)...)
	counted = stored
	d.up().ready()
	slowest := time.Duration(0)
	old := t.TempDir()
	restart := func(from string) nats.JetStreamContext {
		require.Equal(t, 0, b.End(syscall.SIGTERM))
		if from == "" {
			copied(t, b.dir, old)
		} else {
			copied(t, from, b.dir)
		}
		b.up(t)
		b.connected()
		return b.again(t)
	}
	for i := range pick(20, 2) {
		done := r.one()
		js = restart("")
		more := 1 + random.IntN(pick(6000, 1500)) // beyond 1,024 the place is found by stored times
		publish(t, js, custom(more)...)
		d.ready().applied(stored + more)
		counted, lost = counted+more, lost+more
		d.Until("it is saved", func() bool { return d.newest(d.storage) == uint64(stored+more) })
		if i%2 == 1 {
			require.Equal(t, -1, d.End(syscall.SIGKILL))
		}
		js = restart(old)
		since := time.Now()
		fresh := 1 + random.IntN(2*more)
		publish(t, js, custom(fresh)...)
		stored, counted = stored+fresh, counted+fresh
		if i%2 == 1 {
			d.up()
		}
		d.Until("everything is counted", func() bool { return d.value("bot_events_total") == float64(counted) })
		d.ready()
		slowest = max(slowest, time.Since(since))
		require.EqualValues(t, stored, d.value("bot_exporter_applied_sequence"))
		require.EqualValues(t, counted, d.value("bot_events_total"))
		require.EqualValues(t, lost, d.value("bot_exporter_broker_lost_messages_total"))
		require.Zero(t, d.value("bot_events_lost_total"))
		require.EqualValues(t, i+1, d.value("bot_exporter_stream_epoch"))
		done()
	}
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	r.figure("%s messages lost by the broker, 0 of them taken back, 0 of %s counted twice; exact after %s at most", thousands(lost), thousands(counted), slowest.Round(10*time.Millisecond))
}

// again waits for the stream after a restart of the broker.
func (b *broker) again(t *testing.T) nats.JetStreamContext {
	t.Helper()
	js, err := b.nc.JetStream(patient...)
	require.NoError(t, err)
	b.Until("stream is back", func() bool { _, err := js.StreamInfo("BOT_EVENTS"); return err == nil })
	return js
}

// copied makes a directory the copy of another one.
func copied(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(to))
	proctest.Run(t, exec.Command("cp", "-r", from, to)) // os.CopyFS forgets who may read a file
}

func runRetention(t *testing.T, r *result) {
	for i := range pick(10, 1) {
		done := r.one()
		b := newBroker(t)
		js := b.stream(t, func(c *nats.StreamConfig) { c.MaxMsgs = 1000 })
		publish(t, js, custom(500+i)...)
		d := newDaemon(t, b)
		d.up().ready()
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		publish(t, js, custom(5000)...)
		d.up().ready()
		require.EqualValues(t, 4000, d.value("bot_events_lost_total"))
		require.EqualValues(t, 500+i+1000, d.value("bot_events_total"))
		publish(t, js, custom(7)...)
		d.applied(5500 + i + 7)
		require.EqualValues(t, 4000, d.value("bot_events_lost_total"))
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		done()
	}
	r.figure("4,000 of 4,000 lost are counted")
}

func runConsumerGone(t *testing.T, r *result) {
	b := newBroker(t)
	old := b.stream(t)
	js, err := jetstream.New(b.nc, jetstream.WithDefaultTimeout(time.Minute/2))
	require.NoError(t, err)
	publish(t, old, custom(10)...)
	d := newDaemon(t, b)
	d.up().ready()
	sent, slowest := 10, time.Duration(0)
	for range pick(20, 3) {
		done := r.one()
		s, err := js.Stream(t.Context(), "BOT_EVENTS")
		require.NoError(t, err)
		for name := range s.ConsumerNames(t.Context()).Name() {
			require.True(t, strings.HasPrefix(name, "bot-exporter-"))
			require.NoError(t, s.DeleteConsumer(t.Context(), name))
		}
		since := time.Now()
		publish(t, old, custom(10)...)
		sent += 10
		d.applied(sent)
		slowest = max(slowest, time.Since(since))
		done()
	}
	require.EqualValues(t, sent, d.value("bot_events_total"))
	r.figure("deleted: reads on after %s at most", slowest.Round(time.Millisecond))
	if !whole {
		return
	}
	done := r.one()
	s, err := js.Stream(t.Context(), "BOT_EVENTS")
	require.NoError(t, err)
	for name := range s.ConsumerNames(t.Context()).Name() {
		_, err := s.PauseConsumer(t.Context(), name, time.Now().Add(time.Hour))
		require.NoError(t, err)
	}
	since := time.Now()
	publish(t, old, custom(10)...)
	d.applied(sent + 10)
	require.Contains(t, d.Err.String(), "no progress")
	r.figure("paused: reads on after %s", time.Since(since).Round(time.Millisecond))
	done()
}

func runTerm(t *testing.T, r *result) {
	slowest := time.Duration(0)
	for range pick(20, 2) {
		for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
			done := r.one()
			b := newBroker(t)
			js := b.stream(t)
			publish(t, js, custom(100)...)
			d := newDaemon(t, b)
			d.up().ready()
			d.Until("it is saved that it has caught up", func() bool { return d.newest(d.storage) == 100 })
			publish(t, js, custom(10)...)
			d.applied(110)
			b.Send(s) // dead, or alive and silent
			if s == syscall.SIGKILL {
				d.Until("loss is noticed", func() bool { return d.value("bot_exporter_nats_connected") == 0 })
			}
			since := time.Now()
			require.Equal(t, 0, d.End(syscall.SIGTERM), d)
			slowest = max(slowest, time.Since(since))
			require.EqualValues(t, 110, lastCheckpoint(t, d.storage).Seq)
			done()
		}
	}
	require.Less(t, slowest, 10*time.Second+proctest.Patience/6)
	r.figure("exit 0 after %s at most", slowest.Round(time.Millisecond))
}

// runReplicas compares two daemons, one of which is killed now and then, by the digests that they show.
func runReplicas(t *testing.T, r *result) {
	const every = 65_536
	marks := pick(8, 1)
	b := newBroker(t)
	b.stream(t)
	key := write(t, "users.key", "000102030405060708090a0b0c0d0e0f\n")
	flags := []string{"--users.key-file=" + key, "--config.file=" + write(t, "c.yml", shortChats), "--checkpoint.interval=300ms"}
	steady, shaken := newDaemon(t, b, flags...), newDaemon(t, b, flags...)
	steady.wrap = func(c *exec.Cmd) *exec.Cmd { c.Env = append(os.Environ(), "GOMAXPROCS=1"); return c }
	steady.up().ready()
	shaken.up().ready()
	l := newLoad(t, b)
	for i := 1; i <= marks; i++ {
		done := r.one()
		l.allow(i*every - every/3)
		shaken.Until("there is something", func() bool { return shaken.value("bot_exporter_applied_sequence") > float64((i-1)*every) })
		require.Equal(t, -1, shaken.End(syscall.SIGKILL))
		shaken.up()
		l.finish(i*every - every/4)
		shaken.applied(i*every - every/4)
		steady.applied(i*every - every/4)
		l.finish(i*every + 10)
		digest := func(d *daemon) (found float64) {
			d.Until("digest is there", func() bool {
				_, text := d.Get("/metrics")
				all := series(text)
				for id, v := range all {
					if nameOf(id) == "bot_exporter_state_digest_sequence" && v == float64(i*every) {
						found = all[strings.Replace(id, "_sequence{", "{", 1)]
					}
				}
				return found != 0
			})
			return found
		}
		require.Equal(t, digest(steady), digest(shaken))
		done()
	}
	r.figure("equal at %d of %d marks", r.passed, r.runs)
}
