package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/web"
)

var formats = []struct{ name, accept string }{
	{"text", "text/plain;version=0.0.4;escaping=allow-utf-8"},
	{"OpenMetrics", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"},
	{"protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8"},
}

// scrapeTable is what a scrape of about so many series costs.
func scrapeTable(ctx context.Context, sizes []int) (table, error) {
	t := table{columns: []column{{"series", "%.0f"}}}
	for _, f := range formats {
		t.columns = append(t.columns, column{f.name + " ms", "%.2f"}, column{f.name + " MiB", "%.2f"}, column{f.name + " KiB allocated", "%.0f"})
	}
	for _, n := range sizes {
		row, err := scrapesOf(ctx, n)
		if err != nil {
			return t, err
		}
		t.rows = append(t.rows, row)
	}
	return t, nil
}

func scrapesOf(ctx context.Context, n int) ([]float64, error) {
	dir, err := os.MkdirTemp("", "bot-exporter-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	store, err := storage.Open(storage.Config{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	cfg := exporter.Defaults()
	cfg.KPIs.MaxBots = 1000
	e, err := exporter.New(cfg, store, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx, &given{messages: pairsFor(n)}) }()
	for !e.Status().CaughtUp && ctx.Err() == nil {
		time.Sleep(time.Millisecond) //nolint:forbidigo // polls
	}
	row := measureScrapes(web.Handler(e, web.Options{Log: slog.New(slog.DiscardHandler)}))
	stop()
	return row, <-ended
}

// pairsFor gives one message for each pair of bot and channel; a pair has some 320 series.
func pairsFor(series int) (list []exporter.Message) {
	for i := range max(1, series/320) {
		e := event.Event{Kind: event.MessageUser, ID: fmt.Sprint(i), Source: "s", Bot: fmt.Sprintf("bot-%03d", i/5),
			Channel: fmt.Sprintf("channel-%d", i%5), Chat: "c", User: "u", Input: event.InputText}
		list = append(list, exporter.Message{Seq: uint64(i + 1), Time: noon + int64(i), Data: e.AppendJSON(nil, "")})
	}
	return list
}

func measureScrapes(h http.Handler) (row []float64) {
	const scrapes = 25
	for _, f := range formats {
		r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
		r.Header.Set("Accept", f.accept)
		page := httptest.NewRecorder()
		h.ServeHTTP(page, r)
		if row == nil { // text comes first
			n := 0
			for line := range strings.Lines(page.Body.String()) {
				if line[0] != '#' {
					n++
				}
			}
			row = append(row, float64(n))
		}
		var before, after runtime.MemStats
		var took []float64
		runtime.ReadMemStats(&before)
		for range scrapes {
			start := time.Now()
			h.ServeHTTP(nowhere{}, r)
			took = append(took, ms(time.Since(start)))
		}
		runtime.ReadMemStats(&after)
		row = append(row, quantile(took, 0.5), float64(page.Body.Len())/(1<<20), float64(after.TotalAlloc-before.TotalAlloc)/scrapes/1024)
	}
	return row
}

// nowhere is a client that reads as fast as one can write.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

// given is a stream of these messages and no more.
type given struct {
	messages []exporter.Message
	done     bool
}

func (g *given) Open(context.Context, exporter.Position) (exporter.StreamInfo, error) {
	n := uint64(len(g.messages))
	return exporter.StreamInfo{Name: "given", Created: time.Unix(1, 0), First: 1, Last: n, Pending: n}, nil
}

func (g *given) Check(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	return g.Open(ctx, at)
}

func (g *given) Next(ctx context.Context) (exporter.Batch, error) {
	if g.done {
		<-ctx.Done()
		return exporter.Batch{}, ctx.Err()
	}
	g.done = true
	return exporter.Batch{Messages: g.messages}, nil
}

func (g *given) Ahead(ctx context.Context, at exporter.Position) (*exporter.Message, exporter.StreamInfo, error) {
	info, err := g.Open(ctx, at)
	if at.Seq >= info.Last {
		return nil, info, err
	}
	return &g.messages[at.Seq], info, err
}

func (*given) Close() error { return nil }
