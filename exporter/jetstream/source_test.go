package jetstream

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

func TestRead(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	const n = 100_000
	publish(t, nc, 0, n)
	r := newReader(t, nc)
	r.source.timing = patient
	r.until(n)
	r.exactly(0, n)
	require.Equal(t, 1, r.opened)
	require.Empty(t, r.errs)
	require.Equal(t, exporter.StreamInfo{
		Name: streamName, Created: r.info.Created, First: 1, Last: n, Pending: n, Replicas: 1,
	}, r.info)
	require.Empty(t, r.source.pull.ch)
}

// The second form of reply subjects has the domain and the account in it.
func TestReadSecondReplyForm(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t, func(o *server.Options) {
		o.FeatureFlags = map[string]bool{server.FeatureFlagJsAckFormatV2: true}
	}))
	create(t, nc)
	publish(t, nc, 0, 100)
	r := newReader(t, nc)
	r.until(100)
	r.exactly(0, 100)
	require.Greater(t, strings.Count(r.source.pull.prefix, "."), 4)
}

func TestBatch(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	msg := func(i int) *exporter.Message {
		m, err := s.GetMsg(t.Context(), uint64(i))
		require.NoError(t, err)
		return &exporter.Message{Seq: m.Sequence, Subject: m.Subject, Time: m.Time.UnixNano(), Data: m.Data}
	}
	r := newReader(t, nc)
	require.NoError(t, r.open(t.Context()))
	require.Zero(t, r.info.Pending)
	require.EqualValues(t, 1, r.info.First)
	require.Zero(t, r.info.Last)

	publish(t, nc, 0, 1000)
	got := 0
	for got < 1000 {
		b, err := r.source.Next(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, len(b.Messages), defaultBatch)
		for _, m := range b.Messages {
			got++
			if got%250 == 0 {
				require.Equal(t, *msg(got), m)
			}
		}
		require.LessOrEqual(t, b.Pending, uint64(1000-got))
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.source.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestStartPosition(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	stand := r.at

	t.Run("in the middle", func(t *testing.T) {
		r := newReader(t, nc)
		r.until(5)
		r.at.Seq = 5
		r.bodies = nil
		// The batch may have taken more than was asked for: the anchor must be that of the position.
		r.at.Anchor = anchorOf(t, nc, 5)
		require.NoError(t, r.open(t.Context()))
		require.EqualValues(t, 5, r.info.Pending)
		r.until(10)
		r.exactly(5, 5)
	})
	t.Run("right at the end", func(t *testing.T) {
		r := newReader(t, nc)
		r.at = stand
		require.NoError(t, r.open(t.Context()))
		require.Zero(t, r.info.Pending)
		publish(t, nc, 10, 5)
		r.until(15)
		r.exactly(10, 5)
	})
	t.Run("beyond the end", func(t *testing.T) {
		r := newReader(t, nc)
		r.at = stand
		r.at.Seq = 100
		r.mismatch("last_sequence")
	})
}

func anchorOf(t *testing.T, nc *nats.Conn, seq uint64) exporter.Anchor {
	t.Helper()
	s, err := api(t, nc).Stream(t.Context(), streamName)
	require.NoError(t, err)
	m, err := s.GetMsg(t.Context(), seq)
	require.NoError(t, err)
	return exporter.NewAnchor(m.Time.UnixNano(), m.Data)
}

func TestTwoSources(t *testing.T) {
	t.Parallel()
	n := serve(t)
	nc := client(t, n)
	create(t, nc)
	publish(t, nc, 0, 2000)
	var wg sync.WaitGroup
	readers := []*reader{newReader(t, nc), newReader(t, nc), newReader(t, client(t, n))}
	for _, r := range readers {
		wg.Go(func() { assert.NoError(t, r.follow(t.Context(), 4000)) })
	}
	publish(t, nc, 2000, 2000)
	wg.Wait()
	for _, r := range readers {
		r.exactly(0, 4000)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	n := serve(t)
	nc := client(t, n)
	s := create(t, nc)
	r := newReader(t, nc)
	consumers := func() int {
		info, err := s.Info(t.Context())
		require.NoError(t, err)
		return info.State.Consumers
	}
	require.NoError(t, r.source.Close())
	require.NoError(t, r.open(t.Context()))
	require.NoError(t, r.open(t.Context()))
	require.Eventually(t, func() bool { return consumers() == 1 }, patience, tick, "the first consumer is given up")
	require.NoError(t, r.source.Close())
	require.Zero(t, consumers())
	_, err := r.source.Next(t.Context())
	require.Error(t, err)

	require.NoError(t, r.open(t.Context()))
	require.NoError(t, n.Close())
	require.Eventually(t, func() bool { return !nc.IsConnected() }, patience, tick)
	require.NoError(t, r.source.Close(), "it does not wait for the connection")
}
