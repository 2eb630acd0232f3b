package jetstream

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// A cluster of two has no room for three replicas. It may be one of three that is not complete yet, so that the stream
// is made on one server after a while only, and with a warning. TestCluster makes one with three.
func TestFewServers(t *testing.T) {
	t.Parallel()
	var nodes []*node
	for i := range 2 {
		o := serverOptions(t.TempDir())
		o.ServerName = fmt.Sprintf("n%d", i)
		o.Cluster = server.ClusterOpts{Name: "two", Host: "127.0.0.1", Port: server.RANDOM_PORT}
		o.Routes = []*url.URL{{Scheme: "nats", Host: "127.0.0.1:1"}} // nobody: the second one comes to the first
		if i > 0 {
			o.Routes[0].Host = nodes[0].server.ClusterAddr().String()
		}
		n := &node{t: t, opts: o}
		n.up()
		t.Cleanup(func() { n.Close() })
		nodes = append(nodes, n)
	}
	nc := client(t, nodes[0])
	settings := StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}}
	require.EventuallyWithT(t, func(c *assert.CollectT) { // until there is a leader
		_, err := EnsureStream(t.Context(), nc, settings)
		require.ErrorIs(c, err, ErrFewServers)
	}, patience, 50*time.Millisecond)

	source := newSource(t, nc)
	source.timing = patient
	source.timing.servers = time.Hour
	var log bytes.Buffer
	source.opts.Create, source.opts.Logger = &settings, slog.New(slog.NewTextHandler(&log, nil))
	_, err := source.Open(t.Context(), exporter.Position{})
	require.ErrorIs(t, err, ErrFewServers)
	source.timing.servers = 0
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		_, err = source.Open(t.Context(), exporter.Position{})
		require.NoError(c, err)
	}, patience, 50*time.Millisecond)
	require.Contains(t, log.String(), "on one server only")
	s, err := api(t, nc).Stream(t.Context(), streamName)
	require.NoError(t, err)
	require.Equal(t, 1, s.CachedInfo().Config.Replicas)
}
