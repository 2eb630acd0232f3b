package exporter

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// No KPI is shown, and the exporter is not ready, until everything that was stored before the start is applied.
func TestCatchUpGate(t *testing.T) {
	all := stored(1200)
	b := newBroker(all[:1000])
	b.hold = 500
	r := run(t, quick(), b, &shelf{})
	r.applied(500)
	gated := func() {
		t.Helper()
		ok, text := r.Status().Ready()
		require.False(t, ok)
		require.Regexp(t, `catching_up: \d+ messages remain, about \d+`, text)
		require.Positive(t, r.value(self.ReplayRate))
		require.Positive(t, r.value(self.ReplayLeft))
		require.False(t, r.shown())
		require.Zero(t, r.value(self.Ready))
	}
	gated()
	require.EqualValues(t, 500, r.value(self.ReplayRemaining))
	require.EqualValues(t, 500, r.value(self.Lag))

	b.publish(all[1000:]...) // which the gate need not wait for
	b.change(func(b *broker) { b.hold = 999 })
	r.applied(999)
	gated()
	require.EqualValues(t, 1, r.value(self.ReplayRemaining))

	b.change(func(b *broker) { b.hold = 1000 })
	r.live(1000)
	require.True(t, r.ready())
	require.True(t, r.shown())
	require.EqualValues(t, 1, r.value(self.Ready))
	require.Zero(t, r.value(self.ReplayRemaining))
	require.Zero(t, r.value(self.ReplayLeft))
	b.change(func(b *broker) { b.hold = 0 })
	r.live(1200)
	r.equals(oracle(quick(), all))
	require.NoError(t, r.close())
}

// A restart goes on from the checkpoint behind the same gate.
func TestCatchUpGateAfterRestart(t *testing.T) {
	all, store := stored(600), &shelf{}
	r := run(t, quick(), newBroker(all[:300]), store)
	r.live(300)
	require.NoError(t, r.close())
	b := newBroker(all)
	b.hold = 599
	r = run(t, quick(), b, store)
	r.applied(599)
	require.False(t, r.shown())
	b.change(func(b *broker) { b.hold = 0 })
	r.live(600)
	require.True(t, r.shown())
	r.equals(oracle(quick(), all))
	require.Equal(t, uint64(300), b.opens[0].Seq)
}

// The gate opens where it did at the start, also when the source was opened again in between.
func TestCatchUpGateStays(t *testing.T) {
	all := stored(300)
	b := newBroker(all[:200])
	b.hold = 100
	r := run(t, quick(), b, &shelf{})
	r.applied(100)
	b.change(func(b *broker) { b.messages, b.nextErr = all, errors.New("broken pipe") })
	r.until("opened again", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.opened == 2 })
	require.False(t, r.shown())
	b.change(func(b *broker) { b.hold = 200 })
	r.live(200)
	require.True(t, r.shown())
}

// An empty stream has been caught up with, and so has one whose last messages are not for us.
func TestNothingToCatchUpWith(t *testing.T) {
	r := run(t, quick(), newBroker(nil), &shelf{})
	r.live(0)
	require.True(t, r.shown())
	require.NoError(t, r.close())

	b := newBroker(stored(100))
	b.filter = []string{"bot.events.a"}
	b.messages, b.end = b.messages[:60], 100
	r = run(t, quick(), b, &shelf{})
	r.live(60)
	require.True(t, r.shown())
}

func TestGaps(t *testing.T) {
	all, store := stored(100), &shelf{}
	b := newBroker(slices.Clone(all[10:40]))
	b.first = 11 // what the stream dropped before the first start was never ours
	r := run(t, quick(), b, store)
	r.live(40)
	require.Zero(t, r.value(collectors.EventsLost))

	b.publish(all[45:60]...) // 41 to 45 are deleted
	r.live(60)
	require.EqualValues(t, 5, r.value(collectors.EventsLost))
	require.NoError(t, r.close())

	b = newBroker(slices.Clone(all[75:]))
	b.first = 73 // 61 to 72 are purged, 73 to 75 deleted
	r = run(t, quick(), b, store)
	r.live(100)
	require.EqualValues(t, 5+12+3, r.value(collectors.EventsLost))
	want := oracle(quick(), all[10:40], all[45:60], all[75:])
	want.Lost(20)
	r.equals(want)
}

// A purge of everything is a gap as well, also when nothing comes after it.
func TestPurgedToTheEnd(t *testing.T) {
	store := &shelf{}
	r := run(t, quick(), newBroker(stored(40)), store)
	r.live(40)
	require.NoError(t, r.close())
	b := newBroker(nil)
	b.first = 91
	r = run(t, quick(), b, store)
	r.live(90)
	require.EqualValues(t, 50, r.value(collectors.EventsLost))
	require.NoError(t, r.close())
	require.Equal(t, uint64(90), store.newest().Seq)
	r = run(t, quick(), b, store)
	r.live(90)
	require.EqualValues(t, 50, r.value(collectors.EventsLost), "counted once")
}

// The rest of the stream is deleted before it is read: it counts as lost soon after a look, and not with the next message.
// An edit that asks for another filter is followed.
func TestDeletedTailInTime(t *testing.T) {
	b := newBroker(stored(40))
	r := run(t, quick(watchful), b, &shelf{})
	r.live(40)
	for _, end := range []uint64{90, 95} {
		b.change(func(b *broker) { b.end = end })
		r.live(end)
		require.EqualValues(t, end-40, r.value(collectors.EventsLost), "counted once")
	}
	b.change(func(b *broker) { b.end, b.filter = 99, []string{"bot.events.a"} })
	r.until("read with the filter", func() bool { return len(r.Position().Subjects) > 0 })
	require.EqualValues(t, 55, r.value(collectors.EventsLost), "it may not have been ours")
	var checks progressChecks
	require.Equal(t, time.Minute, checks.next(time.Minute))
	checks.empty = 1
	require.LessOrEqual(t, Defaults().WatchInterval+checks.next(time.Minute), 15*time.Second)
}

// With a filter, holes are messages of others.
func TestFilteredStreamHasNoGaps(t *testing.T) {
	all := stored(50)
	b := newBroker(append(all[:10:10], all[20:]...))
	b.filter = []string{"bot.events.a"}
	r := run(t, quick(), b, &shelf{})
	r.live(50)
	require.Zero(t, r.value(collectors.EventsLost))
	require.NoError(t, r.close())
	require.Equal(t, []string{"bot.events.a"}, r.Position().Subjects)
}

func TestRedeliveredMessagesAreLeftOut(t *testing.T) {
	all := stored(300)
	b := newBroker(all[:200])
	b.batch = 50
	r := run(t, quick(), b, &shelf{})
	r.live(200)
	b.change(func(b *broker) { b.repeat = 20 })
	b.publish(all[200:]...)
	r.live(300)
	require.EqualValues(t, 20, r.value(self.Redelivered))
	r.equals(oracle(quick(), all))
}

// Markers that the server puts into a stream move the position and nothing else.
func TestSkippedMessages(t *testing.T) {
	all := stored(30)
	want := oracle(quick(), all[:10], all[11:])
	all[10].Skip = true
	r := run(t, quick(), newBroker(all), &shelf{})
	r.live(30)
	r.equals(want)
}

// A source that fails is opened again, at the position, and KPIs stay on show.
func TestInterruptedSource(t *testing.T) {
	all := stored(200)
	b := newBroker(all[:100])
	r := run(t, quick(), b, &shelf{})
	r.live(100)
	b.change(func(b *broker) { b.nextErr, b.openErr = errors.New("broken pipe"), errors.New("connection refused") })
	r.phase(PhaseInterrupted)
	r.until("reason is told", func() bool {
		ok, text := r.Status().Ready()
		return !ok && text == "interrupted: connection refused"
	})
	require.True(t, r.shown())
	b.publish(all[100:]...)
	b.change(func(b *broker) { b.openErr = nil })
	r.live(200)
	r.equals(oracle(quick(), all))
	require.Equal(t, uint64(100), b.opens[len(b.opens)-1].Seq)
}

// A broker that is not there at the start is waited for.
func TestNoStreamYet(t *testing.T) {
	b := newBroker(stored(10))
	b.gone = true
	r := run(t, quick(), b, &shelf{})
	r.phase(PhaseNoStream)
	require.False(t, r.shown())
	b.change(func(b *broker) { b.gone = false })
	r.live(10)
}

func TestStreamDeleted(t *testing.T) {
	b := newBroker(stored(100))
	r := run(t, quick(watchful), b, &shelf{})
	r.live(100)
	before := r.metrics()
	b.change(func(b *broker) { b.gone = true })
	r.phase(PhaseNoStream)
	ok, text := r.Status().Ready()
	require.False(t, ok)
	require.Contains(t, text, "no_stream")
	require.Equal(t, sum(before, collectors.Events), r.value(collectors.Events))
	require.Equal(t, sum(before, collectors.Messages), r.value(collectors.Messages))
}

// A consumer that delivers nothing although messages are there is replaced.
func TestStalledConsumer(t *testing.T) {
	all := stored(20)
	b := newBroker(all[:10])
	r := run(t, quick(watchful), b, &shelf{})
	r.live(10)
	b.change(func(b *broker) { b.stuck = true })
	b.publish(all[10:]...)
	r.until("source is opened again", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.stuck = b.opened < 2
		return b.opened >= 2
	})
	b.change(func(*broker) {})
	r.live(20)
	r.equals(oracle(quick(), all))
	require.Contains(t, r.log.String(), "restarting consumer: no progress")
}

// What is for others at the end of the stream is no reason to open the source again and again, nor not to be ready.
func TestNothingMoreForUs(t *testing.T) {
	b := newBroker(stored(10))
	b.filter = []string{"bot.events.a"}
	r := run(t, quick(watchful), b, &shelf{})
	r.live(10)
	for _, last := range []uint64{25, 40} {
		b.change(func(b *broker) { b.end, b.checks = last, 0 })
		r.until("it was looked at often", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.checks > 20 })
		asked := 0
		b.change(func(b *broker) { asked, b.checks = b.asked, 0 })
		r.until("and again", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.checks > 20 })
		b.change(func(b *broker) {
			require.Equal(t, 1, b.opened)
			require.Equal(t, asked, b.asked, "the leader is asked once for the same messages")
		})
	}
	require.Equal(t, PhaseLive, r.Status().Phase)
	require.NotContains(t, r.log.String(), "stopped following stream")
	require.Zero(t, r.value(collectors.EventsLost))
}

// Messages that are deleted at the end of a stream count as lost, though none comes after them.
func TestDeletedTail(t *testing.T) {
	b, store := newBroker(stored(10)), &shelf{}
	r := run(t, quick(watchful), b, store)
	r.live(10)
	b.change(func(b *broker) { b.end = 25 })
	r.until("they are counted", func() bool { return r.value(collectors.EventsLost) == 15 })
	r.live(25)
	require.NoError(t, r.close())
	r = run(t, quick(watchful), b, store)
	r.live(25)
	more := stored(27)[25:]
	b.publish(more...)
	r.live(27)
	require.EqualValues(t, 15, r.value(collectors.EventsLost), "counted once")
	want := oracle(quick(), stored(10), more)
	want.Lost(15)
	r.equals(want)
}
