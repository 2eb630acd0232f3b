package jetstream

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// atLeafNode returns a connection to a hub and one to its leaf node, each of which has a JetStream domain of its own.
func atLeafNode(t *testing.T) (hub, leaf *nats.Conn) {
	t.Helper()
	h := serve(t, func(o *server.Options) {
		o.ServerName, o.JetStreamDomain = "hub", "hub"
		o.LeafNode = server.LeafNodeOpts{Host: o.Host, Port: server.RANDOM_PORT}
	})
	info, err := h.server.Varz(nil)
	require.NoError(t, err)
	l := serve(t, func(o *server.Options) {
		o.ServerName, o.JetStreamDomain = "leaf", "leaf"
		o.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats-leaf", Host: fmt.Sprintf("%s:%d", h.opts.Host, info.LeafNode.Port)}}}}
	})
	hub, leaf = client(t, h), client(t, l)
	require.EventuallyWithT(t, func(c *assert.CollectT) { // until the two servers are connected
		js, err := API{Domain: "hub"}.client(leaf)
		require.NoError(c, err)
		account, err := js.AccountInfo(t.Context())
		require.NoError(c, err)
		require.Equal(c, "hub", account.Domain)
	}, patience, tick)
	return hub, leaf
}

// A stream of the hub is read over a connection to a leaf node, by its domain or by the prefix that this stands for.
func TestLeafNode(t *testing.T) {
	t.Parallel()
	hub, leaf := atLeafNode(t)
	s := create(t, hub)
	publish(t, hub, 0, 10)
	at := func(api API) *reader {
		r := newReader(t, leaf)
		source, err := NewSource(leaf, Options{API: api, Stream: streamName})
		require.NoError(t, err)
		source.timing = impatient
		t.Cleanup(func() { source.Close() })
		r.source = source
		return r
	}
	err := at(API{}).open(t.Context())
	require.ErrorIs(t, err, exporter.ErrNoStream)
	require.ErrorContains(t, err, "--nats.create-stream")
	require.ErrorContains(t, err, "--nats.jetstream-domain")
	require.ErrorContains(t, at(API{Domain: "nowhere"}).open(t.Context()), "in domain nowhere")

	for i, api := range []API{{Domain: "hub"}, {Prefix: "$JS.hub.API"}} {
		r := at(api)
		r.until(uint64(10 + 2*i))
		_, err := r.source.Check(t.Context(), r.at)
		require.NoError(t, err)
		_, info, err := r.source.Ahead(t.Context(), r.at)
		require.NoError(t, err)
		require.EqualValues(t, 10+2*i, info.Last)
		publish(t, hub, 10+2*i, 1)
		r.until(uint64(11 + 2*i))
		require.NoError(t, r.open(t.Context()), "the stream is recognized again")
		publish(t, hub, 11+2*i, 1)
		r.until(uint64(12 + 2*i))
		r.exactly(0, 12+2*i)
		require.NoError(t, r.source.Close())
		for name := range s.ConsumerNames(t.Context()).Name() {
			require.Fail(t, "consumer is left", name)
		}
	}
}

// Who creates a stream at a leaf node learns in which domain, and that it may be the wrong one.
func TestCreatedAtLeafNode(t *testing.T) {
	t.Parallel()
	_, leaf := atLeafNode(t)
	for domain, warned := range map[string]bool{"": true, "hub": false} {
		var log bytes.Buffer
		source, err := NewSource(leaf, Options{
			API: API{Domain: domain}, Stream: streamName, Create: &StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}},
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, err)
		source.timing = patient
		_, err = source.Open(t.Context(), exporter.Position{})
		require.NoError(t, err)
		require.NoError(t, source.Close())
		require.Contains(t, log.String(), `msg="created stream" stream=EV subjects=[bot.events.>] domain=`+or(domain, "leaf")+"\n")
		assert.Equal(t, warned, bytes.Contains(log.Bytes(), []byte("--nats.jetstream-domain")), log.String())
	}
}

func TestOptionsThatNoServerMends(t *testing.T) {
	t.Parallel()
	for says, o := range map[string]Options{
		`--nats.stream: name "" is not valid`:                 {},
		`--nats.stream: name "A.B" is not valid`:              {Stream: "A.B"},
		`--nats.stream: name "A B" is not valid`:              {Stream: "A B"},
		`--nats.stream: name "A/B" is not valid`:              {Stream: "A/B"},
		`--nats.stream: name "A>" is not valid`:               {Stream: "A>"},
		`--nats.subjects: subject "a..b" is not valid`:        {Stream: "A", Subjects: []string{"a.>", "a..b"}},
		`--nats.jetstream-domain: "a.b" is not valid`:         {Stream: "A", API: API{Domain: "a.b"}},
		`--nats.jetstream-domain: "*" is not valid`:           {Stream: "A", API: API{Domain: "*"}},
		`--nats.jetstream-prefix: "a..b" is not valid`:        {Stream: "A", API: API{Prefix: "a..b"}},
		"-domain and --nats.jetstream-prefix exclude each ot": {Stream: "A", API: API{Domain: "a", Prefix: "b"}},
	} {
		require.ErrorContains(t, o.Check(), says)
	}
	require.NoError(t, (&Options{Stream: "Ä_1-x", Subjects: []string{"a.*.>"}, API: API{Prefix: "$JS.hub.API"}}).Check())
}
