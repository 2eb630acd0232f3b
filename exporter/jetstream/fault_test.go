package jetstream

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
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
	t.Logf("%d restarts", restarts)
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

// After a connection was lost, however short, the stream behind the next one must be verified.
func TestReconnected(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.source.timing = patient
	r.until(10)
	require.NoError(t, nc.ForceReconnect())
	fails(t, r, ErrConnectionLost)
	r.source.timing = impatient
	back(t, nc)
	publish(t, nc, 10, 10)
	r.until(20)
	r.exactly(0, 20)
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
	r.source.timing = defaultTiming
	require.NoError(t, r.open(t.Context()))
	_, err := s.PauseConsumer(t.Context(), r.source.pull.consumer, time.Now().Add(time.Hour))
	require.NoError(t, err)
	publish(t, nc, 0, 10)
	ctx, cancel := context.WithTimeout(t.Context(), defaultTiming.silence()+time.Second)
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
	at.Anchor.Hash++
	_, err = r.source.Open(t.Context(), at)
	require.ErrorAs(t, err, new(*exporter.Mismatch))
	_, err = r.source.Open(t.Context(), r.at)
	require.NoError(t, err)
}
