package jetstream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// cluster is three servers in this process with a stream that each of them holds.
type cluster struct {
	t     *testing.T
	nodes []*node
	links [][]*link  // from one to another
	nc    *nats.Conn // of the tester; the exporter has one of its own
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t}
	for i := range 3 {
		o := serverOptions(t.TempDir())
		o.ServerName = fmt.Sprintf("n%d", i)
		// All connections between servers go through links: the address that a server tells the others is nobody's.
		o.Cluster = server.ClusterOpts{Name: "test", Host: o.Host, Port: server.RANDOM_PORT, Advertise: "127.0.0.1:1"}
		c.links = append(c.links, make([]*link, 3))
		for j := range 3 {
			if i != j {
				c.links[i][j] = newLink(t)
				o.Routes = append(o.Routes, &url.URL{Scheme: "nats", Host: c.links[i][j].listener.Addr().String()})
			}
		}
		c.nodes = append(c.nodes, &node{t: t, opts: o})
	}
	for j, n := range c.nodes {
		n.up()
		at := n.server.ClusterAddr()
		n.opts.Cluster.Port = at.Port // in its next lives too
		for i := range c.nodes {
			if i != j {
				c.links[i][j].leads(at.String())
			}
		}
	}
	require.False(t, t.Failed())
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.Close()
		}
	})
	c.nc = dial(t, Config{URLs: c.urls()})
	require.EventuallyWithT(t, func(a *assert.CollectT) {
		_, err := EnsureStream(t.Context(), c.nc, StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}})
		require.NoError(a, err) // three replicas by default
	}, patience, 50*time.Millisecond)
	c.healthy()
	return c
}

func (c *cluster) urls() (urls []string) {
	for _, n := range c.nodes {
		urls = append(urls, fmt.Sprintf("nats://%s:%d", n.opts.Host, n.opts.Port))
	}
	return urls
}

func (c *cluster) node(name string) *node {
	c.t.Helper()
	i := slices.IndexFunc(c.nodes, func(n *node) bool { return n.opts.ServerName == name })
	require.GreaterOrEqual(c.t, i, 0, name)
	return c.nodes[i]
}

// cut separates a server from the other two, or connects them again. Clients reach all.
func (c *cluster) cut(n *node, off bool) {
	i := slices.Index(c.nodes, n)
	for j := range c.nodes {
		if i != j {
			c.links[i][j].cut(off)
			c.links[j][i].cut(off)
		}
	}
}

// healthy waits until all three servers have the stream, and returns the name of its leader.
func (c *cluster) healthy() (leader string) {
	c.t.Helper()
	require.EventuallyWithT(c.t, func(a *assert.CollectT) {
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Second)
		defer cancel()
		s, err := api(c.t, c.nc).Stream(ctx, streamName)
		require.NoError(a, err)
		info := s.CachedInfo()
		require.NotEmpty(a, info.Cluster.Leader)
		require.Len(a, info.Cluster.Replicas, 2)
		for _, p := range info.Cluster.Replicas {
			// While messages are stored, a replica is hardly ever up to date to the last one.
			require.True(a, !p.Offline && p.Lag < 100 && p.Active < 5*time.Second, "%+v", *p)
		}
		leader = info.Cluster.Leader
		for _, n := range c.nodes {
			require.Equal(a, 200, n.server.Healthz(nil).StatusCode)
		}
	}, patience, 50*time.Millisecond)
	return leader
}

// publisher stores numbered messages until it is stopped, whatever happens to the servers. The server drops what it
// stored already but could not acknowledge.
func (c *cluster) publisher(stored *atomic.Int64) (stop func()) {
	nc := dial(c.t, Config{URLs: c.urls()})
	js := api(c.t, nc)
	ctx, cancel := context.WithCancel(c.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		i, failures := 0, 0
		for ctx.Err() == nil {
			try, end := context.WithTimeout(c.t.Context(), 2*time.Second)
			_, err := js.Publish(try, subject, fmt.Append(nil, i), jetstream.WithMsgID(strconv.Itoa(i)))
			end()
			if err != nil {
				if failures++; failures%3 == 0 {
					nc.ForceReconnect()
				}
				pause(ctx, 10*time.Millisecond)
				continue
			}
			i++
			failures = 0
			stored.Store(int64(i))
			pause(ctx, time.Millisecond) // so that replicas that were away catch up
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// TestCluster does what operators and failures do, while messages are stored and read: none may be missing or come
// twice, and none of it may stop the reading. How long it stalls is told and not judged: a busy machine elects slowly.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	r := newReader(t, dial(t, Config{URLs: c.urls()}))
	r.source.timing = defaultTiming
	var stored atomic.Int64
	stop := c.publisher(&stored)
	reading, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		err := r.follow(reading, math.MaxUint64)
		assert.ErrorIs(t, err, context.Canceled)
	})
	wg.Go(func() { // as the engine does, only more often
		for reading.Err() == nil {
			_, err := r.source.Check(reading, *r.applied.Load())
			assert.False(t, errors.As(err, new(*exporter.Mismatch)), "%v", err)
			pause(reading, time.Second)
		}
	})
	goesOn := func() {
		t.Helper()
		from := r.progress.Load()
		require.EventuallyWithT(t, func(a *assert.CollectT) {
			assert.Greater(a, r.progress.Load(), from+100, "%d are stored", stored.Load())
		}, patience, 10*tick)
	}
	host := func() string { // of the consumer that is read from
		var leader string
		require.Eventually(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			s, err := api(t, c.nc).Stream(ctx, streamName)
			if err != nil {
				return false
			}
			newest := time.Time{}
			for info := range s.ListConsumers(ctx).Info() {
				if info.Created.After(newest) {
					newest, leader = info.Created, info.Cluster.Leader
				}
			}
			return leader != ""
		}, patience, 50*time.Millisecond)
		return leader
	}
	down := func(name string) {
		n := c.node(name)
		require.NoError(t, n.Close())
		goesOn()
		n.up()
		c.healthy()
		goesOn()
	}
	long, rounds := os.Getenv("JETSTREAM_LONG") != "", 1
	if long {
		rounds = 10
	}
	runs := 0
	for range rounds {
		for _, fault := range []struct {
			name string
			rare bool // covered by another one, in short
			do   func()
		}{
			{"leader steps down", false, func() {
				old := c.healthy()
				_, err := c.nc.Request("$JS.API.STREAM.LEADER.STEPDOWN."+streamName, nil, requestTimeout)
				require.NoError(t, err)
				require.Eventually(t, func() bool { return c.healthy() != old }, patience, tick)
			}},
			{"consumer's server stops", true, func() { down(host()) }},
			{"leader stops", true, func() { down(c.healthy()) }},
			{"rolling restart", false, func() {
				for _, n := range c.nodes {
					n.restart()
					c.healthy()
				}
			}},
			{"consumer's server is cut off", false, func() {
				n := c.node(host())
				c.cut(n, true)
				goesOn()
				c.cut(n, false)
				c.healthy()
			}},
		} {
			if fault.rare && !long || testing.Short() && fault.name == "rolling restart" {
				continue
			}
			r.stall.Store(0)
			goesOn()
			fault.do()
			goesOn()
			longest := time.Duration(r.stall.Load())
			t.Logf("%s: longest stall %s", fault.name, longest.Round(time.Millisecond))
			runs++
		}
	}
	t.Logf("%d runs", runs)
	stop()
	n := int(stored.Load())
	require.Eventually(t, func() bool { return r.progress.Load() >= uint64(n) }, patience, tick)
	cancel()
	wg.Wait()
	r.exactly(0, n)
	t.Logf("%d messages, opened %d times, errors: %v", n, r.opened, r.errs)
	r.at.Seq-- // and what a cluster recognizes is one message, not any
	r.mismatch("anchor")
}
