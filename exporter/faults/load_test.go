package faults

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// load publishes made-up events beside the test, as many as it is allowed to.
type load struct {
	t  *testing.T
	to *jetstream.Publisher

	mu      sync.Mutex
	changed *sync.Cond
	most, n int
	err     error
	ended   chan struct{}
}

func newLoad(t *testing.T, b *broker) *load {
	t.Helper()
	to, err := jetstream.NewPublisher(b.nc)
	require.NoError(t, err)
	l := &load{t: t, to: to, ended: make(chan struct{})}
	l.changed = sync.NewCond(&l.mu)
	go l.run()
	t.Cleanup(func() { l.allow(-1); <-l.ended })
	return l
}

func (l *load) run() {
	defer close(l.ended)
	sim := simulate.New(simulate.Config{
		Seed: 11, Start: time.Now().Add(-23 * time.Hour), ChatsPerHour: 4000, Duplicates: 0.002, Flat: true,
	})
	for n := 1; l.next(n); n++ {
		_, e := sim.Next()
		err := l.to.Publish(simulate.Subject(e.Bot, e.Channel), strconv.Itoa(n), e.AppendJSON(nil, ""))
		l.mu.Lock()
		l.n, l.err = n, err
		l.changed.Broadcast()
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// next waits until event n may be published, and reports false at the end.
func (l *load) next(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.most >= 0 && n > l.most {
		l.changed.Wait()
	}
	return l.most >= 0
}

func (l *load) allow(most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most = most
	l.changed.Broadcast()
}

// finish publishes up to n events and waits until all of them are stored.
func (l *load) finish(n int) {
	l.t.Helper()
	l.allow(n)
	l.mu.Lock()
	for l.n < n && l.err == nil {
		l.changed.Wait()
	}
	err := l.err
	l.mu.Unlock()
	require.NoError(l.t, err)
	require.NoError(l.t, l.to.Flush(l.t.Context()))
}
