package exporter

import (
	"net/http"
	"sync"
	"time"

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
	return limits{maxScrapes, maxSlowScrapes, slowAfter}.on(compressed(s))
}

func (s *scrapes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	if expose.Renders(format) && !r.URL.Query().Has("name[]") {
		s.render(w, format)
		return
	}
	// A client that reads slowly must not keep the view that is rendered from.
	page := recorded{ResponseWriter: w, status: http.StatusOK}
	s.library.ServeHTTP(&page, r)
	w.WriteHeader(page.status)
	_, _ = w.Write(page.body)
}

// recorded keeps a response until it is complete.
type recorded struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (r *recorded) WriteHeader(status int) { r.status = status }

func (r *recorded) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
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

// limits are on requests at once.
type limits struct {
	most int           // beyond, the answer is 503
	slow int           // more that take long, which do not keep others from being served
	long time.Duration // after which a request is a slow one; beyond that many, its connection is cut
}

func (l limits) on(next http.Handler) http.Handler {
	fast, slow := make(chan struct{}, l.most), make(chan struct{}, l.slow)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case fast <- struct{}{}:
		default:
			w.Header().Set("Connection", "close") // connections are what there is too much of
			http.Error(w, "too many scrapes at once; try again later", http.StatusServiceUnavailable)
			return
		}
		var mu sync.Mutex
		held := fast
		timer := time.AfterFunc(l.long, func() {
			mu.Lock()
			defer mu.Unlock()
			if held == nil {
				return
			}
			select {
			case slow <- struct{}{}:
				<-held
				held = slow
			default:
				_ = http.NewResponseController(w).SetWriteDeadline(time.Now())
			}
		})
		defer func() {
			timer.Stop()
			mu.Lock()
			defer mu.Unlock()
			<-held
			held = nil
		}()
		next.ServeHTTP(w, r)
	})
}
