package jetstream

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEmbedded(t *testing.T) {
	t.Parallel()
	c := EmbeddedConfig{Address: "127.0.0.1:0", StoreDir: filepath.Join(t.TempDir(), "nats")}
	e, err := StartEmbedded(t.Context(), c)
	require.NoError(t, err)
	defer e.Close()
	require.True(t, e.server.JetStreamConfig().SyncAlways)
	info, err := os.Stat(c.StoreDir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	_, err = StartEmbedded(t.Context(), c)
	require.ErrorContains(t, err, "another process uses")

	nc := dial(t, Config{URLs: []string{e.URL()}})
	create(t, nc)
	publish(t, nc, 0, 10)
	nc.Close()
	require.NoError(t, e.Close())
	require.NoError(t, e.Close())

	e, err = StartEmbedded(t.Context(), c)
	require.NoError(t, err)
	defer e.Close()
	r := newReader(t, dial(t, Config{URLs: []string{e.URL()}}))
	r.until(10)
	r.exactly(0, 10)

	taken := EmbeddedConfig{Address: e.URL()[len("nats://"):], StoreDir: t.TempDir()}
	_, err = StartEmbedded(t.Context(), taken)
	require.ErrorContains(t, err, "address already in use")
	taken.Address = "127.0.0.1:0"
	other, err := StartEmbedded(t.Context(), taken)
	require.NoError(t, err, "the directory is free again")
	require.NoError(t, other.Close())
}

func TestEmbeddedRefused(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "file", "")
	for _, c := range []EmbeddedConfig{
		{Address: "127.0.0.1:0"},
		{Address: "127.0.0.1", StoreDir: t.TempDir()},
		{Address: "127.0.0.1:nats", StoreDir: t.TempDir()},
		{Address: "127.0.0.1:66666", StoreDir: t.TempDir()},
		{Address: "192.0.2.1:0", StoreDir: t.TempDir()},
		{Address: "127.0.0.1:0", StoreDir: file},
	} {
		_, err := StartEmbedded(t.Context(), c)
		require.Error(t, err, "%+v", c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := StartEmbedded(ctx, EmbeddedConfig{Address: "127.0.0.1:0", StoreDir: t.TempDir()})
	require.ErrorIs(t, err, context.Canceled)
}

func TestServerLog(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	l := &serverLog{log: slog.New(slog.NewTextHandler(&b, nil))}
	l.Noticef("notice %d", 1)
	l.Debugf("debug %d", 1)
	l.Tracef("trace %d", 1)
	require.Empty(t, b.String())
	l.Warnf("warn %d", 1)
	l.Errorf("error %d", 1)
	require.Contains(t, b.String(), "warn 1")
	require.Contains(t, b.String(), "error 1")
	require.NoError(t, l.fatalError())
	l.Fatalf("fatal %d", 1)
	l.Fatalf("fatal %d", 2)
	require.EqualError(t, l.fatalError(), "fatal 1")
}
