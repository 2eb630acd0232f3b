package faults

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// latencies are those of scrapes, by status.
type latencies struct {
	mu sync.Mutex
	by map[int][]time.Duration
}

func (l *latencies) add(status int, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = map[int][]time.Duration{}
	}
	l.by[status] = append(l.by[status], d)
}

func (l *latencies) p99(status int) time.Duration {
	list := slices.Sorted(slices.Values(l.by[status]))
	if len(list) == 0 {
		return 0
	}
	return list[(len(list)-1)*99/100]
}

// runStorm lets 200 scrapers ask as fast as they can while events come at a steady rate.
func runStorm(t *testing.T, r *result) {
	const rate = 2000 // events per second
	duration := time.Duration(pick(60, 3)) * time.Second
	b := newBroker(t)
	b.stream(t)
	d := newDaemon(t, b)
	l := newLoad(t, b)
	l.finish(pick(200_000, 20_000))
	d.up().ready()
	const heap = "go_memstats_heap_inuse_bytes"
	idle, peak := d.value(heap), 0.0
	const applied = "bot_exporter_applied_sequence"
	before, sent := d.value(applied), l.n
	last := before // that a page of the storm showed

	end := make(chan struct{})
	var wg sync.WaitGroup
	var seen latencies
	for range 200 {
		wg.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				since := time.Now()
				status, text := d.Get("/metrics")
				seen.add(status, time.Since(since))
				if status == http.StatusOK {
					seen.mu.Lock()
					page := series(text)
					peak, last = max(peak, page[heap]), max(last, page[applied])
					seen.mu.Unlock()
				}
			}
		})
	}
	total, start, every := sent, time.Now(), time.NewTicker(50*time.Millisecond)
	defer every.Stop()
	for time.Since(start) < duration {
		<-every.C
		total = sent + int(time.Since(start).Seconds()*rate)
		l.allow(total)
	}
	l.finish(total)
	published, since := float64(total-sent), time.Now() // the storm goes on
	shown := func() float64 {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		return last - before
	}
	d.Until("a page of the storm shows all that came", func() bool { return shown() >= published })
	late := time.Since(since)
	close(end)
	wg.Wait()
	for status, list := range seen.by {
		require.True(t, status == http.StatusOK || status == http.StatusServiceUnavailable, "status %d", status)
		r.runs += len(list)
	}
	r.passed = r.runs
	require.NotEmpty(t, seen.by[http.StatusOK])
	require.Less(t, peak, 2*idle+64<<20) // pieces of 8 pages, and garbage
	r.figure("%s pages with p99 %s, %s refusals with p99 %s; a page shows all that came at %.0f events/s %s after the last of them; heap %.1f times idle",
		thousands(len(seen.by[http.StatusOK])), seen.p99(http.StatusOK).Round(time.Millisecond),
		thousands(len(seen.by[http.StatusServiceUnavailable])), seen.p99(http.StatusServiceUnavailable).Round(time.Millisecond),
		published/duration.Seconds(), late.Round(time.Millisecond), peak/idle)
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}

// runSlow opens connections that say or read next to nothing, and scrapes beside them.
func runSlow(t *testing.T, r *result) {
	b := newBroker(t)
	js := b.stream(t)
	d := newDaemon(t, b)
	var events [][]byte // many bots make a large page
	for i := range 300 {
		events = append(events, fmt.Appendf(nil,
			`{"specversion":"1.0","id":"s%d","source":"/f","type":"bot.custom","data":{"bot":"bot-%d","channel":"channel-%d","event":"e"}}`, i, i%100, i/100))
	}
	publish(t, js, events...)
	d.up().ready()

	dial := func(text string) net.Conn {
		c, err := net.Dial("tcp", d.Address)
		require.NoError(t, err)
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(2048))
		_, err = io.WriteString(c, text)
		require.NoError(t, err)
		return c
	}
	idle := d.value("process_open_fds")
	closed := make(chan time.Duration, 500)
	since := time.Now()
	for range 500 {
		c := dial("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		go func() {
			defer c.Close()
			_, _ = io.Copy(io.Discard, c)
			closed <- time.Since(since)
		}()
	}
	readers, begun := pick(30, 20), time.Now()
	var reading, answered sync.WaitGroup
	var slow []net.Conn
	for range readers {
		c := dial("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
		slow = append(slow, c)
		answered.Add(1)
		reading.Go(func() {
			every, kib := time.NewTicker(time.Second), make([]byte, 1024)
			defer every.Stop()
			_, err := io.ReadFull(c, kib)
			for answered.Done(); err == nil; _, err = io.ReadFull(c, kib) {
				<-every.C
			}
		})
	}
	answered.Wait() // each has a place, or was refused
	var seen latencies
	size := 0
	scrape := func() {
		since := time.Now()
		status, text := d.Get("/metrics")
		seen.add(status, time.Since(since))
		size = max(size, len(text))
	}
	d.Until("a scrape is served beside the slow readers", func() bool { status, _ := d.Get("/metrics"); return status == http.StatusOK })
	slowest, open := time.Duration(0), 500
	for open > 0 || len(seen.by[http.StatusOK]) < pick(200, 10) {
		select {
		case took := <-closed:
			slowest = max(slowest, took)
			open--
		default:
			require.False(t, open > 0 && time.Since(since) > proctest.Patience, "%d stalled headers are open", open)
			scrape()
		}
	}
	require.Less(t, slowest, 10*time.Second+proctest.Patience/6)
	r.runs, r.passed = len(seen.by[http.StatusOK])+len(seen.by[http.StatusServiceUnavailable]), len(seen.by[http.StatusOK])
	require.Equal(t, r.runs, r.passed, "every other scrape is served")
	r.figure("500 stalled headers closed after %s at most; beside %d readers at 1 KiB/s, scrapes of %d KiB have p99 %s",
		slowest.Round(time.Millisecond), readers, size>>10, seen.p99(http.StatusOK).Round(time.Millisecond))
	if whole {
		d.Until("slow readers are cut", func() bool { return d.value("process_open_fds") <= idle+1 }) // and a scrape of its own
		took := time.Since(begun)
		require.Less(t, took, time.Minute+proctest.Patience/6)
		r.figure("slow readers cut after %s", took.Round(time.Second))
	}
	for _, c := range slow {
		_ = c.Close()
	}
	reading.Wait()
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}
