package exporter

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/self"
)

func reading(c Config, err error) func() (Config, error) {
	return func() (Config, error) { return c, err }
}

// The interval of checkpoints changes while the engine runs.
func TestReloadInterval(t *testing.T) {
	b, store := newBroker(stored(10)), &shelf{}
	r := run(t, quick(), b, store)
	r.live(10)
	r.until("caught up and saved", func() bool { return store.newest().Seq == 10 })
	b.publish(stored(20)[10:]...)
	r.live(20)
	require.EqualValues(t, 10, store.newest().Seq, "the next one is due in an hour")
	applied := Config{}
	require.NoError(t, r.Reload(reading(quick(often, func(c *Config) { c.LogLevel = "debug" }), nil), func(c Config) { applied = c }))
	r.until("a checkpoint is there", func() bool { return store.newest().Seq == 20 })
	require.Equal(t, "debug", applied.LogLevel)
	require.Contains(t, r.log.String(), "reloaded configuration")
	require.NoError(t, r.Reload(reading(quick(), nil), func(Config) {}))
	require.NoError(t, r.Reload(reading(quick(), nil), func(Config) {}), "again, taken up or not")
}

// A configuration that cannot be applied changes nothing at all.
func TestReloadRefused(t *testing.T) {
	b, store := newBroker(stored(10)), &shelf{}
	r := run(t, quick(), b, store)
	r.live(10)
	r.until("caught up and saved", func() bool { return store.newest().Seq == 10 })
	since := r.value(self.ConfigReloadTime)
	require.InDelta(t, float64(time.Now().Unix()), since, 60)
	require.EqualValues(t, 1, r.value(self.ConfigReloaded))
	for _, v := range []struct {
		cfg  Config
		err  error
		says []string
	}{
		{quick(often), errors.New("no such file"), []string{"no such file"}},
		{quick(often, func(c *Config) { c.KPIs.MaxAgents = 3; c.KPIs.Session.IdleTimeouts["web"] = time.Hour }), nil, []string{
			"limits.agents is 3, the exporter has 500", "chats.idle_timeouts is map[voice:2h0m0s web:1h0m0s whatsapp:24h0m0s]", "restore the settings", "empty storage path"}},
		{quick(often, func(c *Config) { c.KPIs.Session.Location = time.FixedZone("Mars", 1) }), nil, []string{"time.zone is Mars"}},
		{quick(often, func(c *Config) { c.LogLevel = "loud" }), nil, []string{`log.level is "loud"`}},
		{quick(func(c *Config) { c.CheckpointInterval = 0 }), nil, []string{"interval is 0s"}},
		{quick(often, func(c *Config) { c.KPIs.MaxBots = 0 }), nil, []string{"limits.bots is 0"}},
	} {
		err := r.Reload(reading(v.cfg, v.err), func(Config) { require.Fail(t, "applied") })
		for _, s := range v.says {
			require.ErrorContains(t, err, s)
		}
		require.Contains(t, r.log.String(), "keeping the old one")
		require.Zero(t, r.value(self.ConfigReloaded))
		require.Equal(t, since, r.value(self.ConfigReloadTime))
	}
	b.publish(stored(20)[10:]...)
	r.live(20)
	require.Empty(t, r.checkpointer.interval, "the interval is the old one")
	require.EqualValues(t, 10, store.newest().Seq)
	require.NoError(t, r.Reload(reading(quick(), nil), func(Config) {}))
	require.EqualValues(t, 1, r.value(self.ConfigReloaded))
	require.Greater(t, r.value(self.ConfigReloadTime), since)
}

func TestReloadsAtOnce(t *testing.T) {
	r := run(t, quick(), newBroker(stored(10)), &shelf{})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { _ = r.Reload(reading(quick(), nil), func(Config) {}) })
	}
	all.Wait()
	require.EqualValues(t, 1, r.value(self.ConfigReloaded))
}
