package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// wideEngine shows about as many series as asked for.
func wideEngine(b *testing.B, series int) *running {
	return run(b, newStream(wide(series)...), nowhere{}, manyBots)
}

// constMetrics is the same series as a Collector of the usual kind gives them: new metrics for every scrape.
type constMetrics struct{ set *collectors.Set }

func (constMetrics) Describe(chan<- *prometheus.Desc) {}

func (c constMetrics) Collect(ch chan<- prometheus.Metric) {
	for _, f := range c.set.Families() {
		d := f.Def()
		desc := prometheus.NewDesc(d.Name, d.Help, d.LabelNames(), nil)
		switch t := f.(type) {
		case metric.Scalars:
			kind := prometheus.CounterValue
			if d.Type == metric.TypeGauge {
				kind = prometheus.GaugeValue
			}
			for i, v := range t.Read(nil, c.set.Clock()) {
				ch <- prometheus.MustNewConstMetric(desc, kind, v, f.Labels(nil, i)...)
			}
		case metric.Histograms:
			for i := range f.Len() {
				var h metric.HistogramValue
				t.Read(i, &h)
				buckets, sum := map[float64]uint64{}, uint64(0)
				for k, b := range d.Buckets {
					sum += h.Classic[k]
					buckets[b] = sum
				}
				ch <- prometheus.MustNewConstHistogram(desc, h.Count, h.Sum, buckets, f.Labels(nil, i)...)
			}
		}
	}
}

var formats = []struct{ name, accept string }{
	{"text", "text/plain;version=0.0.4;escaping=allow-utf-8"},
	{"openmetrics", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"},
	{"protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8"},
}

// setOf returns the state, which nobody folds into any more.
func setOf(r *running) (s *collectors.Set) {
	r.Read(func(set *collectors.Set) { s = set })
	return s
}

func BenchmarkScrape(b *testing.B) {
	for _, series := range []int{1_000, 10_000, 100_000} {
		e := wideEngine(b, series)
		registry := prometheus.NewRegistry()
		registry.MustRegister(constMetrics{setOf(e)})
		for _, h := range []struct {
			name    string
			handler http.Handler
		}{
			{"exporter", e.pages},
			{"const_metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})},
		} {
			for _, f := range formats {
				b.Run(fmt.Sprintf("%d/%s/%s", series, f.name, h.name), func(b *testing.B) {
					r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
					r.Header.Set("Accept", f.accept)
					h.handler.ServeHTTP(discard{}, r)
					b.ReportAllocs()
					for b.Loop() {
						h.handler.ServeHTTP(discard{}, r)
					}
				})
			}
		}
	}
}

// BenchmarkScrapeClients is eight clients at once, of all formats, and the memory that they add to the state of the fold.
func BenchmarkScrapeClients(b *testing.B) {
	for _, h := range []string{"exporter", "const_metrics"} {
		b.Run(h, func(b *testing.B) {
			e := wideEngine(b, 100_000)
			registry := prometheus.NewRegistry()
			registry.MustRegister(constMetrics{setOf(e)})
			handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
			if h == "exporter" {
				handler = e.pages
			}
			before := heap()
			peak := watchHeap(before)
			for b.Loop() {
				scrapeAtOnce(handler)
			}
			b.ReportMetric(float64(peak())/(1<<20), "peak-MiB")
		})
	}
}

// scrapeAtOnce lets eight clients scrape, in all formats.
func scrapeAtOnce(h http.Handler) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Header.Set("Accept", formats[i%len(formats)].accept)
			if i%2 == 0 {
				r.Header.Set("Accept-Encoding", "gzip")
			}
			h.ServeHTTP(discard{}, r)
		})
	}
	wg.Wait()
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	return heapNow()
}

func heapNow() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// watchHeap looks at the heap until the function that it returns is called, which returns the most that was in use
// above a mark.
func watchHeap(mark uint64) func() uint64 {
	end, peak := make(chan struct{}), make(chan uint64)
	go func() {
		most := mark
		for every := time.NewTicker(time.Millisecond); ; {
			most = max(most, heapNow())
			select {
			case <-end:
				every.Stop()
				peak <- most - mark
				return
			case <-every.C:
			}
		}
	}()
	return func() uint64 { close(end); return <-peak }
}

// BenchmarkScrapeLock is how long a scrape holds the fold up.
func BenchmarkScrapeLock(b *testing.B) {
	for _, series := range []int{100_000, 520_000} { // the second shows about 630,000 samples
		b.Run(strconv.Itoa(series), func(b *testing.B) {
			e := wideEngine(b, series)
			var l expose.Layout
			var c expose.Cut
			copied := func(set *collectors.Set) { l.Copy(&c, set, 1e18) }
			for range 3 { // learns the series
				e.Read(copied)
				l.Learn()
			}
			for b.Loop() {
				e.Read(copied)
			}
			b.ReportMetric(float64(e.Status().Samples), "samples")
		})
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (discard) WriteHeader(int)             {}
