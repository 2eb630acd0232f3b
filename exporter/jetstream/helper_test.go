package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverEnv); dir != "" {
		serverMain(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

const (
	streamName = "EV"
	subject    = "bot.events.message"
	patience   = proctest.Patience // of a test for what should take much less
	tick       = 5 * time.Millisecond
)

// impatient is the timing of tests of one server: silence is soon noticed, also where there is none on a busy machine.
var impatient = timing{
	request: 10 * time.Second, expiry: 2 * time.Second, heartbeat: 500 * time.Millisecond, settle: 5 * time.Second, doubt: time.Second,
}

// patient is for tests that must not take a busy machine for a failure.
var patient = timing{
	request: 20 * time.Second, expiry: time.Minute, heartbeat: 10 * time.Second, settle: 10 * time.Second, doubt: 20 * time.Second,
}

// node is a server that can be stopped and started again at the same address.
type node struct {
	*Embedded
	t    testing.TB
	opts *server.Options
}

// serve starts a server with fast storage; change may turn its options.
func serve(t testing.TB, change ...func(*server.Options)) *node {
	t.Helper()
	n := &node{t: t, opts: serverOptions(t.TempDir())}
	for _, f := range change {
		f(n.opts)
	}
	n.up()
	t.Cleanup(func() { n.Close() })
	return n
}

// serverOptions are those of StartEmbedded, but the disk is not waited for.
func serverOptions(dir string) *server.Options {
	return &server.Options{
		ServerName: "one", Host: proctest.Loopback(), Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		JetStream: true, StoreDir: dir, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 4 << 30,
	}
}

func (n *node) up() {
	n.t.Helper()
	var log *slog.Logger
	if os.Getenv("NATS_LOG") != "" {
		log = slog.New(slog.NewTextHandler(n.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	require.EventuallyWithT(n.t, func(c *assert.CollectT) { // the port may need a moment to be free again
		var err error
		n.Embedded, err = start(context.Background(), n.opts.Clone(), log)
		require.NoError(c, err)
	}, patience, tick)
	if n.opts.Port == server.RANDOM_PORT {
		n.opts.Port = n.port()
	}
}

func (n *node) restart() {
	n.t.Helper()
	require.NoError(n.t, n.Close())
	n.up()
}

func (n *node) port() int {
	var port int
	_, err := fmt.Sscanf(n.URL(), "nats://"+n.opts.Host+":%d", &port)
	require.NoError(n.t, err)
	return port
}

// dial connects as the exporter does, and waits until the connection is made.
func dial(t testing.TB, c Config) *nats.Conn {
	t.Helper()
	nc, err := Connect(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	back(t, nc)
	return nc
}

func client(t testing.TB, n *node) *nats.Conn {
	t.Helper()
	return dial(t, Config{URLs: []string{n.URL()}})
}

// back waits until the server answers again. The client takes a while to see that a server is gone.
func back(t testing.TB, nc *nats.Conn) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := nc.RTT()
		return err == nil
	}, patience, tick)
}

// api is a client for what the exporter itself never does.
func api(t testing.TB, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(1000), jetstream.WithDefaultTimeout(time.Minute))
	require.NoError(t, err)
	return js
}

// create makes the stream as recommended, but as the tests need it: with deletes and purges.
func create(t testing.TB, nc *nats.Conn, change ...func(*jetstream.StreamConfig)) jetstream.Stream {
	t.Helper()
	c := StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}}.config()
	c.DenyDelete, c.DenyPurge = false, false
	for _, f := range change {
		f(&c)
	}
	js := api(t, nc)
	var s jetstream.Stream
	var err error
	require.Eventually(t, func() bool {
		s, err = js.CreateStream(t.Context(), c)
		// The server may still be removing the files of a stream of that name.
		var failed *jetstream.APIError
		return !errors.As(err, &failed) || failed.ErrorCode != jsStreamStoreFailed
	}, patience, tick)
	require.NoError(t, err)
	return s
}

const jsStreamStoreFailed = 10049 // "error creating store for stream"

// publish stores messages with the bodies from..from+n-1.
func publish(t testing.TB, nc *nats.Conn, from, n int) {
	t.Helper()
	js := api(t, nc)
	var last jetstream.PubAckFuture
	for i := range n {
		var err error
		last, err = js.PublishAsync(subject, fmt.Appendf(nil, "%d", from+i), jetstream.WithStallWait(patience))
		require.NoError(t, err)
	}
	if last == nil {
		return
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(patience):
		require.Fail(t, "messages are not stored")
	}
	select {
	case <-last.Ok():
	case err := <-last.Err():
		require.NoError(t, err)
	}
}

func newSource(t testing.TB, nc *nats.Conn, subjects ...string) *Source {
	t.Helper()
	s, err := NewSource(nc, Options{Stream: streamName, Subjects: subjects})
	require.NoError(t, err)
	s.timing = impatient
	t.Cleanup(func() { s.Close() })
	return s
}
