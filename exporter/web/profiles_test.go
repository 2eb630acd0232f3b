package web

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

func TestListenLoopback(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "127.8.8.8:0", "localhost:0"} {
		l, err := ListenLoopback(address)
		require.NoError(t, err, address)
		require.NoError(t, l.Close())
	}
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "127.0.0.1.example.org:0", "*:0"} {
		_, err := ListenLoopback(address)
		require.ErrorContains(t, err, "is not a loopback address", address)
	}
	for _, address := range []string{"", "127.0.0.1", "6060", "127.0.0.1:-1"} {
		_, err := ListenLoopback(address)
		require.Error(t, err, address)
	}
}

func TestDebugServer(t *testing.T) {
	l, err := ListenLoopback("127.0.0.1:0")
	require.NoError(t, err)
	s := NewDebugServer(slog.New(slog.DiscardHandler), func() []exporter.Rejected {
		return []exporter.Rejected{{Sequence: 7, Reason: "malformed"}}
	})
	for _, timeout := range []time.Duration{s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout} {
		require.Positive(t, timeout)
	}
	serve := func(s *http.Server, l net.Listener) (get func(method, path string) (int, string)) {
		done := make(chan error, 1)
		go func() { done <- s.Serve(l) }()
		t.Cleanup(func() {
			http.DefaultClient.CloseIdleConnections()
			require.NoError(t, s.Close())
			require.True(t, errors.Is(<-done, http.ErrServerClosed))
		})
		return func(method, path string) (int, string) {
			status, _, text := fetch(t, method, "http://"+l.Addr().String()+path)
			return status, text
		}
	}
	get := serve(s, l)
	status, text := get(http.MethodGet, "/debug/pprof/")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "goroutine")
	status, text = get(http.MethodGet, "/debug/rejects")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, `[{"time":"0001-01-01T00:00:00Z","subject":"","sequence":7,"reason":"malformed"}]`+"\n", text)
	status, text = get(http.MethodGet, "/debug/pprof/goroutine?debug=1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "TestDebugServer")
	for _, path := range []string{"heap", "cmdline", "symbol", "trace?seconds=0.01"} {
		status, text = get(http.MethodGet, "/debug/pprof/"+path)
		require.Equal(t, http.StatusOK, status, path)
		require.NotEmpty(t, text, path)
	}
	for _, path := range []string{"/", "/metrics", "/-/reload"} {
		status, _ = get(http.MethodGet, path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	status, _ = get(http.MethodDelete, "/debug/pprof/")
	require.Equal(t, http.StatusMethodNotAllowed, status)

	l, err = ListenLoopback("127.0.0.1:0")
	require.NoError(t, err)
	hasty := NewDebugServer(slog.New(slog.DiscardHandler), func() []exporter.Rejected {
		return []exporter.Rejected{{Sequence: 7, Reason: "malformed"}}
	})
	hasty.WriteTimeout = 500 * time.Millisecond
	status, _ = serve(hasty, l)(http.MethodGet, "/debug/pprof/profile?seconds=1")
	require.Equal(t, http.StatusOK, status, "though it takes longer than other answers may")
}
