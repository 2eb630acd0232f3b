package exporter

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// rewritten returns a history that has the first messages in common with another, and then n new ones, stored later.
func rewritten(all []Message, common, n int) []Message {
	list := slices.Clone(all[:common])
	last := all[len(all)-1].Time
	for i, m := range stored(100_000 + n)[100_000:] {
		m.Seq, m.Time = uint64(common+i+1), max(m.Time, last+1+int64(i))
		list = append(list, m)
	}
	return list
}

// lostTail replaces the history of the broker, as a power cut does.
func (b *broker) lostTail(messages []Message) {
	b.change(func(b *broker) { b.messages, b.orphan = messages, true })
}

// What was counted of messages that the broker lost stays counted, and what came after them is counted once.
func TestResume(t *testing.T) {
	const n = 3000
	all := stored(n)
	for _, live := range []bool{true, false} {
		for _, v := range []struct{ common, fresh int }{
			{n - 1, 0}, {n - 1, 1}, {n - 10, 3}, {n - 10, 10}, {n - 10, 500}, {n - 1023, 20}, {n - 1023, 2000}, // known one by one
			{n - 1024, 5}, {n - 1500, 700}, {n - 1500, 3000}, {2000, 0}, {1900, 50}, // by stored times
		} {
			if live && v.fresh%100 != 0 { // the same, but for how it is noticed
				continue
			}
			t.Run(fmt.Sprint(live, v), func(t *testing.T) {
				t.Parallel()
				store := &shelf{}
				b := newBroker(all)
				r := run(t, quick(watchful), b, store)
				r.live(n)
				if !live {
					require.NoError(t, r.close())
				}
				now := rewritten(all, v.common, v.fresh)
				b.lostTail(now)
				if !live {
					r = run(t, quick(watchful), b, store)
				}
				r.until("new history is followed", func() bool { s := r.Status(); return s.Position.Epoch == 1 && s.Phase == PhaseLive })
				r.live(uint64(len(now)))
				r.equals(oracle(quick(), all, now[v.common:]))
				require.EqualValues(t, n-v.common, r.value(self.BrokerLost))
				require.Zero(t, r.value(self.Mismatch))
				require.Zero(t, r.value(collectors.EventsLost))
				require.Contains(t, r.log.String(), "broker lost its last messages")
				require.NoError(t, r.close())

				r = run(t, quick(), b, store) // a restart resumes not again
				r.live(uint64(len(now)))
				require.EqualValues(t, 1, r.value(self.Epoch))
				require.EqualValues(t, n-v.common, r.value(self.BrokerLost), "kept")
				r.equals(oracle(quick(), all, now[v.common:]))
				require.NoError(t, r.close())
			})
		}
	}
}

// A tail is lost time and again, at random places, with deleted messages and a reader that is killed in between. The
// oracle knows what was counted.
func TestResumeAgainAndAgain(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	pool := stored(60_000)
	clock := pool[0].Time
	fresh := func(after uint64, n int) (list []Message) {
		for range n {
			m := pool[0]
			pool, clock, after = pool[1:], clock+1+random.Int64N(1e6), after+1
			m.Seq, m.Time = after, clock
			list = append(list, m)
		}
		return list
	}
	history := fresh(0, 2000)
	counted := slices.Clone(history)
	b, store, lost := newBroker(history), &shelf{}, 0
	for range 12 {
		r := run(t, quick(), b, store)
		end := history[len(history)-1].Seq
		r.live(end)
		require.NoError(t, r.close())
		require.Equal(t, written(oracle(quick(), counted).Sections()), store.newest().Raw)
		require.EqualValues(t, lost, store.newest().Lost)

		keep := len(history) - 1 - random.IntN(min(1500, len(history)-1))
		lost += len(history) - keep
		more := fresh(uint64(keep), 1+random.IntN(2500))
		history = append(slices.Clone(history[:keep]), more...)
		counted = append(counted, more...)
		b.lostTail(history)
	}
}

// Deleted messages are no evidence, and neither is what retention dropped.
func TestResumeAmongDeleted(t *testing.T) {
	all := stored(2000)
	for name, change := range map[string]func(b *broker, now []Message){
		"around the divergence": func(b *broker, now []Message) { b.messages = slices.Delete(now, 1880, 1960) },
		"every second": func(b *broker, now []Message) {
			b.messages = slices.DeleteFunc(now, func(m Message) bool { return m.Seq%2 == 0 })
		},
		"all but few": func(b *broker, now []Message) { b.messages, b.first = now[1895:], 1896 },
	} {
		t.Run(name, func(t *testing.T) {
			store := &shelf{}
			b := newBroker(all)
			r := run(t, quick(), b, store)
			r.live(2000)
			require.NoError(t, r.close())
			now := rewritten(all, 1900, 300)
			b.change(func(b *broker) { change(b, slices.Clone(now)) })
			left := slices.DeleteFunc(slices.Clone(b.messages), func(m Message) bool { return m.Seq <= 1900 })
			r = run(t, quick(), b, store)
			r.live(left[len(left)-1].Seq)
			set := oracle(quick(), all, left)
			r.mu.Lock()
			want := eventsOf(set)
			r.mu.Unlock()
			require.Equal(t, want, r.value(collectors.Events), "counted once")
			require.NotZero(t, r.value(self.BrokerLost))
		})
	}
}

// Further back than the last messages, a clock of the broker that went back leaves the place of the divergence open.
func TestResumeRefusesWhatItCannotKnow(t *testing.T) {
	all, store := stored(3000), &shelf{}
	b := newBroker(all)
	r := run(t, quick(), b, store)
	r.live(3000)
	require.NoError(t, r.close())
	now := rewritten(all, 1500, 2000)
	for i := range now[1500:] {
		now[1500+i].Time = all[1400].Time + int64(i)
	}
	b.lostTail(now)
	r = run(t, quick(), b, store)
	r.until("reason is told", func() bool {
		_, text := r.Status().Ready()
		return contains(text, "cannot resume", "stored times go back")
	})
	r.equals(oracle(quick(), all))
	require.NoError(t, r.close())
	require.EqualValues(t, 3000, store.newest().Seq)
}

// Where several servers hold the stream, one that ends too early is given time: its new leader may not have everything
// yet. What comes back was never lost.
func TestResumeWaitsForReplicas(t *testing.T) {
	all, store := stored(200), &shelf{}
	b := newBroker(all)
	b.replicas = 3
	r := run(t, quick(), b, store)
	r.live(200)
	require.NoError(t, r.close())
	b.change(func(b *broker) { b.messages = all[:150] })
	r = run(t, quick(), b, store)
	r.phase(PhaseMismatch)
	r.until("it was tried again", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.opens) > 4 })
	require.Zero(t, r.Status().Lost)
	b.change(func(b *broker) { b.messages = all })
	r.live(200)
	require.Zero(t, r.value(self.Epoch))
	require.Zero(t, r.value(self.BrokerLost))
	require.NoError(t, r.close())

	b.change(func(b *broker) { b.messages = all[:150] })
	r = runWith(t, quick(), b, store, func(e *Engine) { e.shortSince = time.Now().Add(-leaderPatience) })
	r.until("loss is certain", func() bool { return r.Status().Lost == 50 })
	require.NoError(t, r.close())

	store = &shelf{}
	b = newBroker(all)
	b.replicas = 3
	r = run(t, quick(), b, store)
	r.live(200)
	require.NoError(t, r.close())
	b.lostTail(rewritten(all, 150, 60)) // another message in its place is proof enough
	r = run(t, quick(), b, store)
	r.live(210)
	require.EqualValues(t, 50, r.value(self.BrokerLost))
}

// What was shown after the last checkpoint, and then lost by the broker, is in no state any more. It is told, and as many
// messages have to come before anything is shown.
func TestShownAndLost(t *testing.T) {
	all, store := stored(400), &shelf{}
	for _, v := range []struct{ common, lost uint64 }{{300, 100}, {280, 120}, {350, 50}} {
		t.Run(fmt.Sprint(v.common), func(t *testing.T) {
			*store = shelf{}
			b := newBroker(all[:300])
			r := run(t, quick(), b, store)
			r.live(300)
			r.until("checkpoint is there", func() bool { return store.newest().Seq == 300 })
			b.publish(all[300:]...)
			r.live(400)
			before := r.value(collectors.Events)
			killed := &shelf{kept: store.kept[:1], mark: store.mark}
			require.NoError(t, r.close())

			b.lostTail(all[:v.common])
			for range 2 { // it stays so over restarts
				r = run(t, quick(watchful), b, killed)
				r.until("loss is noticed", func() bool { return r.Status().Position.Epoch == 1 })
				r.applied(v.common)
				require.False(t, r.shown())
				r.until("it is told", func() bool {
					_, text := r.Status().Ready()
					return contains(text, "were shown before the broker lost its last messages")
				})
				require.EqualValues(t, v.lost, r.value(self.BrokerLost))
				require.NoError(t, r.close())
			}
			r = run(t, quick(), b, killed)
			b.publish(rewritten(all, int(v.common), 130)[v.common:]...)
			r.until("shown", r.shown)
			require.GreaterOrEqual(t, r.value(collectors.Events), before)
			require.EqualValues(t, v.lost, r.value(self.BrokerLost), "counted once")
		})
	}
}

// What is known of the messages applied has one between every distance and its double, and little of it.
func TestTrail(t *testing.T) {
	var tr trail
	const n = 1 << 21
	for i := range uint64(n) {
		tr.add(2*i+1, Anchor{int64(i), i})
	}
	list := tr.list()
	require.Less(t, len(list), 1024+2*22+1)
	back := map[uint64]bool{}
	for i, k := range list {
		require.Equal(t, Known{2*(k.Count-1) + 1, k.Count, Anchor{int64(k.Count - 1), k.Count - 1}}, k)
		require.True(t, i == 0 || list[i-1].Count < k.Count)
		back[n-k.Count] = true
	}
	for i := range uint64(1024) {
		require.True(t, back[i])
	}
	for d := uint64(1024); d < n; d *= 2 {
		require.True(t, slices.ContainsFunc(list, func(k Known) bool { return n-k.Count >= d && n-k.Count < 2*d }), d)
	}
	var again trail
	again.restore(list)
	require.Equal(t, list, again.list())
	again.cut(list[100])
	require.Equal(t, list[:101], again.list())
	again.cut(Known{Seq: list[4].Seq + 1, Count: list[4].Count + 1})
	require.Equal(t, append(list[:5:5], Known{Seq: list[4].Seq + 1, Count: list[4].Count + 1}), again.list())
}

func BenchmarkAnchor(b *testing.B) {
	messages := stored(10_000)
	var tr trail
	for i := range b.N {
		m := &messages[i%len(messages)]
		tr.add(uint64(i), NewAnchor(m.Time, m.Data))
	}
}
