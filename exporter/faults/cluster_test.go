package faults

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

const memberEnv = "FAULTS_MEMBER" // makes the test binary one server of a cluster: a member as JSON

// member is a NATS server of a cluster, in a process of its own.
type member struct {
	*proctest.Process
	Name         string
	Host         string
	Client, Port int // of clients and of the other servers
	Routes       []string
	Dir          string
}

// memberPorts is what a member prints when it listens.
var memberPorts = regexp.MustCompile(`ports (\d+ \d+)`)

// memberMain runs a member until it is told to end. It prints the ports that it picked.
func memberMain(config string) {
	var m member
	if err := json.Unmarshal([]byte(config), &m); err != nil {
		panic(err)
	}
	o := &server.Options{
		ServerName: m.Name, Host: m.Host, Port: m.Client, JetStream: true, StoreDir: m.Dir, JetStreamMaxMemory: 64 << 20,
		JetStreamMaxStore: 8 << 30, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		Cluster: server.ClusterOpts{Name: "faults", Host: m.Host, Port: m.Port},
	}
	for _, r := range m.Routes {
		o.Routes = append(o.Routes, &url.URL{Scheme: "nats", Host: r})
	}
	s, err := server.NewServer(o)
	if err != nil {
		panic(err)
	}
	s.Start()
	if !s.ReadyForConnections(proctest.Patience) {
		panic("server is not ready")
	}
	fmt.Printf("ports %d %d\n", s.Addr().(*net.TCPAddr).Port, s.ClusterAddr().Port) //nolint:forcetypeassert // of a TCP listener
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
	s.Shutdown()
	s.WaitForShutdown()
}

func (m *member) up(t *testing.T) {
	t.Helper()
	config, err := json.Marshal(struct {
		Name, Host   string
		Client, Port int
		Routes       []string
		Dir          string
	}{m.Name, m.Host, m.Client, m.Port, m.Routes, m.Dir})
	require.NoError(t, err)
	m.Process = proctest.Start(t, proctest.Self(memberEnv+"="+string(config)))
}

// trio is a cluster of three servers.
type trio struct {
	members [3]*member
	nc      *nats.Conn // to the first two
}

func newTrio(t *testing.T) *trio {
	t.Helper()
	c := &trio{}
	routes := []string{"127.0.0.1:1", "127.0.0.1:1"} // nobody's, until the others are there: without routes it is no cluster
	for i := range c.members {
		m := &member{Name: fmt.Sprintf("n%d", i+1), Host: proctest.Loopback(), Dir: t.TempDir(), Client: server.RANDOM_PORT, Port: server.RANDOM_PORT}
		m.Routes = slices.Clone(routes)
		m.up(t)
		_, err := fmt.Sscan(m.Find(memberPorts), &m.Client, &m.Port) // in its next lives too
		require.NoError(t, err)
		routes = append(routes, fmt.Sprintf("%s:%d", m.Host, m.Port))[1:]
		c.members[i] = m
	}
	for i, m := range c.members {
		m.Routes = nil
		for j, other := range c.members {
			if i != j {
				m.Routes = append(m.Routes, fmt.Sprintf("%s:%d", other.Host, other.Port))
			}
		}
	}
	var err error
	c.nc, err = jetstream.Connect(t.Context(), jetstream.Config{URLs: c.urls()})
	require.NoError(t, err)
	t.Cleanup(c.nc.Close)
	proctest.Until(t, "stream is there", func() bool {
		_, err = jetstream.EnsureStream(t.Context(), c.nc, jetstream.StreamSettings{Name: "BOT_EVENTS", Subjects: []string{"bot.events.>"}, Replicas: 3})
		return err == nil
	}, func() string { return fmt.Sprint(err) })
	return c
}

// urls are those of the first two servers, which stay up.
func (c *trio) urls() (list []string) {
	for _, m := range c.members[:2] {
		list = append(list, fmt.Sprintf("nats://%s:%d", m.Host, m.Client))
	}
	return list
}

// pulses lets a process run for a moment now and then, until the end.
func pulses(p *proctest.Process) (end func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			p.Send(syscall.SIGSTOP)
			select {
			case <-done:
				p.Send(syscall.SIGCONT)
				return
			case <-time.After(190 * time.Millisecond): // the fault itself
			}
			p.Send(syscall.SIGCONT)
			time.Sleep(10 * time.Millisecond)
		}
	})
	return sync.OnceFunc(func() { close(done); wg.Wait() })
}

// acknowledged is how long a server has to acknowledge a message before the client gives up on it.
const acknowledged = 5 * time.Second

// store publishes messages until each is acknowledged: a server that goes takes some with it. The broker knows those by
// their ids that it stored and did not acknowledge in time.
func store(t *testing.T, js nats.JetStreamContext, messages [][]byte) {
	t.Helper()
	type sent struct {
		data []byte
		id   string
	}
	var left []sent
	for _, m := range messages {
		left = append(left, sent{m, strconv.FormatInt(serial.Add(1), 10)})
	}
	proctest.Until(t, "all is stored", func() bool {
		var acks []nats.PubAckFuture
		for _, m := range left {
			ack, err := js.PublishAsync("bot.events.x", m.data, nats.MsgId(m.id), nats.StallWait(proctest.Patience))
			if err != nil {
				return false
			}
			acks = append(acks, ack)
		}
		var lost []sent
		for i, ack := range acks {
			select {
			case <-ack.Ok():
			case <-ack.Err(): // at the latest when its time is over
				lost = append(lost, left[i])
			}
		}
		left = lost
		return len(left) == 0
	}, nil)
}

// runLagging kills the daemon, and starts it again and again while one server of three is still catching up: its consumer
// may be there, and says that nothing is left. In half of the starts the mark of what was shown is gone as well, so that
// the leader's word alone must hold.
func runLagging(t *testing.T, r *result) {
	random := dice(t)
	first, n := 2000, pick(400_000, 40_000)
	c := newTrio(t)
	js, err := c.nc.JetStream(append(slices.Clone(patient), nats.PublishAsyncTimeout(acknowledged))...)
	require.NoError(t, err)
	publishAll := func(n int) {
		t.Helper()
		for n > 0 {
			store(t, js, custom(min(n, 4000)))
			n -= min(n, 4000)
		}
	}
	d := newDaemon(t, &broker{url: c.urls()[0]}, "--nats.url="+c.urls()[1], "--checkpoint.interval=1h")
	publishAll(first)
	d.up().ready()
	d.applied(first)
	require.Equal(t, 0, d.End(syscall.SIGTERM)) // the only checkpoint
	d.up().ready()
	third := c.members[2]
	require.Equal(t, -1, third.End(syscall.SIGKILL))
	publishAll(n - first)
	d.Until("everything is counted", func() bool { return d.value("bot_events_total") == float64(n) })
	before := counters(d)
	require.Equal(t, -1, d.End(syscall.SIGKILL))
	killed := t.TempDir()
	copied(t, d.storage, killed)

	slowest, late := time.Duration(0), 0
	for i := range pick(50, 4) {
		done := r.one()
		if i%2 == 0 { // a server that was replaced: its disk is empty
			require.NoError(t, os.RemoveAll(third.Dir))
			require.NoError(t, os.MkdirAll(third.Dir, 0o700))
		}
		third.up(t)
		stop := pulses(third.Process)
		if i%2 == 0 {
			stop()
		}
		time.Sleep(time.Duration(random.IntN(4000)) * time.Millisecond) // how far it gets
		copied(t, killed, d.storage)
		if i%4 < 2 {
			require.NoError(t, os.Remove(filepath.Join(d.storage, "checkpoints", "shown")))
		}
		since := time.Now()
		d.up()
		var after map[string]float64
		d.Until("numbers are shown", func() bool { after = counters(d); return len(after) > 0 })
		for id, v := range before {
			require.GreaterOrEqual(t, after[id], v, "%s, start %d\n%s", id, i, d)
		}
		slowest = max(slowest, time.Since(since))
		if !strings.Contains(d.Err.String(), fmt.Sprintf("pending=%d", n-first)) {
			late++ // the consumer's server was behind
		}
		require.Equal(t, -1, d.End(syscall.SIGKILL))
		stop()
		require.Equal(t, -1, third.End(syscall.SIGKILL))
		done()
	}
	if whole {
		require.Positive(t, late, "no consumer was on the server that was behind")
	}
	r.figure("0 decreases; %d of %d consumers were on the server that was behind; numbers after %s at most", late, r.runs, slowest.Round(10*time.Millisecond))
}

// counters returns the counters that a page shows; none while it shows no KPIs.
func counters(d *daemon) map[string]float64 {
	status, text := d.Get("/metrics")
	m := map[string]float64{}
	for id, v := range series(text) {
		if status == http.StatusOK && isCounter(id) {
			m[id] = v
		}
	}
	return m
}
