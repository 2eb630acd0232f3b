package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/exporter/web"
)

func freshnessCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("freshness", "How long after its publication an event is visible to a scrape.")
	burst := cmd.Flag("events", "Events that are published as fast as possible, to find the sustainable rate.").Default("200000").Int()
	shares := cmd.Flag("share", "Shares of that rate to measure at.").Default("0.25", "0.5", "0.75").Float64List()
	length := cmd.Flag("for", "How long to measure at each.").Default("10s").Duration()
	return cmd.FullCommand(), func(ctx context.Context) error {
		b, err := newBench(ctx, 0, 0)
		if err != nil {
			return err
		}
		defer b.close()
		e, err := b.engine(ctx)
		if err != nil {
			return err
		}
		now := noteConditions(ctx)
		f := freshness{bench: b, engine: e}
		list := []*live{f.measure(1e9, *burst)}
		for _, share := range *shares {
			rate := share * list[0].rate()
			list = append(list, f.measure(rate, int(rate*length.Seconds())))
		}
		if err := e.close(); err != nil {
			return err
		}
		tables, err := freshnessTable(now, list)
		if err != nil {
			return err
		}
		return output("freshness", tables)
	}
}

// freshness lets one child publish to the server, which is another, and polls the engine within this process.
type freshness struct {
	bench     *bench
	engine    *engine
	published uint64
}

// live is what was seen at one rate.
type live struct {
	err       error
	published []int64 // when each event was handed to the client library, Unix nanoseconds
	seen      []view
	scrapes   []float64 // milliseconds
	stale     int       // scrapes that lacked what was visible when they began
	took      time.Duration
}

// view says which events a scrape that starts at that time shows: it reads what the position belongs to, under the
// same lock.
type view struct {
	at  int64
	seq uint64
}

func (l *live) rate() float64 { return float64(len(l.published)) / l.took.Seconds() }

func (f *freshness) measure(rate float64, events int) *live {
	ctx := f.bench.ctx
	l := &live{seen: make([]view, 0, 100_000)}
	before := f.published
	f.published += uint64(events)
	var looking sync.WaitGroup
	done := make(chan struct{})
	looking.Go(func() { l.look(f.engine, done) })
	looking.Go(func() { l.scrape(f.engine, done) })
	if l.published, l.err = f.bench.publish(rate, events); l.err == nil {
		l.err = f.engine.reaches(ctx, f.published)
	}
	if l.err == nil {
		l.took = time.Since(time.Unix(0, l.published[0]))
	}
	close(done)
	looking.Wait()
	for i := range l.seen {
		l.seen[i].seq -= before
	}
	return l
}

// look records every half millisecond what is visible.
func (l *live) look(e *engine, done <-chan struct{}) {
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for last := false; !last; {
		select {
		case <-done:
			last = true
		case <-tick.C:
		}
		seq := e.Status().Position.Seq
		l.seen = append(l.seen, view{time.Now().UnixNano(), seq})
	}
}

// scrape scrapes ten times a second, and checks that each page shows what was visible before.
func (l *live) scrape(e *engine, done <-chan struct{}) {
	handler := web.Handler(e, web.Options{Log: slog.New(slog.DiscardHandler)})
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		visible := e.Status().Position.Seq
		r, w := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody), httptest.NewRecorder()
		start := time.Now()
		handler.ServeHTTP(w, r)
		l.scrapes = append(l.scrapes, ms(time.Since(start)))
		if applied(w.Body.String()) < float64(visible) {
			l.stale++
		}
	}
}

// delays are the milliseconds from the publication of each event until it was visible.
func (l *live) delays() (list []float64) {
	i := 0
	for _, s := range l.seen {
		for ; i < len(l.published) && uint64(i) < s.seq; i++ {
			list = append(list, ms(time.Duration(s.at-l.published[i])))
		}
	}
	return list
}

func freshnessTable(now *conditions, list []*live) (string, error) {
	w := &strings.Builder{}
	fmt.Fprintf(w, "From the publication of an event until a scrape that starts then shows it; publisher, server and engine are three processes. %s\n\n", now)
	fmt.Fprintln(w, "| events/s | of sustainable | p50 ms | p99 ms | longest ms | scrape p50 ms | scrape p99 ms | scrapes | stale scrapes |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for i, l := range list {
		if l.err != nil {
			return "", l.err
		}
		d := l.delays()
		p50, p99, longest := fmt.Sprintf("%.1f", quantile(d, 0.5)), fmt.Sprintf("%.1f", quantile(d, 0.99)), fmt.Sprintf("%.1f", quantile(d, 1))
		if i == 0 {
			p50, p99, longest = "", "", "" // a queue as long as the client library allows
		}
		fmt.Fprintf(w, "| %.0f | %.2f | %s | %s | %s | %.2f | %.2f | %d | %d |\n", l.rate(), l.rate()/list[0].rate(), p50, p99, longest,
			quantile(l.scrapes, 0.5), quantile(l.scrapes, 0.99), len(l.scrapes), l.stale)
	}
	return w.String(), nil
}
