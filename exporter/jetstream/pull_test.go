package jetstream

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// lose takes the next message that came, as a client does whose buffer is full.
func lose(t *testing.T, r *reader) {
	t.Helper()
	require.Eventually(t, func() bool {
		select {
		case m := <-r.source.pull.ch:
			if m.Reply == "" {
				r.source.pull.ch <- m
				return false
			}
			return true
		default:
			return false
		}
	}, patience, tick)
}

func TestLostMessage(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.source.timing = patient
	r.source.timing.heartbeat = 3 * time.Second // which comes long before it is silent for too long
	r.until(10)
	publish(t, nc, 10, 10)
	lose(t, r)
	fails(t, r, ErrOrder)
	r.until(20)
	r.exactly(0, 20)

	t.Run("before a quiet time", func(t *testing.T) {
		publish(t, nc, 20, 1)
		lose(t, r)
		fails(t, r, ErrOrder) // a heartbeat tells
		r.until(21)
		r.exactly(0, 21)
	})
}

// Not even the end of the consumer is heard.
func TestSilence(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	require.NoError(t, r.source.pull.sub.Unsubscribe())
	fails(t, r, ErrSilence)
	publish(t, nc, 10, 10)
	r.until(20)
	r.exactly(0, 20)
}

// A consumer that is asked too late is gone, and says so.
func TestRequestToNobody(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	r := newReader(t, nc)
	r.source.timing = patient
	require.NoError(t, r.open(t.Context()))
	require.NoError(t, s.DeleteConsumer(t.Context(), r.source.pull.consumer))
	fails(t, r, ErrConsumerGone)
	require.ErrorContains(t, r.source.pull.failed, "nobody answers")
}

// An engine that is busy for long finds what waits for it, in order.
func TestSlowEngine(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	const n = 3 * pullBatch
	publish(t, nc, 0, n)
	r := newReader(t, nc)
	r.source.timing = patient
	r.until(1)
	p := r.source.pull
	require.Eventually(t, func() bool { return len(p.ch)+len(r.bodies) > pullBatch+pullBatch/2 }, patience, tick)
	require.Eventually(t, func() bool {
		before := len(p.ch)
		_, err := nc.RTT()
		return err == nil && len(p.ch) == before
	}, patience, tick)
	require.LessOrEqual(t, len(p.ch)+len(r.bodies), requests*pullBatch+8, "the server sends no more than it was asked for")
	r.until(n)
	r.exactly(0, n)
	require.Equal(t, 1, r.opened)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	for name, c := range map[string]struct {
		header nats.Header
		want   error
		asked  uint64 // requests afterwards
	}{
		"heartbeat":          {nats.Header{"Status": {"100"}, "Nats-Last-Consumer": {"0"}}, nil, 2},
		"heartbeat, ahead":   {nats.Header{"Status": {"100"}, "Nats-Last-Consumer": {"1"}}, ErrOrder, 2},
		"timeout":            {nats.Header{"Status": {"408"}, "Description": {"Request Timeout"}}, nil, 3},
		"no messages":        {nats.Header{"Status": {"404"}}, nil, 3},
		"batch completed":    {nats.Header{"Status": {"409"}, "Description": {"Batch Completed"}, "Nats-Pending-Bytes": {"5"}}, nil, 3},
		"too large":          {nats.Header{"Status": {"409"}, "Description": {"Message Size Exceeds MaxBytes"}, "Nats-Pending-Bytes": {"5"}}, nil, 3},
		"deleted":            {nats.Header{"Status": {"409"}, "Description": {"Consumer Deleted"}}, ErrConsumerGone, 2},
		"leadership change":  {nats.Header{"Status": {"409"}, "Description": {"Leadership Change"}}, ErrConsumerGone, 2},
		"shutdown":           {nats.Header{"Status": {"409"}, "Description": {"Server Shutdown"}}, ErrConsumerGone, 2},
		"nobody":             {nats.Header{"Status": {"503"}}, ErrConsumerGone, 2},
		"bad request":        {nats.Header{"Status": {"400"}, "Description": {"Bad Request"}}, ErrConsumerGone, 2},
		"something unheard":  {nats.Header{"Status": {"599"}}, ErrConsumerGone, 2},
		"from a stranger":    {nil, nil, 2},
		"without any number": {nats.Header{"Status": {"408"}}, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(t, nc)
			require.NoError(t, r.open(t.Context()))
			p := r.source.pull
			p.ask()
			require.EqualValues(t, 2, p.lastID)
			id := ".1"
			if name == "without any number" {
				id = ".x"
			}
			p.status(&nats.Msg{Subject: p.inbox + id, Header: c.header})
			if c.want == nil {
				require.NoError(t, p.failed)
			} else {
				require.ErrorIs(t, p.failed, c.want)
			}
			require.Equal(t, c.asked, p.lastID)
			require.NoError(t, r.source.Close())
		})
	}
	for reply, want := range map[string]error{
		"1.1": nil, "5.1": nil, // the stream's sequence and the consumer's
		"1.2": ErrOrder, "1.0": ErrOrder, "0.1": ErrOrder,
	} {
		t.Run("message "+reply, func(t *testing.T) {
			r := newReader(t, nc)
			require.NoError(t, r.open(t.Context()))
			r.source.pull.ch <- &nats.Msg{Reply: "$JS.ACK.EV.c.1." + reply + ".17.0"}
			b, err := r.source.Next(t.Context())
			require.ErrorIs(t, err, want)
			require.Len(t, b.Messages, map[bool]int{true: 1}[want == nil])
		})
	}
	t.Run("unknown reply subject", func(t *testing.T) {
		r := newReader(t, nc)
		r.source.timing = patient
		require.NoError(t, r.open(t.Context()))
		require.NoError(t, nc.PublishRequest(r.source.pull.inbox+".1", "somewhere", nil))
		fails(t, r, ErrOrder)
	})
}

func TestContext(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.some(ctx), context.Canceled)
	require.ErrorIs(t, func() error { _, err := r.source.Open(ctx, r.at); return err }(), context.Canceled)
	_, err := r.source.Check(ctx, r.at)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Connect(ctx, Config{URLs: []string{"localhost"}})
	require.ErrorIs(t, err, context.Canceled)
	publish(t, nc, 10, 10)
	r.until(20)
	r.exactly(0, 20)
}
