package exporter

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Clients that do not read keep nobody else from being served, and do not pile up.
func TestSlowClients(t *testing.T) {
	var serving, cut atomic.Int32
	page := bytes.Repeat([]byte("x"), 16<<20) // more than any buffer on the way
	h := limits{2, 3, 50 * time.Millisecond}.on(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Add(-1)
		if r.URL.Path == "/small" {
			_, _ = io.WriteString(w, "small")
		} else if _, err := w.Write(page); err != nil {
			cut.Add(1)
		}
	}))
	server := httptest.NewServer(h)
	t.Cleanup(server.Close) // after the clients
	defer http.DefaultClient.CloseIdleConnections()
	slow := func() net.Conn {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		_, err = fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		return c
	}
	served := func() bool {
		status, _, text := fetch(t, http.MethodGet, server.URL+"/small")
		return status == http.StatusOK && text == "small"
	}
	become := func(fast, slow int) {
		t.Helper()
		require.Eventually(t, func() bool {
			return len(h.fast) == fast && len(h.slow) == slow && serving.Load() == int32(fast+slow)
		}, patience, tick)
	}
	slow()
	slow()
	become(0, 2)
	require.True(t, served())
	slow()
	become(0, 3)
	require.Zero(t, cut.Load())
	slow()
	require.Eventually(t, func() bool { return cut.Load() == 1 }, patience, tick, "one too many")
	become(0, 3)
	require.True(t, served())
}

func TestTooManyScrapes(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	h := limits{2, 1, time.Hour}.on(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-end
	}))
	status := make(chan int, 2)
	get := func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		status <- w.Code
	}
	go get()
	go get()
	<-begun
	<-begun
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "close", w.Header().Get("Connection"))
	close(end)
	require.Equal(t, http.StatusOK, <-status)
	require.Equal(t, http.StatusOK, <-status)
	go get()
	<-begun
	require.Equal(t, http.StatusOK, <-status)
}

// The page of metrics has these limits: while scrapes take long, only so many wait, and the others are told at once.
func TestScrapesAtOnce(t *testing.T) {
	r := run(t, quick(), newBroker(stored(100)), &shelf{})
	r.live(100)
	h := r.Handler(nil)
	const n = maxScrapes + maxSlowScrapes + 1
	status := make(chan int, n)
	r.mu.Lock() // no scrape gets on
	for range n {
		go func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			status <- w.Code
		}()
	}
	var first int
	select {
	case first = <-status:
	case <-time.After(patience):
	}
	r.mu.Unlock()
	require.Equal(t, http.StatusServiceUnavailable, first)
	served := 0
	for range n - 1 {
		if <-status == http.StatusOK {
			served++
		}
	}
	require.GreaterOrEqual(t, served, maxScrapes)
}

// Nobody may keep a connection of the server for as long as he likes, nor send headers without end.
func TestServerLimits(t *testing.T) {
	s := NewServer(nil, slog.New(slog.DiscardHandler))
	require.Positive(t, s.ReadHeaderTimeout)
	require.LessOrEqual(t, s.ReadHeaderTimeout, 10*time.Second)
	require.Positive(t, s.ReadTimeout)
	require.Positive(t, s.IdleTimeout)
	require.Positive(t, s.WriteTimeout)
	require.LessOrEqual(t, s.WriteTimeout, time.Minute)
	require.Positive(t, s.MaxHeaderBytes)
	require.LessOrEqual(t, s.MaxHeaderBytes, 64<<10)
}

// Visitors of the landing page share one, have places of their own, and take none from scrapes.
func TestVisitors(t *testing.T) {
	r := run(t, quick(), newBroker(stored(100)), &shelf{})
	r.live(100)
	h := r.Handler(nil)
	get := func(path string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code
	}
	const n = maxVisitors + maxSlowVisitors + 1
	status := make(chan int, n)
	r.mu.Lock() // no page gets on
	for range n {
		go func() { status <- get("/") }()
	}
	var first int
	select {
	case first = <-status:
	case <-time.After(patience):
	}
	scraped := make(chan int, 1)
	go func() { scraped <- get("/metrics") }()
	r.mu.Unlock()
	require.Equal(t, http.StatusServiceUnavailable, first)
	require.Equal(t, http.StatusOK, <-scraped)
	for range n - 1 {
		<-status
	}
}
