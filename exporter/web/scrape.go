package web

import (
	"context"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/common/expfmt"

	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// scrape serves /metrics: the KPIs and the metrics of the process, sorted together. It renders straight into the
// response, so a large page takes no memory. Requests for an unknown format get text.
type scrape struct{ *gatherer }

func newScrape(g *gatherer) http.Handler {
	// Lines are so repetitive that the fastest level compresses nearly as well as the best.
	compressed, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(true))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return atMost(maxScrapes, compressed(&scrape{g}))
}

func (s *scrape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page := expose.Page{Format: expfmt.NegotiateAccept(r.Header, expose.Formats()...), Names: r.URL.Query()["name[]"]}
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", string(page.Format))
	if r.Method == http.MethodHead {
		return
	}
	kpis, err := s.acquire(maxAge)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer s.release(kpis)
	defer context.AfterFunc(kpis, func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Now()) })()
	out := response{w: w, asked: r.Context(), kpis: kpis}
	err = s.guarded(func() error {
		if page.Own, err = s.engine.Registry().Gather(); err != nil {
			s.log.Error("cannot gather process metrics", "err", err)
			return errScrape
		}
		return kpis.Render(&out, page)
	})
	switch {
	case err == nil:
	case out.begun: // cut the connection: a partial page must not pass for a whole one
		s.log.Debug("cut off scrape", "err", err)
		panic(http.ErrAbortHandler)
	default:
		http.Error(w, errScrape.Error(), http.StatusInternalServerError)
	}
}

// response stops writing when the client goes away or the lease of the copy is revoked.
type response struct {
	w           http.ResponseWriter
	asked, kpis context.Context // end with the request and the lease
	begun       bool
}

func (r *response) Write(p []byte) (int, error) {
	for _, ctx := range []context.Context{r.asked, r.kpis} {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	r.begun = true
	return r.w.Write(p)
}
