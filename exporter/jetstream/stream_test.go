package jetstream

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

func TestEnsureStream(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	source := newSource(t, nc)
	_, err := source.look(t.Context(), exporter.Position{})
	require.ErrorIs(t, err, exporter.ErrNoStream)
	settings := StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}}
	created, err := EnsureStream(t.Context(), nc, settings)
	require.NoError(t, err)
	require.True(t, created)
	created, err = EnsureStream(t.Context(), nc, settings)
	require.NoError(t, err)
	require.False(t, created)

	settings.MaxAge = time.Hour
	created, err = EnsureStream(t.Context(), nc, settings)
	require.NoError(t, err)
	require.False(t, created)
	s, err := api(t, nc).Stream(t.Context(), streamName)
	require.NoError(t, err)
	c := s.CachedInfo().Config
	require.Equal(t, DefaultMaxAge, c.MaxAge, "what exists is left as it is")
	require.Equal(t, DefaultDuplicateWindow, c.Duplicates)
	require.EqualValues(t, DefaultMaxMsgSize, c.MaxMsgSize)
	require.Error(t, s.DeleteMsg(t.Context(), 1))
	require.Error(t, s.Purge(t.Context()))

	r, err := source.look(t.Context(), exporter.Position{})
	require.NoError(t, err)
	require.Len(t, r.Advice, 1)
	require.Equal(t, "num_replicas", r.Advice[0].Setting)

	_, err = EnsureStream(t.Context(), nc, StreamSettings{Name: "other", Subjects: []string{"bot.>"}})
	require.ErrorContains(t, err, "create stream other")
}

func TestAdvise(t *testing.T) {
	t.Parallel()
	good := func() *jetstream.StreamConfig {
		c := StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}, Replicas: 3}.config()
		return &c
	}
	advice, err := Advise(good())
	require.NoError(t, err)
	require.Empty(t, advice)
	for setting, change := range map[string]func(*jetstream.StreamConfig){
		"storage":              func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"num_replicas":         func(c *jetstream.StreamConfig) { c.Replicas = 1 },
		"persist_mode":         func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode },
		"discard":              func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardNew },
		"max_age":              func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"max_msgs":             func(c *jetstream.StreamConfig) { c.MaxMsgs = 100 },
		"max_msgs_per_subject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"deny_delete":          func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"deny_purge":           func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"allow_rollup_hdrs":    func(c *jetstream.StreamConfig) { c.AllowRollup = true },
		"allow_msg_ttl":        func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true },
		"duplicate_window":     func(c *jetstream.StreamConfig) { c.Duplicates = time.Second },
		"allow_direct":         func(c *jetstream.StreamConfig) { c.AllowDirect = false },
	} {
		c := good()
		change(c)
		advice, err := Advise(c)
		require.NoError(t, err)
		require.Len(t, advice, 1, setting)
		require.Equal(t, setting, advice[0].Setting)
		require.NotContains(t, advice[0].Reason, "%")
	}
	for _, p := range []jetstream.RetentionPolicy{jetstream.InterestPolicy, jetstream.WorkQueuePolicy} {
		c := good()
		c.Retention = p
		_, err := Advise(c)
		require.ErrorIs(t, err, ErrRetention)
	}
}
