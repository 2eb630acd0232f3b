package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// serviceManager listens as systemd does, and returns what it is told.
func serviceManager(t *testing.T) <-chan string {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // t.TempDir may be too long for the address of a socket
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "socket")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	told := make(chan string, 1000)
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := socket.Read(b)
			if err != nil {
				return
			}
			for line := range strings.Lines(string(b[:n])) {
				told <- strings.TrimSpace(line)
			}
		}
	}()
	return told
}

// hears waits for a line and returns those before it.
func hears(t *testing.T, told <-chan string, line string) (before []string) {
	t.Helper()
	timeout := time.After(proctest.Patience)
	for {
		select {
		case got := <-told:
			if got == line {
				return before
			}
			before = append(before, got)
		case <-timeout:
			require.Fail(t, "not told", "%s; only %q", line, before)
		}
	}
}

type fakeEngine struct {
	status atomic.Pointer[exporter.Status]
	sick   atomic.Bool
	asked  atomic.Int32 // for its status
}

func (f *fakeEngine) Healthy() bool { return !f.sick.Load() }

func (f *fakeEngine) Status() exporter.Status {
	f.asked.Add(1)
	return *f.status.Load()
}

// asks waits until the engine was looked at some more times.
func (f *fakeEngine) asks(t *testing.T, more int32) {
	t.Helper()
	most := f.asked.Load() + more
	proctest.Until(t, "engine is looked at", func() bool { return f.asked.Load() >= most }, nil)
}

func TestNotifySystemd(t *testing.T) {
	told := serviceManager(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	var f fakeEngine
	f.status.Store(&exporter.Status{Phase: exporter.PhaseConnecting, Reason: "no\nserver"})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	go func() {
		notifySystemd(ctx, &f, slog.New(slog.DiscardHandler))
		close(done)
	}()
	hears(t, told, "STATUS=connecting: no; server")
	hears(t, told, "WATCHDOG=1")

	f.status.Store(&exporter.Status{Phase: exporter.PhaseCatchingUp, Remaining: 7})
	before := hears(t, told, "STATUS=catching up: 7 messages left")
	assert.NotContains(t, before, "READY=1")

	f.status.Store(&exporter.Status{Phase: exporter.PhaseLive, Position: exporter.Position{Stream: "EV"}})
	before = hears(t, told, "READY=1")
	assert.NotContains(t, before, "STATUS=following stream EV", "sent in one message behind READY")
	hears(t, told, "STATUS=following stream EV")

	f.sick.Store(true)
	f.asks(t, 2) // the first may have been on its way
	f.status.Store(&exporter.Status{Phase: exporter.PhaseCatchingUp, Remaining: 8})
	hears(t, told, "STATUS=catching up: 8 messages left")
	f.asks(t, 10)
	f.status.Store(&exporter.Status{Phase: exporter.PhaseCatchingUp, Remaining: 9})
	before = hears(t, told, "STATUS=catching up: 9 messages left")
	assert.Empty(t, before, "the watchdog is fed though the engine is not healthy")

	f.sick.Store(false)
	hears(t, told, "WATCHDOG=1")
	cancel()
	before = hears(t, told, "STOPPING=1")
	assert.NotContains(t, before, "READY=1", "told twice")
	<-done
}

func TestNotifyWithoutServiceManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	notifySystemd(t.Context(), nil, slog.New(slog.DiscardHandler)) // returns at once
}

// The daemon tells READY once it follows its stream, and health agrees.
func TestServeNotifies(t *testing.T) {
	told := serviceManager(t)
	t.Setenv("WATCHDOG_USEC", "60000000")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	code := make(chan int)
	var log proctest.Output // the client of NATS may log after the end
	go func() {
		code <- run(ctx, []string{
			"serve", "--nats.embedded", "--nats.embedded.address=127.0.0.1:0", "--storage.path=" + t.TempDir(), "--web.listen-address=127.0.0.1:0",
		}, nil, &log, &log)
	}()
	hears(t, told, "READY=1")
	address := ""
	proctest.Until(t, "web server is up", func() bool {
		m := proctest.Address.FindStringSubmatch(log.String())
		if m != nil {
			address = m[1]
		}
		return m != nil
	}, log.String)
	var out, errOut bytes.Buffer
	assert.Equal(t, 0, run(t.Context(), []string{"health", "http://" + address + "/-/ready"}, nil, &out, &errOut), errOut.String())
	assert.Equal(t, "ready\n", out.String())
	assert.Equal(t, 1, run(t.Context(), []string{"health", "http://" + address + "/nothing"}, nil, &out, &errOut))
	assert.Contains(t, errOut.String(), "404")
	cancel()
	hears(t, told, "STOPPING=1")
	assert.Equal(t, 0, <-code)
	assert.Equal(t, 1, run(t.Context(), []string{"health", "http://" + address + "/-/ready"}, nil, &out, &errOut))
}
