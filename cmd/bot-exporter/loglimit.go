package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the log: so many messages of one text in so long, for so many texts. Texts that differ in numbers alone, such
// as addresses, are one, and all texts beyond are one.
const (
	logBurst  = 10
	logPeriod = time.Minute
	logTexts  = 256
)

// logLimit keeps a flood of the same message from filling the log: it leaves out what is too much, and says how many were
// with the next one that it lets through. Until On is called, and after Off, it leaves out nothing: what is said at the
// start and the end is never too much.
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

// newLogLimit returns a logLimit that passes on to a handler.
func newLogLimit(next slog.Handler) *logLimit {
	return &logLimit{next, &logCounts{texts: map[string]*logCount{}}}
}

// On begins to limit.
func (l *logLimit) On() { l.on.Store(true) }

// Off ends it.
func (l *logLimit) Off() { l.on.Store(false) }

// Enabled is that of the handler behind.
func (l *logLimit) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// Handle passes a message on, unless it is one too many.
func (l *logLimit) Handle(ctx context.Context, r slog.Record) error {
	pass, suppressed := l.count(r.Message, r.Time)
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

// count counts one message, and tells how many were suppressed before it.
func (l *logCounts) count(text string, now time.Time) (pass bool, suppressed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.of(withoutDigits(text), now)
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

func (l *logCounts) of(text string, now time.Time) *logCount {
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
		text = "" // one more than logTexts
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
