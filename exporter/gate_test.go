package exporter

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// A consumer on a server that is behind says that nothing is left. The leader of the stream knows better.
func TestLaggingConsumer(t *testing.T) {
	all := stored(1000)
	b := newBroker(all)
	b.hold, b.lags = 100, true
	r := run(t, quick(), b, &shelf{})
	r.applied(100)
	r.until("leader is asked", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.asked > 1 })
	gated := func() {
		t.Helper()
		require.False(t, r.shown())
		ok, text := r.Status().Ready()
		require.False(t, ok, text)
		require.Positive(t, r.value(self.ReplayRemaining))
	}
	gated()
	b.change(func(b *broker) { b.hold = 999 })
	r.applied(999)
	gated()
	b.change(func(b *broker) { b.askErr = errors.New("no answer; is publishing permitted?") })
	r.until("it is told", func() bool { _, text := r.Status().Ready(); return contains(text, "catching_up", "permitted?") })
	b.change(func(b *broker) { b.askErr = nil })
	gated()
	b.change(func(b *broker) { b.hold = 1000 })
	r.live(1000)
	require.True(t, r.shown())
	r.equals(oracle(quick(), all))
}

// So it is while the stream is followed: messages that the consumer's server lacks are no deleted ones.
func TestConsumerFallsBehind(t *testing.T) {
	all := stored(300)
	b := newBroker(all[:100])
	r := run(t, quick(watchful), b, &shelf{})
	r.live(100)
	b.change(func(b *broker) { b.hold, b.lags = 100, true })
	b.publish(all[100:]...)
	r.until("another consumer is tried", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.opened > 2 })
	require.Zero(t, r.value(collectors.EventsLost))
	b.change(func(b *broker) { b.hold = 0 })
	r.live(300)
	r.equals(oracle(quick(), all))
}

// What a page showed is not taken back after a crash, whatever the broker says is the end of its stream.
func TestNothingBelowWhatWasShown(t *testing.T) {
	all, store := stored(500), &shelf{}
	b := newBroker(all[:300])
	r := run(t, quick(), b, store)
	r.live(300)
	r.until("checkpoint is there", func() bool { return store.newest().Seq == 300 })
	b.publish(all[300:]...)
	r.live(500)
	before := r.metrics()
	require.Equal(t, Mark{"TEST", b.created, 0, 500}, store.mark)
	marks := store.marks
	r.metrics()
	require.Equal(t, marks, store.marks, "nothing has moved")
	killed := &shelf{kept: store.kept[:1], mark: store.mark} // what the process leaves behind
	require.NoError(t, r.close())

	b.change(func(b *broker) { b.hold, b.lags, b.end = 400, true, 500 })
	r = run(t, quick(), &forgetful{broker: b, last: 400}, killed) // the leader, too, knows of 400 only
	r.applied(400)
	require.False(t, r.shown())
	_, text := r.Status().Ready()
	require.Contains(t, text, "numbers up to message 500 were shown")
	b.change(func(b *broker) { b.hold = 0 })
	r.live(500)
	after := r.metrics()
	require.Equal(t, sum(before, collectors.Events), sum(after, collectors.Events))
}

// forgetful is a broker whose every answer ends at a message, though there are more.
type forgetful struct {
	*broker
	last uint64
}

func (f *forgetful) Open(ctx context.Context, at Position) (StreamInfo, error) {
	info, err := f.broker.Open(ctx, at)
	info.Last = f.last
	return info, err
}

func (f *forgetful) Ahead(ctx context.Context, at Position) (*Message, StreamInfo, error) {
	m, info, err := f.broker.Ahead(ctx, at)
	if info.Last = f.last; at.Seq >= f.last {
		m = nil
	}
	return m, info, err
}

// Before the first checkpoint only the mark knows what was shown.
func TestMarkWithoutCheckpoint(t *testing.T) {
	all := stored(200)
	b := newBroker(all[:150])
	store := &shelf{mark: Mark{"TEST", b.created, 0, 180}}
	r := run(t, quick(), b, store)
	r.applied(150)
	require.False(t, r.shown())
	b.publish(all[150:]...)
	r.live(200)
	require.True(t, r.shown())
	require.NoError(t, r.close())

	for _, m := range []Mark{{"OTHER", b.created, 0, 900}, {"TEST", b.created.Add(1), 0, 900}, {"TEST", b.created, 1, 900}} {
		store = &shelf{mark: m}
		r = run(t, quick(), b, store) // of another stream
		r.live(200)
		require.True(t, r.shown())
		require.Equal(t, Mark{"TEST", b.created, 0, 200}, store.mark, "a foreign mark keeps no other out")
		require.NoError(t, r.close())
	}
}

// A mark that cannot be kept is counted and told, and the page goes out.
func TestMarkFails(t *testing.T) {
	store := &shelf{blind: errors.New("input/output error")}
	r := run(t, quick(), newBroker(stored(10)), store)
	r.live(10)
	require.True(t, r.shown())
	require.Positive(t, r.value(self.MarkFailures))
	require.Contains(t, r.log.String(), "cannot write mark")
	require.Contains(t, r.log.String(), "cannot read mark")
}

// Messages that were shown and then deleted are waited for only until it is sure that they are.
func TestShownAndDeleted(t *testing.T) {
	for _, filter := range [][]string{nil, {"bot.events.a"}} {
		all, store := stored(100), &shelf{}
		b := newBroker(all[:80])
		b.filter = filter
		r := run(t, quick(), b, store)
		r.live(80)
		r.until("checkpoint is there", func() bool { return store.newest().Seq == 80 })
		b.publish(all[80:]...)
		r.live(100)
		require.True(t, r.shown())
		killed := &shelf{kept: store.kept[:1], mark: store.mark}
		require.NoError(t, r.close())
		b.change(func(b *broker) { b.messages, b.end = b.messages[:90], 100 })
		r = run(t, quick(), b, killed)
		r.applied(90)
		require.False(t, r.shown())
		require.NoError(t, r.close())
		r = run(t, quick(watchful), b, killed)
		r.until("shown", r.shown)
		require.NoError(t, r.close())
	}
}
