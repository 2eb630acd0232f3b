package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the log: logBurst messages with the same text per logPeriod. Texts that differ only in digits, such as
// addresses, count as the same, and so do all texts beyond logTexts.
const (
	logBurst  = 10
	logPeriod = time.Minute
	logTexts  = 256
)

// logLimit keeps repeated messages from filling the log. It drops messages beyond the limit and adds their number to the
// next one that it passes. It is off until On is called, and again after Off, so that messages of the start and the end
// are never dropped.
type logLimit struct {
	next slog.Handler
	*logCounts
}

type logCounts struct {
	on    atomic.Bool
	mu    sync.Mutex
	texts map[string]*logCount
}

type logCount struct {
	since      time.Time
	passed     int
	suppressed int
}

// newLogLimit returns a logLimit in front of a handler.
func newLogLimit(next slog.Handler) *logLimit {
	return &logLimit{next, &logCounts{texts: map[string]*logCount{}}}
}

// On starts limiting.
func (l *logLimit) On() { l.on.Store(true) }

// Off stops limiting.
func (l *logLimit) Off() { l.on.Store(false) }

// Enabled implements slog.Handler.
func (l *logLimit) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// Handle passes a message on unless it exceeds the limit.
func (l *logLimit) Handle(ctx context.Context, r slog.Record) error {
	pass, suppressed := l.admit(r.Message, r.Time)
	if !pass {
		return nil
	}
	if suppressed > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("suppressed", suppressed))
	}
	return l.next.Handle(ctx, r)
}

// WithAttrs returns a handler with the same counts.
func (l *logLimit) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logLimit{l.next.WithAttrs(attrs), l.logCounts}
}

// WithGroup returns a handler with the same counts.
func (l *logLimit) WithGroup(name string) slog.Handler {
	return &logLimit{l.next.WithGroup(name), l.logCounts}
}

// admit reports whether a message passes, and how many with its text were suppressed before it.
func (l *logCounts) admit(text string, now time.Time) (pass bool, suppressed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.entry(withoutDigits(text), now)
	if now.Sub(c.since) >= logPeriod {
		c.since, c.passed = now, 0
	}
	if c.passed >= logBurst && l.on.Load() {
		c.suppressed++
		return false, 0
	}
	c.passed++
	suppressed, c.suppressed = c.suppressed, 0
	return true, suppressed
}

func (l *logCounts) entry(text string, now time.Time) *logCount {
	if c, ok := l.texts[text]; ok {
		return c
	}
	if len(l.texts) >= logTexts {
		for old, c := range l.texts {
			if c.suppressed == 0 && now.Sub(c.since) >= logPeriod {
				delete(l.texts, old)
			}
		}
	}
	if len(l.texts) >= logTexts {
		text = "" // shared by all further texts
	}
	c, ok := l.texts[text]
	if !ok {
		c = &logCount{since: now}
		l.texts[text] = c
	}
	return c
}

func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, text)
}
