package jetstream

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const noticed = 5 * time.Second // in which Next must tell that something is wrong

// fails requires that Next tells in time that something is wrong.
func fails(t *testing.T, r *reader, want ...error) {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	for err == nil {
		err = r.some(ctx)
	}
	require.True(t, slices.ContainsFunc(want, func(e error) bool { return errors.Is(err, e) }), "%v", err)
	require.Less(t, time.Since(start), noticed)
	_, again := r.source.Next(t.Context())
	require.Equal(t, err, again, "it stays so")
}

func TestServerRestart(t *testing.T) {
	t.Parallel()
	n := serve(t)
	nc := client(t, n)
	create(t, nc)
	r := newReader(t, nc)
	restarts, each := 4, 2000
	if os.Getenv("JETSTREAM_LONG") != "" {
		restarts, each = 50, 4000
	}
	for i := range restarts {
		publish(t, nc, i*each, each)
		r.until(uint64(i*each + each/2)) // in the middle of the messages
		n.restart()
		back(t, nc)
	}
	r.until(uint64(restarts * each))
	r.exactly(0, restarts*each)
}

func TestServerDown(t *testing.T) {
	t.Parallel()
	n := serve(t)
	nc := client(t, n)
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	require.NoError(t, n.Close())
	fails(t, r, ErrConnectionLost, ErrConsumerGone) // the server announces its end

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.source.Open(ctx, r.at)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = r.source.Check(t.Context(), r.at)
	require.ErrorIs(t, err, ErrNotConnected)

	n.up()
	r.until(10)
	require.NoError(t, r.open(t.Context()))
	nc.Close()
	fails(t, r, ErrConnectionLost)
	require.ErrorIs(t, r.open(t.Context()), nats.ErrConnectionClosed)
}

func TestConsumerDeleted(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	require.NoError(t, s.DeleteConsumer(t.Context(), r.source.pull.consumer))
	fails(t, r, ErrConsumerGone)
	publish(t, nc, 10, 10)
	r.until(20)
	r.exactly(0, 20)

	t.Run("between two requests", func(t *testing.T) {
		require.NoError(t, r.open(t.Context()))
		require.NoError(t, s.DeleteConsumer(t.Context(), r.source.pull.consumer))
		fails(t, r, ErrConsumerGone)
	})
}

func TestConsumerPaused(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	r := newReader(t, nc)
	require.NoError(t, r.open(t.Context()))
	_, err := s.PauseConsumer(t.Context(), r.source.pull.consumer, time.Now().Add(time.Hour))
	require.NoError(t, err)
	publish(t, nc, 0, 10)
	ctx, cancel := context.WithTimeout(t.Context(), 2*impatient.silence())
	defer cancel()
	_, err = r.source.Next(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded, "a paused consumer is alive")
	info, err := r.source.Check(t.Context(), r.at)
	require.NoError(t, err)
	require.EqualValues(t, 10, info.Pending, "so that the engine sees that it stalls")
	_, err = s.ResumeConsumer(t.Context(), r.source.pull.consumer)
	require.NoError(t, err)
	r.until(10)
	r.exactly(0, 10)
	require.Equal(t, 1, r.opened)
}

func TestStreamDeleted(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	require.NoError(t, api(t, nc).DeleteStream(t.Context(), streamName))
	fails(t, r, ErrConsumerGone)
	require.ErrorIs(t, r.open(t.Context()), exporter.ErrNoStream)
	_, err := r.source.Check(t.Context(), r.at)
	require.ErrorIs(t, err, exporter.ErrNoStream)
	require.NoError(t, r.source.Close())
}

func TestStreamRecreated(t *testing.T) {
	t.Parallel()
	const n = 20
	for name, k := range map[string]int{"empty": 0, "fewer": n / 2, "equal": n, "more": 2 * n} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nc := client(t, serve(t))
			create(t, nc)
			publish(t, nc, 0, n)
			r := newReader(t, nc)
			r.until(n)
			require.NoError(t, api(t, nc).DeleteStream(t.Context(), streamName))
			create(t, nc)
			publish(t, nc, 0, k) // the same bodies
			_, err := r.source.Check(t.Context(), r.at)
			var m *exporter.Mismatch
			require.ErrorAs(t, err, &m)
			require.Equal(t, "created", m.Field)
			fails(t, r, ErrConsumerGone)
			r.mismatch("created")
			r.exactly(0, n)

			// What the engine opens after it was told to go on with the new stream.
			r.at, r.bodies = exporter.Position{Epoch: 1}, nil
			require.NoError(t, r.open(t.Context()))
			r.until(uint64(k))
			r.exactly(0, k)
		})
	}
}

// The stream is replaced right after it was verified.
func TestStreamRecreatedMeanwhile(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	publish(t, nc, 0, 20)
	r := newReader(t, nc)
	r.until(20)
	require.NoError(t, r.source.Close())
	seen, err := r.source.verify(t.Context(), r.at)
	require.NoError(t, err)
	require.NoError(t, api(t, nc).DeleteStream(t.Context(), streamName))
	create(t, nc)
	publish(t, nc, 0, 40)
	_, err = r.source.follow(t.Context(), seen, r.at)
	var m *exporter.Mismatch
	require.ErrorAs(t, err, &m)
	require.Equal(t, "created", m.Field)
	require.Nil(t, r.source.pull)
	require.Eventually(t, func() bool {
		info, err := s.Info(t.Context())
		return err == nil && info.State.Consumers == 0
	}, patience, tick, "the consumer is given up")
}

// TestTailLost puts an older copy of the server's directory in place of the present one: what a power failure does to
// a server that does not wait for the disk.
func TestTailLost(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]int{"regression": 10, "reuse": 70} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := serve(t)
			nc := client(t, n)
			create(t, nc)
			publish(t, nc, 0, 50)
			require.NoError(t, n.Close())
			older := filepath.Join(t.TempDir(), "older")
			require.NoError(t, os.CopyFS(older, os.DirFS(n.opts.StoreDir)))
			n.up()
			back(t, nc)
			publish(t, nc, 50, 50)
			r := newReader(t, nc)
			r.until(100)
			r.exactly(0, 100)

			require.NoError(t, n.Close())
			require.NoError(t, os.RemoveAll(n.opts.StoreDir))
			require.NoError(t, os.CopyFS(n.opts.StoreDir, os.DirFS(older)))
			n.up()
			back(t, nc)
			publish(t, nc, 1000, more)
			r.mismatch(map[string]string{"regression": "last_sequence", "reuse": "anchor"}[name])
			_, err := r.source.Check(t.Context(), r.at)
			require.ErrorAs(t, err, new(*exporter.Mismatch))
			r.exactly(0, 100)

			at := r.at
			at.Seq = 50
			at.Anchor = anchorOf(t, nc, 50)
			_, err = r.source.Open(t.Context(), at)
			require.NoError(t, err, "what was stored before the copy is still recognized")
		})
	}
}

// A payload alone does not tell messages apart: bots say the same things.
func TestAnchorComparesTime(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 3)
	r := newReader(t, nc)
	r.until(3)
	at := r.at
	at.Anchor.Time++
	_, err := r.source.Open(t.Context(), at)
	require.ErrorAs(t, err, new(*exporter.Mismatch))
	at = r.at
	at.Anchor.Hash[0]++
	_, err = r.source.Open(t.Context(), at)
	require.ErrorAs(t, err, new(*exporter.Mismatch))
	_, err = r.source.Open(t.Context(), r.at)
	require.NoError(t, err)
}

func TestPurged(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	publish(t, nc, 10, 20)
	require.NoError(t, r.source.Close())
	require.NoError(t, s.Purge(t.Context(), jetstream.WithPurgeSequence(26)))
	require.NoError(t, r.open(t.Context()))
	require.EqualValues(t, 26, r.info.First)
	require.True(t, r.info.AnchorGone)
	r.bodies = nil
	r.until(30)
	r.exactly(25, 5)

	t.Run("of everything", func(t *testing.T) {
		require.NoError(t, s.Purge(t.Context()))
		require.NoError(t, r.open(t.Context()))
		require.EqualValues(t, 31, r.info.First)
		require.EqualValues(t, 30, r.info.Last)
		require.True(t, r.info.AnchorGone)
	})
}

// The stream may allow consumers less time than we ask for.
func TestConsumerLimits(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc, func(c *jetstream.StreamConfig) { c.ConsumerLimits.InactiveThreshold = time.Minute })
	r := newReader(t, nc)
	require.NoError(t, r.open(t.Context()))
	c, err := s.Consumer(t.Context(), r.source.pull.consumer)
	require.NoError(t, err)
	config := c.CachedInfo().Config
	require.Equal(t, time.Minute, config.InactiveThreshold)
	require.Equal(t, jetstream.AckNonePolicy, config.AckPolicy)
	require.True(t, config.MemoryStorage)
	require.Equal(t, 1, config.Replicas)
}

// Retention that overtakes a stopped exporter leaves a gap of known size.
func TestRetention(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc, func(c *jetstream.StreamConfig) { c.MaxMsgs = 1000 })
	publish(t, nc, 0, 100)
	r := newReader(t, nc)
	r.until(100)
	require.NoError(t, r.source.Close())
	publish(t, nc, 100, 5000)
	require.NoError(t, r.open(t.Context()))
	require.EqualValues(t, 4000, r.info.First-r.at.Seq-1)
	require.EqualValues(t, 1000, r.info.Pending)
	r.bodies = nil
	r.until(5100)
	r.exactly(4100, 1000)
}

func TestInteriorDeletes(t *testing.T) {
	t.Parallel()
	for _, direct := range []bool{true, false} {
		nc := client(t, serve(t))
		s := create(t, nc, func(c *jetstream.StreamConfig) { c.AllowDirect = direct })
		publish(t, nc, 0, 10)
		for _, seq := range []uint64{4, 5, 10} {
			require.NoError(t, s.DeleteMsg(t.Context(), seq))
		}
		r := newReader(t, nc)
		r.until(9)
		require.Equal(t, []uint64{1, 2, 3, 6, 7, 8, 9}, r.seqs)
		require.NoError(t, s.SecureDeleteMsg(t.Context(), 9))
		publish(t, nc, 10, 1)
		require.NoError(t, r.open(t.Context()))
		require.True(t, r.info.AnchorGone)
		r.until(11)
		require.Equal(t, []uint64{1, 2, 3, 6, 7, 8, 9, 11}, r.seqs)
	}
}

// The server puts markers into the stream for what expired. They have sequences, and are nobody's events.
func TestMarkers(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc, func(c *jetstream.StreamConfig) {
		c.AllowMsgTTL, c.SubjectDeleteMarkerTTL = true, time.Second // messages live at least as long as markers
	})
	publish(t, nc, 0, 3)
	js := api(t, nc)
	_, err := js.Publish(t.Context(), "bot.events.short", []byte("short"), jetstream.WithMsgTTL(time.Second))
	require.NoError(t, err)
	r := newReader(t, nc)
	r.until(5)
	require.Equal(t, []uint64{5}, r.skips)
	require.Equal(t, []string{"0", "1", "2", "short"}, r.bodies)
	publish(t, nc, 3, 1)
	require.NoError(t, r.open(t.Context()), "a marker is an anchor too")
	r.until(6)
	require.Len(t, r.bodies, 5)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	t.Run("largest legal message", func(t *testing.T) {
		nc := client(t, serve(t, func(o *server.Options) { o.MaxPayload = 16 << 20 }))
		create(t, nc, func(c *jetstream.StreamConfig) { c.MaxMsgSize = -1 })
		large := make([]byte, nc.MaxPayload())
		for i := range 3 {
			publish(t, nc, i, 1)
			_, err := api(t, nc).Publish(t.Context(), subject, large)
			require.NoError(t, err)
		}
		publish(t, nc, 3, 1)
		r := newReader(t, nc)
		r.until(7)
		require.Empty(t, r.errs)
		require.Equal(t, 1, r.opened)
	})
	t.Run("larger than is legal by now", func(t *testing.T) {
		n := serve(t, func(o *server.Options) { o.MaxPayload = 20 << 20 })
		nc := client(t, n)
		create(t, nc, func(c *jetstream.StreamConfig) { c.MaxMsgSize = -1 })
		publish(t, nc, 0, 1)
		_, err := api(t, nc).Publish(t.Context(), subject, make([]byte, 20<<20))
		require.NoError(t, err)
		publish(t, nc, 1, 1)
		n.opts.MaxPayload = 1 << 20
		n.restart()
		back(t, nc)
		r := newReader(t, nc)
		r.until(3)
		require.Equal(t, 1, r.opened)
		require.Greater(t, r.source.pull.minimum, 20<<20)
	})
	// A request that is filled to the last byte ends without a word from the server.
	t.Run("equal sizes that fill requests", func(t *testing.T) {
		nc := client(t, serve(t))
		create(t, nc)
		const size = pullBytes / pullBatch
		const n = 4 * pullBatch
		js := api(t, nc)
		ack := len("$JS.ACK.EV..1.10000.10000..10000") + len(consumerPrefix) + 26 + 19
		body := make([]byte, size-len(subject)-ack)
		for range n {
			_, err := js.PublishAsync(subject, body, jetstream.WithStallWait(time.Minute))
			require.NoError(t, err)
		}
		<-js.PublishAsyncComplete()
		r := newReader(t, nc)
		r.until(n)
		require.Equal(t, 1, r.opened)
		require.Empty(t, r.errs)
	})
}
