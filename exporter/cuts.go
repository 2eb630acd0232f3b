package exporter

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// Limits on copies of the KPIs. A copy takes about 16 bytes for each sample.
const (
	maxCuts  = 4               // that readers hold at once
	shareFor = 5 * time.Second // while there are so many, how old the newest may be for another scrape
)

// cuts lends copies of the KPIs. Those who ask while a copy is being made share the next one, so that each sees a
// moment not before its request. When too many copies are held by slow readers, a scrape shares the newest, or else the
// readers of the oldest lose theirs.
type cuts struct {
	engine *Engine

	making sync.Mutex    // held while a copy is made
	layout expose.Layout // of whoever makes one
	back   chan struct{} // a copy has come back

	mu   sync.Mutex // guards what follows
	next *order     // of those who wait for the next copy
	lent []*loan    // oldest first
	idle *expose.Cut
}

func newCuts(e *Engine) *cuts { return &cuts{engine: e, back: make(chan struct{}, 1)} }

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
func (c *cuts) borrow(oldest time.Duration) (*loan, error) {
	c.mu.Lock()
	o := c.next
	first := o == nil
	if first {
		o = &order{oldest: oldest, done: make(chan struct{})}
		c.next = o
	}
	o.readers++
	o.oldest = min(o.oldest, oldest)
	c.mu.Unlock()
	if first {
		c.fulfil(o)
	}
	<-o.done
	return o.loan, o.err
}

func (c *cuts) giveBack(l *loan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.readers--; l.readers > 0 {
		return
	}
	c.drop(l)
	if c.idle == nil {
		c.idle = l.Cut
	}
}

func (c *cuts) drop(l *loan) {
	l.revoke()
	for i := range c.lent {
		if c.lent[i] == l {
			c.lent = append(c.lent[:i:i], c.lent[i+1:]...)
			break
		}
	}
	select {
	case c.back <- struct{}{}:
	default:
	}
}

func (c *cuts) fulfil(o *order) {
	c.making.Lock()
	defer c.making.Unlock()
	defer close(o.done)
	fresh := false
	for o.loan == nil {
		o.loan, fresh = c.find(o)
	}
	if !fresh {
		return
	}
	if o.err = c.guarded(func() error { c.fill(o.loan.Cut); return nil }); o.err != nil {
		c.layout = expose.Layout{} // may be half of one
		c.mu.Lock()
		c.drop(o.loan)
		c.mu.Unlock()
	}
}

// find takes a place for another copy, or one that is there already. It returns nil when it had to wait.
func (c *cuts) find(o *order) (l *loan, fresh bool) {
	c.mu.Lock()
	if len(c.lent) < maxCuts {
		defer c.mu.Unlock()
		c.next = nil
		l = &loan{Cut: c.idle, made: time.Now(), readers: o.readers}
		l.Context, l.revoke = context.WithCancel(context.Background())
		if c.idle = nil; l.Cut == nil {
			l.Cut = &expose.Cut{}
		}
		c.lent = append(c.lent, l)
		return l, true
	}
	if newest := c.lent[len(c.lent)-1]; time.Since(newest.made) <= o.oldest {
		defer c.mu.Unlock()
		c.next = nil
		newest.readers += o.readers
		return newest, false
	}
	c.lent[0].revoke()
	c.mu.Unlock()
	<-c.back
	return nil, false
}

func (c *cuts) fill(cut *expose.Cut) {
	start := time.Now()
	if c.engine.copyInto(&c.layout, cut) {
		c.engine.metrics.scrape.Observe(time.Since(start).Seconds())
	}
}

// copyInto copies the state into a cut, and reports whether it may be shown. Series that are new are read before, in
// parts, so that the fold never stands still for long. What the cut was made at is kept before anybody reads it.
func (e *Engine) copyInto(l *expose.Layout, c *expose.Cut) bool {
	for {
		at, whole, shows := e.freeze(l, c)
		if !shows {
			return false
		}
		if l.Learn(); whole {
			l.Place(c)
			e.shows(at)
			return true
		}
	}
}

// freeze copies the state as of now. This is the moment that a page shows: all its numbers are those of one position
// in the stream, and gauges that the wall clock moves are read with them.
func (e *Engine) freeze(l *expose.Layout, c *expose.Cut) (at Position, whole, shows bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.status.Shows() {
		c.Hide()
		return Position{}, true, false
	}
	return e.position, l.Copy(c, e.set, time.Now().UnixNano()), true
}

// samples returns how many samples the KPIs have.
func (e *Engine) samples() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.set.Samples()
}

// guarded keeps the cause of a failure from the client, and a panic from the process.
func (c *cuts) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.engine.log.Error("scrape panicked", "panic", p, "stack", string(debug.Stack()))
			err = errScrape
		}
	}()
	return f()
}
