package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

const asProgram = "TEST_AS_BOT_EXPORTER" // makes the test binary the program

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program starts the program under test.
func program(t *testing.T, args ...string) *proctest.Process {
	t.Helper()
	return proctest.Start(t, proctest.Self(asProgram+"=1", args...))
}

// ended runs the program to its end.
func ended(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := proctest.Self(asProgram+"=1", args...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errOut.String()
}

// served is a process that serves metrics.
type served struct {
	*proctest.Server
	t *testing.T
}

// serving starts the daemon and waits for its web server, which picks a free port.
func serving(t *testing.T, args ...string) *served {
	t.Helper()
	return reached(t, program(t, append([]string{"serve", "--web.listen-address=127.0.0.1:0"}, args...)...))
}

func reached(t *testing.T, p *proctest.Process) *served {
	t.Helper()
	return &served{proctest.Listening(p), t}
}

// value adds up the series of a metric whose labels contain all of the given texts; -1 when there is none.
func (d *served) value(metric string, labels ...string) float64 {
	_, text := d.Get("/metrics")
	v := valueIn(text, metric, labels...)
	d.Saw("%s %q is %v", metric, labels, v)
	return v
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
	d.Until(fmt.Sprintf("%d messages are applied", seq), func() bool { return d.value("bot_exporter_applied_sequence") >= float64(seq) })
}

// kpis scrapes the KPIs without the process's own metrics, and without the one wait that goes on with the wall clock.
func (d *served) kpis() string {
	_, text := d.Get("/metrics")
	var b strings.Builder
	for line := range strings.Lines(text) {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")
		if strings.HasPrefix(name, "bot_") && !strings.HasPrefix(name, "bot_exporter_") &&
			!strings.Contains(name, "_oldest_") {
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
	ctx, cancel := context.WithTimeout(p.t.Context(), proctest.Patience)
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
