package jetstream

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// watcher keeps what an Observer is told.
type watcher struct {
	mu        sync.Mutex
	connected int
	lost      int
	closed    int
	failed    []error
}

func (w *watcher) observer() Observer {
	locked := func(f func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		f()
	}
	return Observer{
		Connected:    func(string) { locked(func() { w.connected++ }) },
		Disconnected: func(error) { locked(func() { w.lost++ }) },
		Failed:       func(err error) { locked(func() { w.failed = append(w.failed, err) }) },
		Closed:       func(error) { locked(func() { w.closed++ }) },
	}
}

func (w *watcher) get() watcher {
	w.mu.Lock()
	defer w.mu.Unlock()
	return watcher{connected: w.connected, lost: w.lost, closed: w.closed, failed: append([]error(nil), w.failed...)}
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.TempDir(), name)
	}
	require.NoError(t, os.WriteFile(name+".new", []byte(content), 0o600))
	require.NoError(t, os.Rename(name+".new", name))
	return name
}

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	secret := writeFile(t, "secret", "hunter2\n")
	empty := writeFile(t, "empty", "\n")
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"nothing":                {Config{}, "no NATS address"},
		"password in address":    {Config{URLs: []string{"nats://bob:hunter2@127.0.0.1"}}, "server 127.0.0.1 holds credentials"},
		"token in address":       {Config{URLs: []string{"hunter2@127.0.0.1:4222"}}, "holds credentials"},
		"unreadable address":     {Config{URLs: []string{"nats://bob:hunter2@127.0.0.1:x"}}, "cannot be parsed"},
		"two kinds":              {Config{URLs: []string{"localhost"}, TokenFile: secret, NKeyFile: secret}, "more than one kind"},
		"user alone":             {Config{URLs: []string{"localhost"}, User: "bob"}, "belong together"},
		"password alone":         {Config{URLs: []string{"localhost"}, PasswordFile: secret}, "belong together"},
		"certificate alone":      {Config{URLs: []string{"localhost"}, CertFile: secret}, "belong together"},
		"token in the clear":     {Config{URLs: []string{"localhost", "nats.example.org"}, TokenFile: secret}, "unencrypted to nats.example.org"},
		"password in the clear":  {Config{URLs: []string{"nats://10.0.0.1:4222"}, User: "bob", PasswordFile: secret}, "unencrypted to 10.0.0.1:4222"},
		"over ws":                {Config{URLs: []string{"ws://10.0.0.1:4222"}, TokenFile: secret}, "unencrypted"},
		"file missing":           {Config{URLs: []string{"localhost"}, TokenFile: secret + "x"}, "no such file"},
		"password file missing":  {Config{URLs: []string{"localhost"}, User: "bob", PasswordFile: secret + "x"}, "no such file"},
		"credentials missing":    {Config{URLs: []string{"localhost"}, CredentialsFile: secret + "x"}, "no such file"},
		"file empty":             {Config{URLs: []string{"localhost"}, TokenFile: empty}, "is empty"},
		"not an NKey":            {Config{URLs: []string{"localhost"}, NKeyFile: secret}, "is not valid"},
		"authority missing":      {Config{URLs: []string{"localhost"}, CAFile: secret + "x"}, "no such file"},
		"not an authority":       {Config{URLs: []string{"localhost"}, CAFile: secret}, "holds no certificate"},
		"not a certificate":      {Config{URLs: []string{"localhost"}, CertFile: secret, KeyFile: secret}, "client certificate"},
		"inbox prefix wildcards": {Config{URLs: []string{"localhost"}, InboxPrefix: "a.>"}, "inbox prefix"},
	} {
		nc, err := Connect(t.Context(), c.config)
		require.ErrorContains(t, err, c.want, name)
		require.Nil(t, nc)
		require.NotContains(t, err.Error(), "hunter2", name)
	}
}

func TestPlaintextAllowed(t *testing.T) {
	t.Parallel()
	secret := writeFile(t, "secret", "hunter2")
	for name, c := range map[string]Config{
		"this host":        {URLs: []string{"nats://127.0.0.1:4222", "localhost", "[::1]:4222"}, TokenFile: secret},
		"tls":              {URLs: []string{"tls://nats.example.org"}, TokenFile: secret},
		"wss":              {URLs: []string{"wss://nats.example.org"}, TokenFile: secret},
		"flag":             {URLs: []string{"nats.example.org"}, TokenFile: secret, TLS: true},
		"asked for":        {URLs: []string{"nats.example.org"}, TokenFile: secret, AllowPlaintext: true},
		"signature only":   {URLs: []string{"nats.example.org"}, NKeyFile: secret},
		"nothing to steal": {URLs: []string{"nats.example.org"}},
	} {
		require.NoError(t, c.check(), name)
	}
}

// A server that answers without encryption where it was demanded gets no secret.
func TestEncryptionInsistedOn(t *testing.T) {
	t.Parallel()
	n := serve(t)
	var w watcher
	nc, err := Connect(t.Context(), Config{URLs: []string{n.URL()}, TLS: true, Observer: w.observer()})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	require.Eventually(t, func() bool { return len(w.get().failed) > 0 }, patience, tick)
	require.ErrorIs(t, w.get().failed[0], nats.ErrSecureConnWanted)
	require.False(t, nc.IsConnected())
}

func TestConnectLater(t *testing.T) {
	t.Parallel()
	n := serve(t)
	create(t, client(t, n))
	require.NoError(t, n.Close())

	var w watcher
	nc, err := Connect(t.Context(), Config{URLs: []string{n.URL()}, Observer: w.observer()})
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	require.Negative(t, nc.Opts.MaxReconnect, "it goes on trying without end")
	r := newReader(t, nc)
	done := make(chan error)
	go func() { done <- r.open(t.Context()) }()
	n.up()
	require.NoError(t, <-done, "the source waits for the connection")
	require.Eventually(t, func() bool { return w.get().connected == 1 }, patience, tick)
	n.restart()
	require.Eventually(t, func() bool { return w.get().connected == 2 && w.get().lost == 1 }, patience, tick)
	nc.Close()
	require.Eventually(t, func() bool { return w.get().closed == 1 }, patience, tick)
}

// Who cannot connect learns where and why.
func TestNotConnectedSaysWhy(t *testing.T) {
	t.Parallel()
	secret := writeFile(t, "secret", "hunter2")
	n := serve(t, func(o *server.Options) { o.Authorization = "another" })
	for url, says := range map[string]string{"nats://127.0.0.1:1": "connection refused", n.URL(): "authorization violation"} {
		failed := &LastError{}
		nc, err := Connect(t.Context(), Config{URLs: []string{url}, TokenFile: secret, Observer: Observer{Failed: failed.Set}})
		require.NoError(t, err)
		t.Cleanup(nc.Close)
		source := newSource(t, nc)
		source.timing.request, source.opts.Failed = 50*time.Millisecond, failed
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			_, err = source.Open(t.Context(), exporter.Position{})
			require.ErrorContains(c, err, "not connected to NATS at "+url+": ")
			require.Contains(c, strings.ToLower(err.Error()), says)
		}, patience, tick)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestConnectEmbedded(t *testing.T) {
	t.Parallel()
	n := serve(t)
	nc := dial(t, Config{Embedded: n.Embedded})
	create(t, nc)
	publish(t, nc, 0, 10_000)
	r := newReader(t, nc)
	r.until(10_000)
	r.exactly(0, 10_000)
}

// With a secret and without encryption the client must not follow a server's hints to other hosts.
func TestDiscoveredServers(t *testing.T) {
	t.Parallel()
	n := serve(t, func(o *server.Options) { o.Authorization = "hunter2"; o.ClientAdvertise = "192.0.2.1:4222" })
	secret := writeFile(t, "secret", "hunter2")
	nc := dial(t, Config{URLs: []string{n.URL()}, TokenFile: secret})
	require.True(t, nc.Opts.IgnoreDiscoveredServers)
	nc = dial(t, Config{URLs: []string{n.URL()}, TokenFile: secret, AllowPlaintext: true})
	require.False(t, nc.Opts.IgnoreDiscoveredServers)
}
