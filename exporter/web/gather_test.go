package web

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// Those who wait for a copy share one, which shows what was applied before any of them asked.
func TestScrapesShareACopy(t *testing.T) {
	r := run(t, newStream(stored(100)...), nowhere{})
	c := bare(r)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[*lease]bool{}
	acquire := func() {
		wg.Go(func() {
			l, err := c.acquire(0)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[l] = true
		})
	}
	waiting := func(n int) func() bool {
		return func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return len(c.leases) == 1 && c.next != nil && c.next.readers == n
		}
	}
	resume := r.held()
	acquire()
	require.Eventually(t, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.leases) == 1 }, patience, tick)
	for range 8 {
		acquire()
	}
	require.Eventually(t, waiting(8), patience, tick)
	resume()
	wg.Wait()
	require.Len(t, seen, 2)
	for l := range seen {
		require.NotZero(t, l.Sum(collectors.Events))
		for range l.readers {
			c.release(l)
		}
	}
	require.Empty(t, c.leases)
}

// However many copies are held, there are never more than so many: another reader gets the newest one, or the slowest
// lose theirs.
func TestCopiesHeld(t *testing.T) {
	r := run(t, newStream(stored(100)...), nowhere{})
	c := bare(r)
	var held []*lease
	for range maxCopies {
		l, err := c.acquire(0)
		require.NoError(t, err)
		held = append(held, l)
	}
	shared, err := c.acquire(time.Hour)
	require.NoError(t, err)
	require.Same(t, held[maxCopies-1], shared)
	c.release(shared)

	let := make(chan struct{})
	go func() { // the slow reader
		<-held[0].Done()
		c.release(held[0])
		close(let)
	}()
	fresh, err := c.acquire(0)
	require.NoError(t, err)
	<-let
	require.Len(t, c.leases, maxCopies)
	for _, l := range held[1:] {
		require.NoError(t, l.Err())
		c.release(l)
	}
	c.release(fresh)
	require.Empty(t, c.leases)
}

// Readers who take their time hold a bounded number of copies, and none who scrapes as usual has to wait for them.
func TestSlowReadersLoseTheirCopies(t *testing.T) {
	r := run(t, newStream(wide(100_000)...), nowhere{}, manyBots)
	for range 3 * maxCopies {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(2048))
		_, err = c.Write([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			status, _, text := r.get("/metrics?name[]=" + self.Series.Name)
			return status == http.StatusOK && parsed(t, text)[self.Series.Name] != nil
		}, patience, tick)
	}
}

// A client that has gone away ends its scrape.
func TestClientGone(t *testing.T) {
	h := run(t, newStream(wide(100_000)...), nowhere{}, manyBots).pages
	w := &leaving{after: 3}
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	ctx, leave := context.WithCancel(t.Context())
	w.leave = leave
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { h.ServeHTTP(w, r.WithContext(ctx)) })
	require.LessOrEqual(t, w.writes, 4)
}

// leaving is a client that goes away after some writes.
type leaving struct {
	discard
	writes, after int
	leave         func()
}

func (l *leaving) Write(p []byte) (int, error) {
	if l.writes++; l.writes == l.after {
		l.leave()
	}
	return len(p), nil
}

// What scrapes add to the memory of the fold is bounded by the samples: for each, the layout and the copies; for each
// client, a piece of the page and a compressor. Nothing grows with the size of a page times the clients.
func TestMemoryOfScrapes(t *testing.T) {
	e := run(t, newStream(wide(100_000)...), nowhere{}, manyBots)
	samples := e.Status().Samples
	before := heap()
	h := e.pages
	for range 5 {
		scrapeAtOnce(h)
	}
	after := heap()
	added := float64(after-min(before, after)) / float64(samples)
	t.Logf("%d samples, %.0f B kept for each", samples, added)
	require.Less(t, added, 100.0)

	var one counting
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	h.ServeHTTP(&one, r)
	peak := watchHeap(after)
	scrapeAtOnce(h)
	most := peak()
	t.Logf("page of %d KiB; eight at once took %d KiB more", one.n>>10, most>>10)
	require.Less(t, most, one.n*maxScrapes, "pages are not kept")
	runtime.KeepAlive(e)
}

type counting struct {
	discard
	n uint64
}

func (c *counting) Write(p []byte) (int, error) { c.n += uint64(len(p)); return len(p), nil }
