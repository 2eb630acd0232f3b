package web

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// Limits on copies of the KPIs. A copy takes about 16 bytes per sample.
const (
	maxCopies = 4               // that readers hold at once
	maxAge    = 5 * time.Second // of a copy that a scrape may share once there are maxCopies
)

// gatherer lends copies of the KPIs. Readers who ask while a copy is being made share the next one, so that none sees a
// state older than its request. When slow readers hold maxCopies, a new reader shares the newest copy if that is recent
// enough. Otherwise the readers of the oldest copy are cut off.
type gatherer struct {
	engine  Engine
	log     *slog.Logger
	seconds prometheus.Histogram

	making   sync.Mutex    // held while a copy is made; guards layout
	layout   expose.Layout // series known so far
	returned chan struct{} // a lease has ended

	mu     sync.Mutex // guards the fields below
	next   *waiters   // for the next copy
	leases []*lease   // oldest first
	spare  *expose.Cut
}

func newGatherer(e Engine, log *slog.Logger) *gatherer {
	d := self.ScrapeDuration
	g := &gatherer{engine: e, log: log, returned: make(chan struct{}, 1),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets})}
	e.Registry().MustRegister(g.seconds)
	return g
}

// waiters are the readers who wait for the same copy. The first of them makes it.
type waiters struct {
	readers int
	maxAge  time.Duration // of a copy that they may share: the strictest of theirs
	done    chan struct{} // closed when lease or err is set
	lease   *lease
	err     error
}

// lease is a copy together with its readers. Its context ends when they must stop reading.
type lease struct {
	*expose.Cut
	context.Context
	revoke  context.CancelFunc
	made    time.Time
	readers int
}

// errScrape is all that a client learns of a failure. The cause and its stack go to the log.
var errScrape = errors.New("cannot collect metrics; see the exporter's log")

// acquire returns a copy of the KPIs. Callers must release it. A copy up to maxAge old may be shared when maxCopies are
// held; if none is that recent, the readers of the oldest are cut off.
func (g *gatherer) acquire(maxAge time.Duration) (*lease, error) {
	g.mu.Lock()
	w := g.next
	first := w == nil
	if first {
		w = &waiters{maxAge: maxAge, done: make(chan struct{})}
		g.next = w
	}
	w.readers++
	w.maxAge = min(w.maxAge, maxAge)
	g.mu.Unlock()
	if first {
		g.serve(w)
	}
	<-w.done
	return w.lease, w.err
}

func (g *gatherer) release(l *lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.readers--; l.readers > 0 {
		return
	}
	g.remove(l)
	if g.spare == nil {
		g.spare = l.Cut
	}
}

func (g *gatherer) remove(l *lease) {
	l.revoke()
	for i := range g.leases {
		if g.leases[i] == l {
			g.leases = append(g.leases[:i:i], g.leases[i+1:]...)
			break
		}
	}
	select {
	case g.returned <- struct{}{}:
	default:
	}
}

// serve makes or finds a copy for the waiters.
func (g *gatherer) serve(w *waiters) {
	g.making.Lock()
	defer g.making.Unlock()
	defer close(w.done)
	fresh := false
	for w.lease == nil {
		w.lease, fresh = g.lend(w)
	}
	if !fresh {
		return
	}
	if w.err = g.guarded(func() error { g.fill(w.lease.Cut); return nil }); w.err != nil {
		g.layout = expose.Layout{} // a panic may have left it half done
		g.mu.Lock()
		g.remove(w.lease)
		g.mu.Unlock()
	}
}

// lend returns a lease with a fresh copy to fill, or one that exists already. It returns nil after waiting for a lease to
// end: try again.
func (g *gatherer) lend(w *waiters) (l *lease, fresh bool) {
	g.mu.Lock()
	if len(g.leases) < maxCopies {
		defer g.mu.Unlock()
		g.next = nil
		l = &lease{Cut: g.spare, made: time.Now(), readers: w.readers}
		l.Context, l.revoke = context.WithCancel(context.Background())
		if g.spare = nil; l.Cut == nil {
			l.Cut = &expose.Cut{}
		}
		g.leases = append(g.leases, l)
		return l, true
	}
	if newest := g.leases[len(g.leases)-1]; time.Since(newest.made) <= w.maxAge {
		defer g.mu.Unlock()
		g.next = nil
		newest.readers += w.readers
		return newest, false
	}
	g.leases[0].revoke()
	g.mu.Unlock()
	<-g.returned
	return nil, false
}

// fill copies the state. It first reads new series, in parts, so that the fold never waits for long. It stores the mark
// of the copy before anybody reads it.
func (g *gatherer) fill(c *expose.Cut) {
	start := time.Now()
	for {
		whole := false
		at, shows := g.engine.Read(func(set *collectors.Set) { whole = g.layout.Copy(c, set, time.Now().UnixNano()) })
		if !shows {
			c.Hide()
			return
		}
		if g.layout.Learn(); whole {
			g.layout.Place(c)
			g.engine.Showing(at)
			g.seconds.Observe(time.Since(start).Seconds())
			return
		}
	}
}

// guarded calls f and turns a panic into errScrape.
func (g *gatherer) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("scrape panicked", "panic", p, "stack", string(debug.Stack()))
			err = errScrape
		}
	}()
	return f()
}
