package web

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter"
)

// Limits of the HTTP server. exporter-toolkit sets none of them.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
	maxScrapes        = 64  // at once
	maxVisitors       = 256 // of the landing page at once
	landingFor        = time.Second
)

// Engine is the part of *exporter.Engine that the pages use. See there for its methods.
type Engine interface {
	Read(f func(*collectors.Set)) (at exporter.Position, shown bool)
	Showing(at exporter.Position)
	Status() exporter.Status
	Healthy() bool
	Digests() exporter.Digests
	Rejects() []exporter.Rejected
	// Registry holds the metrics of the process.
	Registry() *prometheus.Registry
}

// Options configure a Handler.
type Options struct {
	Log         *slog.Logger
	Reload      func() error // reads the configuration again; nil forbids it
	ReloadHosts []string     // host names with dots under which a reload is allowed; see foreign
}

// Handler serves /metrics, the health checks, the landing page, digests and reloads. Call it once per engine: it
// registers the duration of scrapes in the engine's registry.
func Handler(e Engine, o Options) http.Handler {
	g := newGatherer(e, o.Log)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", newScrape(g))
	mux.HandleFunc("GET /-/healthy", healthy(e))
	mux.HandleFunc("GET /-/ready", ready(e))
	mux.HandleFunc("GET /-/digests", digests(e))
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		mux.Handle(method+" /-/reload", reload(o.Reload, o.ReloadHosts))
	}
	mux.Handle("GET /{$}", newLanding(g))
	return recovered(mux, o.Log)
}

// NewServer returns a server with timeouts and size limits.
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

// healthy answers 200 while the process can do its work.
func healthy(e Engine) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if !e.Healthy() {
			http.Error(w, "cannot write checkpoints; see the exporter's log", http.StatusServiceUnavailable)
			return
		}
		answer(w, "healthy")
	}
}

// ready answers 200 while the KPIs are complete and up to date.
func ready(e Engine) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		status := e.Status()
		if ok, why := status.Ready(); !ok {
			http.Error(w, "not ready: "+why, http.StatusServiceUnavailable)
			return
		}
		text := "ready"
		for _, a := range status.Advice {
			if a.Setting == exporter.AdviceSubjects { // never healthy without numbers
				text += "\nbut no events can come: " + a.Reason
			}
		}
		answer(w, text)
	}
}

func digests(e Engine) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(e.Digests())
	}
}

func answer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text + "\n"))
}

// recovered answers 500 when a handler panics. The cause goes to the log only.
func recovered(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler: // the server cuts the connection
				panic(p)
			default:
				log.Error("handler panicked", "path", r.URL.Path, "panic", p)
				http.Error(w, "internal error; see the exporter's log", http.StatusInternalServerError)
			}
		}()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
