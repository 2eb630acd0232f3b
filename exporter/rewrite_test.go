package exporter

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// archive is a shelf whose older checkpoints can be seen and removed.
type archive struct {
	shelf
	stuck  error // of Forget
	unread error // of the oldest
}

func (a *archive) Older() iter.Seq2[*Checkpoint, error] {
	return func(yield func(*Checkpoint, error) bool) {
		for _, cp := range slices.Backward(a.kept[:len(a.kept)-1]) {
			if !yield(cp, a.unread) {
				return
			}
		}
	}
}

func (a *archive) Forget() error {
	if a.stuck == nil {
		a.kept = a.kept[len(a.kept)-1:]
	}
	return a.stuck
}

// archived holds two checkpoints, and returns a person of both.
func archived(t *testing.T, cfg Config) (*archive, []Person) {
	t.Helper()
	a, all := &archive{}, stored(2000)
	b := newBroker(all[:1000])
	for range 2 {
		r := run(t, cfg, b, a)
		r.live(b.last())
		require.NoError(t, r.close())
		b.publish(all[1000:]...)
	}
	require.GreaterOrEqual(t, len(a.kept), 2)
	d := event.NewDecoder(cfg.Events)
	var e event.Event
	for i := range all[:500] {
		if d.Decode(all[i].Header, all[i].Data, &e) == nil && e.Kind == event.MessageUser {
			return a, []Person{{Bot: e.Bot, User: e.User}}
		}
	}
	panic("nobody said a thing")
}

func (a *archive) totals(t *testing.T, cfg Config) *counters {
	t.Helper()
	set, _, err := cfg.newest(a)
	require.NoError(t, err)
	return readCounters(set)
}

func TestErase(t *testing.T) {
	cfg := quick()
	a, who := archived(t, cfg)
	was, totals := a.newest(), a.totals(t, cfg)
	erased, err := Erase(cfg, a, who)
	require.NoError(t, err)
	require.Positive(t, erased.Users)
	require.Len(t, a.kept, 1, "older ones are gone")
	require.Equal(t, was.Position, a.newest().Position)
	require.Equal(t, totals.values, a.totals(t, cfg).values)
	tries := a.attempts()
	erased, err = Erase(cfg, a, who)
	require.NoError(t, err)
	require.Equal(t, session.Erased{}, erased)
	require.Equal(t, tries, a.attempts(), "nothing changed")

	b := newBroker(stored(3000))
	r := run(t, cfg, b, a)
	r.live(3000)
	require.NoError(t, r.close())
}

// What is left over of an attempt that did not get to its end is found by the next.
func TestEraseAgain(t *testing.T) {
	cfg := quick()
	a, who := archived(t, cfg)
	n := len(a.kept)
	a.stuck = errors.New("cannot be removed")
	erased, err := Erase(cfg, a, who)
	require.ErrorIs(t, err, a.stuck)
	require.True(t, erased.Any())
	require.Len(t, a.kept, n+1)
	a.stuck, a.unread = nil, errors.New("damaged")
	erased, err = Erase(cfg, a, who)
	require.False(t, erased.Any())
	require.ErrorContains(t, err, "search older checkpoint: damaged")
	require.Len(t, a.kept, n+1)
	a.unread = nil
	erased, err = Erase(cfg, a, who)
	require.NoError(t, err)
	require.True(t, erased.Any(), "in an older one")
	require.Len(t, a.kept, 1)
}

func TestEraseRefuses(t *testing.T) {
	cfg := quick()
	a, who := archived(t, cfg)
	other := cfg
	other.KeyID = "another"
	_, err := Erase(other, a, who)
	require.ErrorContains(t, err, "key id is another")
	other = quick(func(c *Config) { c.KPIs.MaxAgents = 3 })
	_, err = Erase(other, a, who)
	require.ErrorContains(t, err, "limits.agents is 3")
	_, err = Erase(cfg, &archive{}, who)
	require.ErrorIs(t, err, ErrNoCheckpoint)
	n := len(a.kept)
	a.failing(errors.New("no room"))
	_, err = Erase(cfg, a, who)
	require.ErrorContains(t, err, "no room")
	require.Len(t, a.kept, n, "the older ones are still there")
}

// Channels beyond the limit are not known by their names.
func TestEraseUnnamed(t *testing.T) {
	cfg := quick(func(c *Config) { c.KPIs.MaxChannels = 1 })
	a, who := archived(t, cfg)
	who[0].User = "nobody"
	_, err := Erase(cfg, a, who)
	require.ErrorIs(t, err, ErrUnnamed)
	who[0].Channels = []string{"web"}
	_, err = Erase(cfg, a, who)
	require.NoError(t, err)
}

func TestRekey(t *testing.T) {
	cfg := quick()
	a, who := archived(t, cfg)
	was, totals := a.newest(), a.totals(t, cfg)
	key := func() ([16]byte, string, error) { return [16]byte{9}, "nine", nil }
	_, err := Rekey(quick(func(c *Config) { c.KPIs.MaxAgents = 3 }), a, func() ([16]byte, string, error) { panic("asked too early") })
	require.ErrorContains(t, err, "limits.agents is 3")
	_, err = Rekey(cfg, a, func() ([16]byte, string, error) { return [16]byte{}, "", errors.New("no key") })
	require.ErrorContains(t, err, "no key")
	_, err = Rekey(cfg, &archive{}, key)
	require.ErrorIs(t, err, ErrNoCheckpoint)

	a.stuck = errors.New("cannot be removed")
	_, err = Rekey(cfg, a, key)
	require.ErrorIs(t, err, a.stuck)
	a.stuck = nil
	id, err := Rekey(cfg, a, key)
	require.NoError(t, err, "an attempt that did not get to its end")
	require.Equal(t, "nine", id)
	require.Len(t, a.kept, 1)
	_, err = Rekey(cfg, a, key)
	require.ErrorContains(t, err, "the checkpoint already has key nine")

	require.Equal(t, "nine", a.newest().KeyID)
	require.Equal(t, was.Position, a.newest().Position)
	cfg.KeyID, cfg.KPIs.Session.Key = "nine", [16]byte{9}
	require.Equal(t, totals.values, a.totals(t, cfg).values)
	erased, err := Erase(cfg, a, who)
	require.NoError(t, err)
	require.False(t, erased.Any())

	b := newBroker(stored(3000))
	r := run(t, cfg, b, a)
	r.live(3000)
	require.Equal(t, sum(r.metrics(), collectors.ChatsStarted), sum(r.metrics(), collectors.ChatsEnded)+sum(r.metrics(), collectors.ChatsOpen), "each chat once")
	require.NoError(t, r.close())
}
