package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limited is a log whose clock is the test's.
type limited struct {
	*logLimit
	t    *testing.T
	text *bytes.Buffer
	now  time.Time
}

func newLimited(t *testing.T) *limited {
	text := &bytes.Buffer{}
	return &limited{newLogLimit(slog.NewTextHandler(text, nil)), t, text, time.Unix(1_700_000_000, 0)}
}

// say logs one message, and returns what came out.
func (l *limited) say(h slog.Handler, message string) string {
	l.t.Helper()
	before := len(l.text.String())
	require.NoError(l.t, h.Handle(context.Background(), slog.NewRecord(l.now, slog.LevelWarn, message, 0)))
	return l.text.String()[before:]
}

func TestLogLimit(t *testing.T) {
	l := newLimited(t)
	for range 5 * logBurst {
		require.NotEmpty(t, l.say(l, "starting"), "not on yet")
	}
	l.On()
	for range logBurst {
		require.NotEmpty(t, l.say(l, "broken"))
	}
	for range 7 {
		require.Empty(t, l.say(l, "broken"))
		l.now = l.now.Add(time.Second)
	}
	require.NotEmpty(t, l.say(l, "another"))
	require.Empty(t, l.say(l.WithAttrs([]slog.Attr{slog.String("component", "nats")}), "broken"), "the counts are the same")
	require.Empty(t, l.say(l.WithGroup("g"), "broken"))
	l.now = l.now.Add(logPeriod - 7*time.Second - 1)
	require.Empty(t, l.say(l, "broken"))
	l.now = l.now.Add(1)
	require.Contains(t, l.say(l, "broken"), "msg=broken suppressed=10")
	require.NotContains(t, l.say(l, "broken"), "suppressed")
	for range 2 * logBurst {
		l.say(l, "broken")
	}
	l.Off()
	require.Contains(t, l.say(l, "broken"), "suppressed=12")
	for range 5 * logBurst {
		require.NotEmpty(t, l.say(l, "broken"), "nothing is too much at the end")
	}
}

// Texts that name addresses are one; texts without end take no memory without end.
func TestLogLimitOfManyTexts(t *testing.T) {
	l := newLimited(t)
	l.On()
	passed := 0
	count := func(message string) {
		if l.say(l, message) != "" {
			passed++
		}
	}
	for i := range 1000 {
		count(fmt.Sprintf("TLS handshake error from 10.0.0.%d:%d: EOF", i%256, i))
	}
	require.Equal(t, logBurst, passed)
	for i := range 5000 {
		count("text " + strings.Repeat("x", i))
	}
	require.Equal(t, logBurst+logTexts-1+logBurst, passed)
	require.Len(t, l.texts, logTexts+1)
	l.now = l.now.Add(logPeriod)
	passed = 0
	count("new text")
	require.Equal(t, 1, passed)
	require.Len(t, l.texts, 3, "those with something left to say, and the new one")
}

// The level stays that of the handler behind, and what is logged gets there whole.
func TestLogLimitPassesOn(t *testing.T) {
	text := &bytes.Buffer{}
	var level slog.LevelVar
	log := slog.New(newLogLimit(slog.NewTextHandler(text, &slog.HandlerOptions{Level: &level})))
	log.Debug("no")
	level.Set(slog.LevelDebug)
	log.With("a", 1).WithGroup("g").Debug("yes", "b", 2)
	require.Contains(t, text.String(), "level=DEBUG msg=yes a=1 g.b=2\n")
	require.NotContains(t, text.String(), "msg=no")
}

func BenchmarkLogLimit(b *testing.B) {
	log := slog.New(newLogLimit(slog.NewTextHandler(io.Discard, nil)))
	for b.Loop() {
		log.Warn("stopped following stream")
	}
}
