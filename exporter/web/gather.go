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

// Limits on copies of the KPIs. A copy takes about 16 bytes for each sample.
const (
	maxCuts  = 4               // that readers hold at once
	shareFor = 5 * time.Second // while there are so many, how old the newest may be for another scrape
)

// gatherer lends copies of the KPIs. Those who ask while a copy is being made share the next one, so that each sees a
// moment not before its request. When too many copies are held by slow readers, a scrape shares the newest, or else the
// readers of the oldest lose theirs.
type gatherer struct {
	engine  Engine
	log     *slog.Logger
	seconds prometheus.Histogram

	making sync.Mutex    // held while a copy is made
	layout expose.Layout // of whoever makes one
	back   chan struct{} // a copy has come back

	mu   sync.Mutex // guards what follows
	next *order     // of those who wait for the next copy
	lent []*loan    // oldest first
	idle *expose.Cut
}

func newGatherer(e Engine, log *slog.Logger) *gatherer {
	d := self.ScrapeDuration
	g := &gatherer{engine: e, log: log, back: make(chan struct{}, 1),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets})}
	e.Registry().MustRegister(g.seconds)
	return g
}

// order is a wish for a copy, shared by all who wait.
type order struct {
	readers int
	oldest  time.Duration // how old a copy may be when there are too many
	done    chan struct{}
	loan    *loan
	err     error
}

// loan is a copy and those who read it. Its context ends when they have to let go of it.
type loan struct {
	*expose.Cut
	context.Context
	revoke  context.CancelFunc
	made    time.Time
	readers int
}

// errScrape is all that a client learns of a failure: the cause, with its stack, is for the log.
var errScrape = errors.New("metrics cannot be collected; see the log")

// borrow returns a copy of the KPIs, to be given back. When too many are lent it may be as old as is said; when none is
// so young, a slow reader has to go.
func (g *gatherer) borrow(oldest time.Duration) (*loan, error) {
	g.mu.Lock()
	o := g.next
	first := o == nil
	if first {
		o = &order{oldest: oldest, done: make(chan struct{})}
		g.next = o
	}
	o.readers++
	o.oldest = min(o.oldest, oldest)
	g.mu.Unlock()
	if first {
		g.fulfil(o)
	}
	<-o.done
	return o.loan, o.err
}

func (g *gatherer) giveBack(l *loan) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.readers--; l.readers > 0 {
		return
	}
	g.drop(l)
	if g.idle == nil {
		g.idle = l.Cut
	}
}

func (g *gatherer) drop(l *loan) {
	l.revoke()
	for i := range g.lent {
		if g.lent[i] == l {
			g.lent = append(g.lent[:i:i], g.lent[i+1:]...)
			break
		}
	}
	select {
	case g.back <- struct{}{}:
	default:
	}
}

func (g *gatherer) fulfil(o *order) {
	g.making.Lock()
	defer g.making.Unlock()
	defer close(o.done)
	fresh := false
	for o.loan == nil {
		o.loan, fresh = g.find(o)
	}
	if !fresh {
		return
	}
	if o.err = g.guarded(func() error { g.fill(o.loan.Cut); return nil }); o.err != nil {
		g.layout = expose.Layout{} // may be half of one
		g.mu.Lock()
		g.drop(o.loan)
		g.mu.Unlock()
	}
}

// find takes a place for another copy, or one that is there already. It returns nil when it had to wait.
func (g *gatherer) find(o *order) (l *loan, fresh bool) {
	g.mu.Lock()
	if len(g.lent) < maxCuts {
		defer g.mu.Unlock()
		g.next = nil
		l = &loan{Cut: g.idle, made: time.Now(), readers: o.readers}
		l.Context, l.revoke = context.WithCancel(context.Background())
		if g.idle = nil; l.Cut == nil {
			l.Cut = &expose.Cut{}
		}
		g.lent = append(g.lent, l)
		return l, true
	}
	if newest := g.lent[len(g.lent)-1]; time.Since(newest.made) <= o.oldest {
		defer g.mu.Unlock()
		g.next = nil
		newest.readers += o.readers
		return newest, false
	}
	g.lent[0].revoke()
	g.mu.Unlock()
	<-g.back
	return nil, false
}

// fill copies the state. Series that are new are read before, in parts, so that the fold never stands still for long.
// What the copy was made at is kept before anybody reads it.
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

// guarded keeps the cause of a failure from the client, and a panic from the process.
func (g *gatherer) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("scrape panicked", "panic", p, "stack", string(debug.Stack()))
			err = errScrape
		}
	}()
	return f()
}
