package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReloadPage(t *testing.T) {
	r := run(t, newStream(), nowhere{})
	var fails error
	asked := 0
	r.reload = func() error { asked++; return fails }
	allowed, locked := r.pages, Handler(idle(t), Options{Log: slog.New(slog.DiscardHandler)})
	ask := func(h http.Handler, method string, header ...string) (int, string, http.Header) {
		t.Helper()
		request, w := httptest.NewRequest(method, "/-/reload", nil), httptest.NewRecorder()
		request.Host = "localhost:9850"
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		h.ServeHTTP(w, request)
		return w.Code, w.Body.String(), w.Header()
	}
	for _, h := range []http.Handler{allowed, locked} {
		for _, method := range []string{"GET", "HEAD", "DELETE", "PATCH", "OPTIONS"} {
			status, _, header := ask(h, method)
			require.Equal(t, http.StatusMethodNotAllowed, status, method)
			require.Equal(t, "POST, PUT", header.Get("Allow"))
		}
	}
	for i, method := range []string{"POST", "PUT"} {
		status, text, _ := ask(locked, method)
		require.Equal(t, http.StatusForbidden, status)
		require.Contains(t, text, "--web.enable-lifecycle")
		status, text, _ = ask(allowed, method)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "reloaded\n", text)
		require.Equal(t, i+1, asked)
	}
	status, _, _ := ask(allowed, "POST", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, status, "a page of another site")
	require.Equal(t, 2, asked)
	fails = errors.New("limits.bots is 0")
	status, text, _ := ask(allowed, "POST")
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, "cannot reload configuration: limits.bots is 0\n", text)

	r.reload = func() error { panic("secret") }
	status, text, _ = ask(allowed, "POST")
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, "internal error; see the exporter's log\n", text, "nothing of the cause")
	require.Contains(t, r.log.String(), "secret")
}

// A name that a stranger made stand for our address is not ours: his page in a browser would be of the same origin.
func TestReloadUnderForeignHost(t *testing.T) {
	asked := 0
	h := Handler(idle(t), Options{
		Log: slog.New(slog.DiscardHandler), Reload: func() error { asked++; return nil }, ReloadHosts: []string{"Metrics.example.org"},
	})
	for host, want := range map[string]int{
		"127.0.0.1":                  http.StatusOK,
		"127.0.0.1:9850":             http.StatusOK,
		"10.1.2.3:9850":              http.StatusOK,
		"[::1]:9850":                 http.StatusOK,
		"[::1]":                      http.StatusOK,
		"[fe80::1%eth0]:9850":        http.StatusOK,
		"localhost:9850":             http.StatusOK,
		"a.localhost":                http.StatusOK,
		"bot-exporter:9850":          http.StatusOK,
		"metrics.example.org":        http.StatusOK,
		"METRICS.example.org.:443":   http.StatusOK,
		"":                           http.StatusForbidden,
		":9850":                      http.StatusForbidden,
		"evil.example":               http.StatusForbidden,
		"evil.example:9850":          http.StatusForbidden,
		"127.0.0.1.evil.example":     http.StatusForbidden,
		"localhost.evil.example":     http.StatusForbidden,
		"x.metrics.example.org":      http.StatusForbidden,
		"metrics.example.org.evil.x": http.StatusForbidden,
	} {
		before := asked
		request, w := httptest.NewRequest(http.MethodPost, "/-/reload", nil), httptest.NewRecorder()
		request.Host = host
		request.Header.Set("Origin", "http://"+host)
		request.Header.Set("Sec-Fetch-Site", "same-origin")
		h.ServeHTTP(w, request)
		require.Equal(t, want, w.Code, host)
		require.Equal(t, want == http.StatusOK, asked > before, host)
		if want != http.StatusOK {
			require.Contains(t, w.Body.String(), "--web.reload-host")
		}
	}
}
