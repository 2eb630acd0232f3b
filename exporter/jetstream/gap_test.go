package jetstream

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

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
	s := create(t, nc, func(c *jetstream.StreamConfig) { c.ConsumerLimits.InactiveThreshold = 10 * time.Second })
	r := newReader(t, nc)
	require.NoError(t, r.open(t.Context()))
	c, err := s.Consumer(t.Context(), r.source.pull.consumer)
	require.NoError(t, err)
	config := c.CachedInfo().Config
	require.Equal(t, 10*time.Second, config.InactiveThreshold)
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
	const life = 5 * time.Second // of a message to be read, and of its marker after it
	nc := client(t, serve(t))
	create(t, nc, func(c *jetstream.StreamConfig) {
		c.AllowMsgTTL, c.SubjectDeleteMarkerTTL = true, life // messages live at least as long as markers
	})
	publish(t, nc, 0, 3)
	js := api(t, nc)
	_, err := js.Publish(t.Context(), "bot.events.short", []byte("short"), jetstream.WithMsgTTL(life))
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

// A rollup drops what was stored before it, and is an event itself. So is one that bears the name of a marker.
func TestRollup(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc, func(c *jetstream.StreamConfig) { c.AllowRollup = true })
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	require.NoError(t, r.source.Close())
	publish(t, nc, 10, 10)
	for _, name := range []string{"Nats-Rollup", "Nats-Marker-Reason"} {
		_, err := nc.RequestMsg(&nats.Msg{Subject: subject, Header: nats.Header{name: {"all"}}, Data: []byte(name)}, patience)
		require.NoError(t, err)
	}
	require.NoError(t, r.open(t.Context()))
	require.EqualValues(t, 10, r.info.First-r.at.Seq-1, "a gap of known size")
	r.bodies = nil
	r.until(22)
	require.Equal(t, []string{"Nats-Rollup", "Nats-Marker-Reason"}, r.bodies)
	require.Empty(t, r.skips)
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
		r.source.timing = patient
		r.until(7)
		require.Empty(t, r.errs)
		require.Equal(t, 1, r.opened)
		require.Zero(t, r.source.pull.minimum, "no request allowed less")
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
		r.source.timing = patient
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
		for seq := 1; seq <= n; seq++ { // the server counts subject, reply subject, header and body
			reply := fmt.Sprintf("$JS.ACK.EV.%s%s.1.%d.%d.%d.%d", consumerPrefix, rand.Text(), seq, seq, time.Now().UnixNano(), n-seq)
			_, err := js.PublishAsync(subject, make([]byte, size-len(subject)-len(reply)), jetstream.WithStallWait(patience))
			require.NoError(t, err)
		}
		select {
		case <-js.PublishAsyncComplete():
		case <-time.After(patience):
			require.Fail(t, "messages are not stored")
		}
		r := newReader(t, nc)
		r.source.timing = patient
		r.until(n)
		require.Equal(t, 1, r.opened)
		require.Empty(t, r.errs)
	})
}
