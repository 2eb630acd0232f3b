package jetstream

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

const serverEnv = "JETSTREAM_TEST_SERVER" // makes this binary a server; its value is the directory

// serverMain runs a server until it is told to end.
func serverMain(dir string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	e, err := start(ctx, serverOptions(dir), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(e.URL())
	<-ctx.Done()
	e.Close()
}

// outside starts a server in a process of its own and returns its address: one within the process would share the
// client's processors and garbage collector.
func outside(b *testing.B) string {
	b.Helper()
	p := proctest.Start(b, proctest.Self(serverEnv+"="+b.TempDir()))
	b.Cleanup(func() { require.Zero(b, p.End(syscall.SIGTERM)) })
	return p.Find(regexp.MustCompile(`(nats://\S+)`))
}

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkRead compares the source with the fastest consumer of the client library, which only counts: "ratio" is
// the speed of the source as a part of the other's, the median of pairs measured right after each other.
func BenchmarkRead(b *testing.B) {
	const n = 300_000
	nc := dial(b, Config{URLs: []string{outside(b)}})
	create(b, nc)
	js := api(b, nc)
	body := []byte(strings.Repeat("x", 403))
	for range n {
		_, err := js.PublishAsync(subject, body, jetstream.WithStallWait(time.Minute))
		require.NoError(b, err)
	}
	<-js.PublishAsyncComplete()

	var source, ordered, sourceCPU, orderedCPU time.Duration
	messages := 0
	var ratios []float64
	measure := func(count func(*testing.B, *nats.Conn, int)) (took, used time.Duration) {
		start, before := time.Now(), cpu()
		count(b, nc, n)
		return time.Since(start), cpu() - before
	}
	for b.Loop() {
		o, oCPU := measure(countOrdered)
		s, sCPU := measure(countSource)
		ordered, orderedCPU, source, sourceCPU = ordered+o, orderedCPU+oCPU, source+s, sourceCPU+sCPU
		ratios = append(ratios, o.Seconds()/s.Seconds())
		messages += n
	}
	slices.Sort(ratios)
	million := float64(messages) / 1e6
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(million*1e6/source.Seconds(), "source-msg/s")
	b.ReportMetric(million*1e6/ordered.Seconds(), "ordered-msg/s")
	b.ReportMetric(sourceCPU.Seconds()/million, "source-cpu-s/M")
	b.ReportMetric(orderedCPU.Seconds()/million, "ordered-cpu-s/M")
}

func countSource(b *testing.B, nc *nats.Conn, n int) {
	r := newReader(b, nc)
	require.NoError(b, r.open(b.Context()))
	batches := 0
	for got := 0; got < n; batches++ {
		batch, err := r.source.Next(b.Context())
		require.NoError(b, err)
		got += len(batch.Messages)
	}
	require.NoError(b, r.source.Close())
	b.ReportMetric(float64(n)/float64(batches), "msg/batch")
}

func countOrdered(b *testing.B, nc *nats.Conn, n int) {
	js, err := nc.JetStream() // the older interface has the fastest consumer
	require.NoError(b, err)
	done := make(chan struct{})
	got := 0
	sub, err := js.Subscribe("bot.events.>", func(*nats.Msg) {
		if got++; got == n {
			close(done)
		}
	}, nats.OrderedConsumer(), nats.BindStream(streamName))
	require.NoError(b, err)
	<-done
	require.NoError(b, sub.Unsubscribe())
}
