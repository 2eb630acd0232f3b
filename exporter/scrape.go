package exporter

import (
	"net/http"
	"sync"

	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// scrapes serves /metrics. The formats that Prometheus asks for are rendered here, many times faster than the client
// library can, and with the same bytes; everything else is the library's.
type scrapes struct {
	kpis    *gatherer
	library http.Handler
	buffers sync.Pool
}

func newScrapes(kpis *gatherer) http.Handler {
	s := &scrapes{
		kpis: kpis,
		library: promhttp.HandlerForTransactional(kpis, promhttp.HandlerOpts{
			ErrorHandling:      promhttp.HTTPErrorOnError,
			EnableOpenMetrics:  true,
			DisableCompression: true,
		}),
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
	compressed, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.EnableZstd(true))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return limited(compressed(s), maxScrapes)
}

func (s *scrapes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	if expose.Renders(format) && !r.URL.Query().Has("name[]") {
		s.render(w, format)
		return
	}
	s.library.ServeHTTP(w, r)
}

func (s *scrapes) render(w http.ResponseWriter, format expfmt.Format) {
	buffer := s.buffers.Get().(*[]byte) //nolint:errcheck // nothing else is in the pool
	defer s.buffers.Put(buffer)
	var err error
	if *buffer, err = s.kpis.Render((*buffer)[:0], format); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", string(format))
	_, _ = w.Write(*buffer)
}

// limited answers 503 to requests beyond so many at once.
func limited(next http.Handler, most int) http.Handler {
	slots := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, "too many scrapes at once; try again later", http.StatusServiceUnavailable)
		}
	})
}
