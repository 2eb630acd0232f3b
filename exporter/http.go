package exporter

import (
	"log/slog"
	"net/http"
	"time"
)

// Limits of the HTTP server. exporter-toolkit sets none of them.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
	maxScrapes        = 8 // at once; more get status 503
	maxSlowScrapes    = 32
	slowAfter         = time.Second
	maxVisitors       = 256 // of the landing page, which has places of its own
	maxSlowVisitors   = 32
	landingFor        = time.Second // one page serves everybody
)

// NewServer returns a server with the limits that a port open to many clients needs.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Handler serves /metrics, the health checks, the landing page and, unless it is nil, reload.
func (e *Engine) Handler(reload func() error, hosts ...string) http.Handler {
	kpis := newCuts(e)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", newScrapes(kpis, e.metrics.registry))
	mux.HandleFunc("GET /-/healthy", e.healthy)
	mux.HandleFunc("GET /-/ready", e.ready)
	mux.HandleFunc("GET /-/digests", e.digestPage)
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		mux.Handle(method+" /-/reload", reloadPage(reload, hosts))
	}
	mux.Handle("GET /{$}", newLanding(kpis))
	return e.recovered(mux)
}

// maxCheckpointFailures in a row make the process unhealthy, such as of fsync or rename: a restart may find another
// disk. Those that no restart cures do not count (noRoom).
const maxCheckpointFailures = 3

// Healthy tells whether the process works, as far as it can tell by itself: not after checkpoints failed in a way that
// a restart might cure.
func (e *Engine) Healthy() bool { return e.saver.failed.Load() < maxCheckpointFailures }

// healthy answers 200 as long as the process can do its work at all.
func (e *Engine) healthy(w http.ResponseWriter, _ *http.Request) {
	if !e.Healthy() {
		http.Error(w, "checkpoints fail; see the log", http.StatusServiceUnavailable)
		return
	}
	answer(w, "healthy")
}

// ready answers 200 when the KPIs are complete and follow the stream.
func (e *Engine) ready(w http.ResponseWriter, _ *http.Request) {
	if ok, why := e.Status().Ready(); !ok {
		http.Error(w, "not ready: "+why, http.StatusServiceUnavailable)
		return
	}
	answer(w, "ready")
}

func answer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text + "\n"))
}

// recovered keeps the process alive, and its stack to itself, when a handler panics.
func (e *Engine) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler: // the server cuts the connection
				panic(p)
			default:
				e.log.Error("handler panicked", "path", r.URL.Path, "panic", p)
				http.Error(w, "internal error; see the log", http.StatusInternalServerError)
			}
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
