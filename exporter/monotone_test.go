package exporter

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// A state in which a counter fell does not replace the checkpoint: a restart goes back to it, and is right again.
func TestCounterThatFalls(t *testing.T) {
	all, store := stored(600), &shelf{}
	b := newBroker(all[:500])
	r := run(t, quick(), b, store)
	r.live(500)
	r.until("checkpoint is there", func() bool { return store.newest().Seq == 500 })

	r.mu.Lock()
	*r.set = *oracle(quick(), all[:400]) // memory went wrong
	r.mu.Unlock()
	b.publish(all[500])
	r.live(501)
	for range 3 {
		require.ErrorContains(t, r.checkpointer.save(), "BUG: bot_")
	}
	require.EqualValues(t, 500, store.newest().Seq)
	require.EqualValues(t, 3, r.value(self.CheckpointFailures))
	require.Contains(t, r.log.String(), "BUG: bot_")
	require.False(t, r.Healthy(), "so that it is started again")
	require.Error(t, r.close())

	b.publish(all[501:]...)
	r = run(t, quick(), b, store)
	r.live(600)
	r.equals(oracle(quick(), all))
	require.NoError(t, r.close())
}

// The comparison sees every counter and histogram, also those of a checkpoint that was restored.
func TestEveryCounterIsWatched(t *testing.T) {
	full := oracle(quick(), stored(20_000))
	was := readCounters(full)
	require.NoError(t, readCounters(full).decreased(was))
	for i, f := range full.Families() {
		if f.Def().Type.String() == "gauge" {
			continue
		}
		now := readCounters(full)
		require.Len(t, now.values[i], f.Len(), f.Def().Name)
		for k := range now.values[i] {
			before := now.values[i][k]
			now.values[i][k]--
			require.ErrorContains(t, now.decreased(was), fmt.Sprintf("%s%q", f.Def().Name, f.Labels(nil, k)))
			now.values[i][k] = before
		}
		if n := f.Len(); n > 0 {
			now.values[i] = now.values[i][:n-1]
			require.Error(t, now.decreased(was), f.Def().Name)
		}
	}
	other := readCounters(collectors.New(quick().KPIs))
	require.NoError(t, other.decreased(was), "another state begins anew")

	store := &shelf{}
	r := run(t, quick(), newBroker(stored(500)), store)
	r.live(500)
	require.NoError(t, r.close())
	r = run(t, quick(), newBroker(stored(500)), store)
	r.live(500)
	r.mu.Lock()
	*r.set = *collectors.New(quick().KPIs)
	r.position.Seq++
	r.mu.Unlock()
	require.ErrorContains(t, r.checkpointer.save(), "BUG: bot_")
	require.Error(t, r.close())
}

// When no checkpoint is whole, everything is counted anew if the stream has everything. If it does not, nothing is
// shown or counted until a person decides.
func TestAllCheckpointsDamaged(t *testing.T) {
	all := stored(100)
	store := &shelf{load: fmt.Errorf("three files: %w", ErrDamaged)}
	r := run(t, quick(), newBroker(all), store)
	r.live(100)
	require.True(t, r.shown())
	r.equals(oracle(quick(), all))
	require.NoError(t, r.close())
	require.EqualValues(t, 100, store.newest().Seq)

	store = &shelf{load: fmt.Errorf("three files: %w", ErrDamaged)}
	b := newBroker(all[20:])
	b.first = 21
	r = run(t, quick(often), b, store)
	r.until("it says why it is not ready", func() bool {
		_, text := r.Status().Ready()
		return contains(text, "begins at message 21", "no checkpoint is intact")
	})
	require.False(t, r.shown())
	require.Zero(t, r.Position().Seq)
	require.NoError(t, r.close())
	require.Zero(t, store.attempts(), "what is damaged may be all that is left")
}
