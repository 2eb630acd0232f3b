package faults

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
)

const (
	patience = 3 * time.Minute // of a test for what should take much less
	tick     = 10 * time.Millisecond

	brokerEnv = "FAULTS_BROKER" // makes the test binary a NATS server: address and directory
)

var built = struct { // the program under test
	once sync.Once
	dir  string
	path string
	err  error
}{}

func TestMain(m *testing.M) {
	if v := os.Getenv(brokerEnv); v != "" {
		address, dir, _ := strings.Cut(v, " ")
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		s, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedConfig{Address: address, StoreDir: dir, NoSync: true})
		if err != nil {
			panic(err)
		}
		<-ctx.Done()
		stop()
		_ = s.Close()
		return
	}
	if v := os.Getenv(memberEnv); v != "" {
		memberMain(v)
		return
	}
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// program builds the exporter, once.
func program(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "faults-"); built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "bot-exporter")
		var out []byte
		out, built.err = exec.Command("go", "build", "-o", built.path, module+"cmd/bot-exporter").CombinedOutput()
		if built.err != nil {
			t.Logf("%s", out)
		}
	})
	require.NoError(t, built.err)
	return built.path
}

// process is a child whose end is awaited.
type process struct {
	*exec.Cmd
	t      *testing.T
	log    *output
	exited chan struct{}
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd, t: t, log: &output{}, exited: make(chan struct{})}
	p.Stdout, p.Stderr = p.log, p.log
	require.NoError(t, p.Start())
	go func() { _ = p.Wait(); close(p.exited) }()
	return p
}

func (p *process) signal(s os.Signal) int {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		require.ErrorIs(p.t, err, os.ErrProcessDone)
	}
	return p.code()
}

func (p *process) code() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		_ = p.Process.Signal(syscall.SIGQUIT) // its stacks tell why
		<-p.exited
		require.Fail(p.t, "process does not end", tail(p.log.String()))
	}
	return p.ProcessState.ExitCode()
}

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// output keeps what a process says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// broker is a NATS server in a process of its own.
type broker struct {
	*process
	address, dir string
	nc           *nats.Conn
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{address: freePort(t), dir: t.TempDir()}
	b.up(t)
	t.Cleanup(func() { b.nc.Close(); _ = b.Process.Kill(); <-b.exited })
	var err error
	b.nc, err = jetstream.Connect(t.Context(), jetstream.Config{URLs: []string{b.url()}})
	require.NoError(t, err)
	require.Eventually(t, b.nc.IsConnected, patience, tick)
	return b
}

func (b *broker) up(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), brokerEnv+"="+b.address+" "+b.dir)
	b.process = start(t, cmd)
	b.t = t
}

func (b *broker) url() string { return "nats://" + b.address }

// stream makes the stream of the events with the recommended settings, or with others.
func (b *broker) stream(t *testing.T, change ...func(*nats.StreamConfig)) nats.JetStreamContext {
	t.Helper()
	js, err := b.nc.JetStream(nats.PublishAsyncMaxPending(4096))
	require.NoError(t, err)
	c := &nats.StreamConfig{Name: "BOT_EVENTS", Subjects: []string{"bot.events.>"}, AllowDirect: true, Duplicates: time.Minute}
	for _, f := range change {
		f(c)
	}
	require.Eventually(t, func() bool { _, err = js.AddStream(c); return err == nil }, patience, tick)
	return js
}

// publish stores messages as they are.
func publish(t *testing.T, js nats.JetStreamContext, messages ...[]byte) {
	t.Helper()
	for _, m := range messages {
		_, err := js.PublishAsync("bot.events.x", m)
		require.NoError(t, err)
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-time.After(patience):
		require.Fail(t, "messages are not stored")
	}
}

// daemon is the exporter at an address that stays the same over its lives.
type daemon struct {
	*process
	t       *testing.T
	args    []string
	address string
	storage string
	wrap    func(*exec.Cmd) *exec.Cmd
}

func newDaemon(t *testing.T, b *broker, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, address: freePort(t), storage: t.TempDir()}
	d.args = append([]string{"serve", "--nats.url=" + b.url(), "--web.listen-address=" + d.address, "--storage.path=" + d.storage}, args...)
	t.Cleanup(func() {
		if d.process != nil {
			_ = d.Process.Kill()
			<-d.exited
			if t.Failed() {
				t.Logf("%s", tail(d.log.String()))
			}
		}
	})
	return d
}

func (d *daemon) up(more ...string) *daemon {
	d.t.Helper()
	cmd := exec.Command(program(d.t), append(d.args[:len(d.args):len(d.args)], more...)...)
	if d.wrap != nil {
		cmd = d.wrap(cmd)
	}
	d.process = start(d.t, cmd)
	return d
}

var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}

// get reads a page; status is 0 when nobody answers.
func (d *daemon) get(path string) (status int, body string) {
	resp, err := client.Get("http://" + d.address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

func (d *daemon) until(what string, ok func() bool) {
	d.t.Helper()
	require.Eventually(d.t, func() bool { return ok() || !d.running() }, patience, tick, what)
	require.True(d.t, d.running(), "process has ended: %s\n%s", what, tail(d.log.String()))
}

func (d *daemon) ready() *daemon {
	d.t.Helper()
	d.until("daemon is ready", func() bool { status, _ := d.get("/-/ready"); return status == http.StatusOK })
	return d
}

// value adds up the series of a metric whose labels contain all of the given texts.
func (d *daemon) value(metric string, labels ...string) float64 {
	_, text := d.get("/metrics")
	return sumOf(series(text), metric, labels...)
}

func (d *daemon) applied(seq int) {
	d.t.Helper()
	d.until("messages are applied", func() bool { return d.value("bot_exporter_applied_sequence") >= float64(seq) })
}
