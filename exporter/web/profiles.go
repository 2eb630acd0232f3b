package web

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// NewDebugServer returns a server of Go's profiles at /debug/pprof/, and of the last rejected events at /debug/rejects.
// Its clients can slow the process down and look inside it: serve it on ListenLoopback, never on the port of the metrics.
func NewDebugServer(log *slog.Logger, rejects func() []exporter.Rejected) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/rejects", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(rejects())
	})
	return NewServer(mux, log) // pprof extends the write deadline by the length of a profile
}

// ListenLoopback listens on host:port. It refuses an address that other machines could reach.
func ListenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q is not a loopback address; use one such as 127.0.0.1:6060", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() { // localhost may resolve to anything
		_ = l.Close()
		return nil, fmt.Errorf("%q is not a loopback address: here it means %s; use one such as 127.0.0.1:6060", address, l.Addr())
	}
	return l, nil
}
