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

// scrape serves /metrics: the KPIs and, among them, the metrics of the process. A page is rendered straight into the
// response, so that its size costs no memory. Whoever asks for a format that is none of ours gets text.
type scrape struct{ *gatherer }

func newScrape(g *gatherer) http.Handler {
	// Lines repeat each other so much that the fastest level is nearly as good as the best.
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
	kpis, err := s.borrow(shareFor)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer s.giveBack(kpis)
	defer context.AfterFunc(kpis, func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Now()) })()
	out := response{w: w, asked: r.Context(), kpis: kpis}
	err = s.guarded(func() error {
		if page.Own, err = s.engine.Registry().Gather(); err != nil {
			s.log.Error("scrape failed", "err", err)
			return errScrape
		}
		return kpis.Render(&out, page)
	})
	switch {
	case err == nil:
	case out.begun: // what was sent must not pass for a whole page
		s.log.Debug("scrape cut off", "err", err)
		panic(http.ErrAbortHandler)
	default:
		http.Error(w, errScrape.Error(), http.StatusInternalServerError)
	}
}

// response is a page on its way to a client, which may go away, or be too slow for the copy that it is rendered from.
type response struct {
	w           http.ResponseWriter
	asked, kpis context.Context
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
