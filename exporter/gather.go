package exporter

import (
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// gatherer shows the KPIs, and after them the process's own metrics, to Prometheus. The messages that the client
// library renders are built once and kept: a scrape copies the numbers while the fold stands still, and fills them in
// while it goes on.
type gatherer struct {
	engine *Engine
	self   prometheus.Gatherer
	slots  chan struct{} // one for each scrape that may run at once

	mu   sync.Mutex
	idle []*expose.View // the one used last comes last: few scrapes at once need few views
}

func newGatherer(e *Engine, self prometheus.Gatherer, parallel int) *gatherer {
	return &gatherer{engine: e, self: self, slots: make(chan struct{}, parallel)}
}

func (g *gatherer) take() *expose.View {
	g.slots <- struct{}{}
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.idle)
	if n == 0 {
		return &expose.View{}
	}
	v := g.idle[n-1]
	g.idle = g.idle[:n-1]
	return v
}

func (g *gatherer) giveBack(v *expose.View) {
	g.mu.Lock()
	g.idle = append(g.idle, v)
	g.mu.Unlock()
	<-g.slots
}

// errScrape is all that a client learns of a failure: the cause, with its stack, is for the log.
var errScrape = errors.New("metrics cannot be collected; see the log")

// Gather implements prometheus.TransactionalGatherer. The families belong to the caller until it calls done.
func (g *gatherer) Gather() (families []*dto.MetricFamily, done func(), err error) {
	v := g.take()
	err = g.guarded(v, func() error {
		own, err := g.collect(v)
		families = v.Families(own)
		return err
	})
	return families, func() { g.giveBack(v) }, err
}

// Render appends all metrics in one of the formats that Prometheus asks for.
func (g *gatherer) Render(dst []byte, format expfmt.Format) ([]byte, error) {
	v := g.take()
	defer g.giveBack(v)
	err := g.guarded(v, func() error {
		own, err := g.collect(v)
		if err == nil {
			dst, err = v.Render(dst, own, format)
		}
		return err
	})
	return dst, err
}

// guarded keeps the cause of a failure from the client, and a panic from the process.
func (g *gatherer) guarded(v *expose.View, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			*v = expose.View{} // may be half of one
			g.engine.log.Error("scrape panicked", "panic", p, "stack", string(debug.Stack()))
			err = errScrape
		}
	}()
	if err := f(); err != nil {
		g.engine.log.Error("scrape failed", "err", err)
		return errScrape
	}
	return nil
}

// collect copies the KPIs, if they may be shown, and gathers the metrics of the process.
func (g *gatherer) collect(v *expose.View) ([]*dto.MetricFamily, error) {
	start := time.Now()
	if g.engine.copyInto(v, start.UnixNano()) {
		g.engine.metrics.scrape.Observe(time.Since(start).Seconds())
	}
	return g.self.Gather()
}

// copyInto copies the state as of now into a view, and reports whether it may be shown. What it was made at is kept
// before that goes out.
func (e *Engine) copyInto(v *expose.View, now int64) bool {
	at, ok := e.copyState(v, now)
	if ok {
		e.shows(at)
	}
	return ok
}

func (e *Engine) copyState(v *expose.View, now int64) (Position, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.status.Shows() {
		v.Hide()
		return Position{}, false
	}
	v.Copy(e.set, now)
	return e.position, true
}
