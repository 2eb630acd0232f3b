package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

const (
	asProgram = "TEST_AS_BOT_EXPORTER" // makes the test binary the program
	patience  = 2 * time.Minute        // of a test for what should take much less
	tick      = 10 * time.Millisecond
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running program whose output is kept.
type process struct {
	*exec.Cmd
	t        *testing.T
	out, err output
	exited   chan struct{}
}

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

// start starts another program.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...), t: t, exited: make(chan struct{})}
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stdout, p.Stderr = &p.out, &p.err
	p.WaitDelay = patience
	require.NoError(t, p.Start())
	go func() { _ = p.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.exited
		if t.Failed() {
			t.Logf("%s %s\n%s%s", filepath.Base(name), strings.Join(args, " "), clipped(p.out.String()), clipped(p.err.String()))
		}
	})
	return p
}

func clipped(s string) string { return s[max(0, len(s)-4000):] }

// program starts the program under test.
func program(t *testing.T, args ...string) *process {
	t.Helper()
	return start(t, os.Args[0], args...)
}

// ended runs the program to its end.
func ended(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errOut.String()
}

// signal ends the process and returns its exit code, -1 for a signal that kills.
func (p *process) signal(s os.Signal) int {
	p.t.Helper()
	require.NoError(p.t, p.Process.Signal(s))
	return p.code()
}

func (p *process) code() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		_ = p.Process.Signal(syscall.SIGQUIT) // its stacks tell why
		require.Fail(p.t, "process does not end")
	}
	return p.ProcessState.ExitCode()
}

func (p *process) until(what string, ok func() bool) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		select {
		case <-p.exited:
			return true
		default:
			return ok()
		}
	}, patience, tick, what)
	require.True(p.t, ok(), "%s: process has ended", what)
}

var listening = regexp.MustCompile(`msg="Listening on" .*address=(\S+)`)

// daemonOf is a process that serves metrics.
type served struct {
	*process
	url string
}

// serving starts the daemon and waits for its web server, which picks a free port.
func serving(t *testing.T, args ...string) *served {
	t.Helper()
	return reached(program(t, append([]string{"serve", "--web.listen-address=127.0.0.1:0"}, args...)...))
}

func reached(p *process) *served {
	p.t.Helper()
	d := &served{process: p}
	p.until("web server is up", func() bool {
		m := listening.FindStringSubmatch(p.err.String())
		if m != nil {
			d.url = "http://" + m[1]
		}
		return m != nil
	})
	return d
}

// get reads a page; status is 0 when nobody answers.
func (d *served) get(path string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
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

func (d *served) ready() {
	d.t.Helper()
	d.until("daemon is ready", func() bool { status, _ := d.get("/-/ready"); return status == http.StatusOK })
}

// value adds up the series of a metric whose labels contain all of the given texts; -1 when there is none.
func (d *served) value(metric string, labels ...string) float64 {
	_, text := d.get("/metrics")
	return valueIn(text, metric, labels...)
}

func valueIn(text, metric string, labels ...string) float64 {
	total, found := 0.0, false
lines:
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, metric)
		if !ok || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(rest, l) {
				continue lines
			}
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(rest[strings.LastIndexByte(rest, ' '):]), 64)
		if err == nil {
			total, found = total+v, true
		}
	}
	if !found {
		return -1
	}
	return total
}

func (d *served) applied(seq uint64) {
	d.t.Helper()
	d.until(fmt.Sprintf("%d messages are applied", seq), func() bool { return d.value("bot_exporter_applied_sequence") >= float64(seq) })
}

// kpis scrapes the KPIs without the process's own metrics.
func (d *served) kpis() string {
	_, text := d.get("/metrics")
	var b strings.Builder
	for line := range strings.Lines(text) {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")
		if strings.HasPrefix(name, "bot_") && !strings.HasPrefix(name, "bot_exporter_") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// broker starts a NATS server with an empty stream for the events.
func broker(t *testing.T) (url string, nc *nats.Conn) {
	t.Helper()
	server, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedConfig{Address: "127.0.0.1:0", StoreDir: t.TempDir(), NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	nc, err = jetstream.Connect(t.Context(), jetstream.Config{URLs: []string{server.URL()}})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = jetstream.EnsureStream(t.Context(), nc, jetstream.StreamSettings{Name: "BOT_EVENTS", Subjects: []string{"bot.events.>"}})
	require.NoError(t, err)
	return server.URL(), nc
}

// producer publishes made-up events of the last day.
type producer struct {
	t   *testing.T
	sim *simulate.Simulator
	to  *jetstream.Publisher
	n   int
}

func newProducer(t *testing.T, nc *nats.Conn, perHour float64) *producer {
	t.Helper()
	to, err := jetstream.NewPublisher(nc)
	require.NoError(t, err)
	return &producer{t: t, to: to, sim: simulate.New(simulate.Config{
		Seed: 7, Start: time.Now().Add(-23 * time.Hour), ChatsPerHour: perHour, Duplicates: 0.002, Flat: true,
	})}
}

// publish stores n more events.
func (p *producer) publish(n int) {
	p.t.Helper()
	for range n {
		_, e := p.sim.Next()
		p.n++
		id := strconv.Itoa(p.n) // the broker must not drop the events that come twice
		require.NoError(p.t, p.to.Publish(simulate.Subject(e.Bot, e.Channel), id, e.AppendJSON(nil, "")))
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	require.NoError(p.t, p.to.Flush(ctx))
}

// file writes a file for the program to read.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func lines(text string) (list []string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		list = append(list, s.Text())
	}
	return list
}

func freePort(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress("127.0.0.1:0"))
	require.NoError(t, err)
	return port
}
