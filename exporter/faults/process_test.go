package faults

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// brokerEnv makes the test binary a NATS server; its value is address and directory.
const brokerEnv = "FAULTS_BROKER"

func TestMain(m *testing.M) {
	if v := os.Getenv(brokerEnv); v != "" {
		address, dir, _ := strings.Cut(v, " ")
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		s, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedConfig{Address: address, StoreDir: dir, NoSync: true})
		if err != nil {
			panic(err)
		}
		fmt.Println(s.URL()) //nolint:forbidigo // the tester reads it
		<-ctx.Done()
		stop()
		_ = s.Close()
		return
	}
	if v := os.Getenv(memberEnv); v != "" {
		memberMain(v)
		return
	}
	os.Exit(proctest.Main(m))
}

// broker is a NATS server in a process of its own, at an address that stays the same over its lives.
type broker struct {
	*proctest.Process
	url, dir string
	nc       *nats.Conn
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{url: "nats://" + proctest.Loopback() + ":0", dir: t.TempDir()}
	b.up(t)
	b.url = b.Find(regexp.MustCompile(`(nats://\S+)`))
	var err error
	b.nc, err = jetstream.Connect(t.Context(), jetstream.Config{URLs: []string{b.url}})
	require.NoError(t, err)
	t.Cleanup(b.nc.Close)
	b.connected()
	return b
}

// connected waits until the tester is.
func (b *broker) connected() { b.Until("tester is connected", b.nc.IsConnected) }

func (b *broker) up(t *testing.T) {
	t.Helper()
	b.Process = proctest.Start(t, proctest.Self(brokerEnv+"="+strings.TrimPrefix(b.url, "nats://")+" "+b.dir))
}

// patient are options of a client that does not take a busy broker for a dead one.
var patient = []nats.JSOpt{nats.PublishAsyncMaxPending(4096), nats.MaxWait(time.Minute / 2)}

// stream makes the stream of the events with the recommended settings, or with others.
func (b *broker) stream(t *testing.T, change ...func(*nats.StreamConfig)) nats.JetStreamContext {
	t.Helper()
	js, err := b.nc.JetStream(patient...)
	require.NoError(t, err)
	c := &nats.StreamConfig{Name: "BOT_EVENTS", Subjects: []string{"bot.events.>"}, AllowDirect: true, Duplicates: time.Minute}
	for _, f := range change {
		f(c)
	}
	proctest.Until(t, "stream is there", func() bool { _, err = js.AddStream(c); return err == nil }, func() string { return fmt.Sprint(err) })
	return js
}

// publish stores messages as they are.
func publish(t *testing.T, js nats.JetStreamContext, messages ...[]byte) {
	t.Helper()
	for _, m := range messages {
		_, err := js.PublishAsync("bot.events.x", m, nats.StallWait(proctest.Patience))
		require.NoError(t, err)
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(proctest.Patience):
		require.Fail(t, "messages are not stored")
	}
}

// daemon is the exporter at an address that stays the same over its lives.
type daemon struct {
	*proctest.Server
	t       *testing.T
	args    []string
	storage string
	wrap    func(*exec.Cmd) *exec.Cmd
}

func newDaemon(t *testing.T, b *broker, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, storage: t.TempDir()}
	d.args = append([]string{"serve", "--nats.url=" + b.url, "--storage.path=" + d.storage}, args...)
	return d
}

// up starts it. The first time, it picks a port, and up waits until it has.
func (d *daemon) up(more ...string) *daemon {
	d.t.Helper()
	address := proctest.Loopback() + ":0"
	if d.Server != nil {
		address = d.Address
	}
	cmd := exec.Command(proctest.Program(d.t), slices.Concat(d.args, []string{"--web.listen-address=" + address}, more)...)
	if d.wrap != nil {
		cmd = d.wrap(cmd)
	}
	if p := proctest.Start(d.t, cmd); d.Server == nil {
		d.Server = proctest.Listening(p)
	} else {
		d.Server = &proctest.Server{Process: p, Address: address}
	}
	return d
}

func (d *daemon) ready() *daemon {
	d.t.Helper()
	d.Ready()
	return d
}

// value adds up the series of a metric whose labels contain all of the given texts.
func (d *daemon) value(metric string, labels ...string) float64 {
	_, text := d.Get("/metrics")
	v := sumOf(series(text), metric, labels...)
	d.Saw("%s %q is %v", metric, labels, v)
	return v
}

func (d *daemon) applied(seq int) {
	d.t.Helper()
	d.Until("messages are applied", func() bool { return d.value("bot_exporter_applied_sequence") >= float64(seq) })
}
