package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAtMost(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	h := atMost(2, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
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
	r := run(t, newStream(stored(100)...), nowhere{})
	const n = maxScrapes + 1
	status := make(chan int, n)
	release := r.held()
	for range n {
		go func() {
			w := httptest.NewRecorder()
			r.pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			status <- w.Code
		}()
	}
	var first int
	select {
	case first = <-status:
	case <-time.After(patience):
	}
	release()
	require.Equal(t, http.StatusServiceUnavailable, first)
	served := 0
	for range n - 1 {
		if <-status == http.StatusOK {
			served++
		}
	}
	require.Equal(t, maxScrapes, served)
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
	r := run(t, newStream(stored(100)...), nowhere{})
	get := func(path string) int {
		w := httptest.NewRecorder()
		r.pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code
	}
	const n = maxVisitors + 1
	status := make(chan int, n)
	release := r.held()
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
	release()
	require.Equal(t, http.StatusServiceUnavailable, first)
	require.Equal(t, http.StatusOK, <-scraped)
	for range n - 1 {
		<-status
	}
}
