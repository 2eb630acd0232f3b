package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
)

// The demo shows numbers other than zero in every module, goes on live, and stops cleanly.
func TestDemo(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	d := reached(t, program(t, "demo", "--web.listen-address=127.0.0.1:0", "--nats.embedded.address=127.0.0.1:0", "--chats-per-hour=300", "--log.level=info"))
	for _, m := range collectors.Catalogue() {
		d.Until(m.Name+" shows a number", func() bool {
			_, text := d.Get("/metrics")
			for _, def := range m.Defs {
				if valueIn(text, def.Name) > 0 || valueIn(text, def.Name+"_count") > 0 {
					return true
				}
			}
			return false
		})
	}
	d.Ready()
	_, page := d.Get("/")
	for _, title := range []string{"Users", "Messages", "Chats", "Handover", "Engagement", "Feedback", "User satisfaction", "Traffic", "Clicks", "Agents and workflows", "Custom events"} {
		require.Contains(t, page, ">"+title+"</h2>")
	}
	out := d.Out.String()
	require.Contains(t, out, d.Address+"/metrics", "it says what to open")
	require.Contains(t, out, "nats --server nats://127.0.0.1:")

	caughtUp := d.value("bot_exporter_applied_sequence")
	d.Until("live traffic comes", func() bool { return d.value("bot_exporter_applied_sequence") > caughtUp })
	require.Equal(t, 0, d.End(os.Interrupt))
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// Ctrl-C works at any moment, also before anything is up.
func TestDemoStopsEarly(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	p := program(t, "demo", "--web.listen-address=127.0.0.1:0", "--nats.embedded.address=127.0.0.1:0")
	p.Until("it has begun", func() bool { left, _ := filepath.Glob(filepath.Join(tmp, "*")); return len(left) > 0 })
	require.Equal(t, 0, p.End(os.Interrupt))
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// A port in use is no reason to fail: another one is taken.
func TestDemoTakesFreePorts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	first := reached(t, program(t, "demo", "--web.listen-address=127.0.0.1:0", "--nats.embedded.address=127.0.0.1:0", "--chats-per-hour=10", "--log.level=info"))
	second := reached(t, program(t, "demo", "--web.listen-address="+first.Address, "--nats.embedded.address=127.0.0.1:0", "--chats-per-hour=10", "--log.level=info"))
	require.NotEqual(t, first.Address, second.Address)
	require.Equal(t, 0, second.End(syscall.SIGTERM))
	require.Equal(t, 0, first.End(syscall.SIGTERM))
}

// The same seed gives the same lines; a rate is kept.
func TestSimulateToLines(t *testing.T) {
	flags := []string{"simulate", "--output=-", "--events=50", "--seed=9", "--start=2026-03-02T00:00:00Z"}
	code, out, _ := ended(t, "", flags...)
	require.Equal(t, 0, code)
	require.Len(t, lines(out), 50)
	_, again, _ := ended(t, "", flags...)
	require.Equal(t, out, again)
	_, other, _ := ended(t, "", append(flags, "--seed=10")...)
	require.NotEqual(t, out, other)
	code, complaints, text := ended(t, out, "check", "-")
	require.Equal(t, 0, code, complaints+text)
	code, out, _ = ended(t, "", "simulate", "--output=-", "--events=50", "--rate=1000")
	require.Equal(t, 0, code)
	require.Len(t, lines(out), 50)
	code, _, text = ended(t, "", "simulate", "--output=-", "--start=tomorrow")
	require.Equal(t, 2, code)
	require.Contains(t, text, "RFC 3339")

	p := program(t, "simulate", "--output=-", "--rate=200")
	p.Until("lines come", func() bool { return strings.Count(p.Out.String(), "\n") > 3 })
	require.Equal(t, 0, p.End(os.Interrupt))
}
