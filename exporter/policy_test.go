package exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

func onMismatch(p Policy) func(*Config) { return func(c *Config) { c.OnMismatch = p } }

// other makes up messages that differ from those of stored.
func other(n int) []Message {
	list := stored(500 + n)[500:]
	for i := range list {
		list[i].Seq = uint64(i + 1)
	}
	return list
}

// recreated describes what happens to the stream while the engine follows it, or is stopped.
var recreated = []struct {
	name  string
	n     int // messages of the new stream, where the old one had 100
	field string
}{
	{"empty", 0, "created"}, {"fewer", 50, "created"}, {"equal", 100, "created"}, {"more", 200, "created"},
}

func TestHalt(t *testing.T) {
	for _, v := range recreated {
		t.Run(v.name, func(t *testing.T) {
			b, store := newBroker(stored(100)), &shelf{}
			r := run(t, quick(watchful), b, store)
			r.live(100)
			b.recreate(other(v.n))
			halted := func() {
				t.Helper()
				r.phase(PhaseMismatch)
				r.until("metric tells", func() bool { return r.value(self.Mismatch, "field", v.field) == 1 })
				require.EqualValues(t, 1, r.value(self.Mismatch))
				ok, text := r.Status().Ready()
				require.False(t, ok)
				require.Contains(t, text, v.field)
				require.False(t, r.shown())
				require.EqualValues(t, 100, r.Position().Seq)
				r.equals(oracle(quick(), stored(100)))
			}
			halted()
			require.NoError(t, r.close())

			r = run(t, quick(), b, store) // and so does one that starts on it
			halted()
			require.NoError(t, r.close())
			require.EqualValues(t, 100, store.newest().Seq)
		})
	}
}

// A stream that was replaced may deliver nothing that would tell, so that it is looked at: every 15 s, or more often.
func TestLookedAtInTime(t *testing.T) {
	require.LessOrEqual(t, Defaults().WatchInterval, 15*time.Second)
}

// The tail of the stream is lost, and its sequences come again with other messages. When that is to be decided by a
// person, or the stream has nothing in common with the state, nothing is folded.
func TestHaltOnLostTail(t *testing.T) {
	for _, v := range []struct {
		field string
		n     int
	}{{"last_sequence", 60}, {"anchor", 130}} {
		for _, p := range []Policy{Halt, Resume} {
			t.Run(v.field+" "+string(p), func(t *testing.T) {
				store := &shelf{}
				r := run(t, quick(), newBroker(stored(100)), store)
				r.live(100)
				require.NoError(t, r.close())
				r = run(t, quick(onMismatch(p)), newBroker(other(v.n)), store)
				r.phase(PhaseMismatch)
				r.until("metric tells", func() bool { return r.value(self.Mismatch, "field", v.field) == 1 })
				if p == Resume {
					r.until("reason is told", func() bool {
						_, text := r.Status().Ready()
						return contains(text, "cannot resume: the stream has none of the 100 messages")
					})
				}
				r.equals(oracle(quick(), stored(100)))
			})
		}
	}
}

// Halt ends when the stream is again the one it was.
func TestHaltEnds(t *testing.T) {
	all := stored(150)
	b := newBroker(all[:100])
	r := run(t, quick(watchful), b, &shelf{})
	r.live(100)
	b.recreate(other(10))
	r.phase(PhaseMismatch)
	b.change(func(b *broker) { b.created, b.messages = b.created.Add(-time.Hour), all })
	r.live(150)
	require.Zero(t, r.value(self.Mismatch))
	require.True(t, r.shown())
	r.equals(oracle(quick(), all))
}

func TestRebase(t *testing.T) {
	for _, v := range recreated {
		t.Run(v.name, func(t *testing.T) {
			b, store := newBroker(stored(100)), &shelf{}
			r := run(t, quick(watchful, onMismatch(Rebase)), b, store)
			r.live(100)
			began := r.value(self.FirstEvent)
			b.recreate(other(v.n))
			r.until("new stream is followed", func() bool { s := r.Status(); return s.Position.Epoch == 1 && s.Phase == PhaseLive })
			r.live(uint64(v.n))
			r.equals(oracle(quick(), stored(100), other(v.n)))
			require.EqualValues(t, 1, r.value(self.Epoch))
			require.Zero(t, r.value(self.Mismatch))
			require.Zero(t, r.value(collectors.EventsLost))
			require.Equal(t, began, r.value(self.FirstEvent), "counting began where it did")
			require.NoError(t, r.close())
			require.EqualValues(t, 1, store.newest().Epoch, "saved, also when no message came")

			r = run(t, quick(onMismatch(Rebase)), b, store)
			r.live(uint64(v.n))
			require.EqualValues(t, 1, r.value(self.Epoch), "a restart does not rebase again")
			r.equals(oracle(quick(), stored(100), other(v.n)))
		})
	}
}

// While the new stream is caught up with, nothing is shown.
func TestRebaseCatchesUp(t *testing.T) {
	store := &shelf{}
	r := run(t, quick(), newBroker(stored(100)), store)
	r.live(100)
	require.NoError(t, r.close())
	b := newBroker(nil)
	b.recreate(other(80))
	b.hold = 40
	r = run(t, quick(onMismatch(Rebase)), b, store)
	r.until("first half is folded", func() bool { s := r.Status(); return s.Position.Epoch == 1 && s.Position.Seq == 40 })
	require.False(t, r.shown())
	b.change(func(b *broker) { b.hold = 0 })
	r.live(80)
	require.True(t, r.shown())
}

// So it is when the stream is replaced while it is followed.
func TestLiveRebaseCatchesUp(t *testing.T) {
	for _, p := range []Policy{Rebase, Reset} {
		b := newBroker(stored(100))
		r := run(t, quick(watchful, onMismatch(p)), b, &shelf{})
		r.live(100)
		b.change(func(b *broker) { b.hold = 40 })
		b.recreate(other(80))
		r.until("half is folded", func() bool { s := r.Status(); return s.Position.Epoch == 1 && s.Position.Seq == 40 })
		require.False(t, r.shown())
		b.change(func(b *broker) { b.hold = 0 })
		r.until("all is folded", func() bool { s := r.Status(); return s.Phase == PhaseLive && s.Position.Seq == 80 })
		require.True(t, r.shown())
	}
}

func TestReset(t *testing.T) {
	b, store := newBroker(stored(100)), &shelf{}
	r := run(t, quick(watchful, onMismatch(Reset)), b, store)
	r.live(100)
	require.True(t, r.shown()) // views of the old state exist
	b.recreate(other(60))
	r.until("new stream is followed", func() bool { s := r.Status(); return s.Position.Epoch == 1 && s.Phase == PhaseLive })
	r.live(60)
	r.equals(oracle(quick(), other(60)))
	want := oracle(quick(), other(60))
	require.Equal(t, eventsOf(want), r.value(collectors.Events))
	require.NoError(t, r.close())
	require.EqualValues(t, 60, store.newest().Seq)
}

func eventsOf(set *collectors.Set) float64 {
	return expose.Of(set, 0).Sum(collectors.Events)
}
