package exporter

import (
	"errors"
	"net/http"
	"net/http/httptest"
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
	require.Contains(t, r.log.String(), "configuration reloaded")
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
		{quick(often, func(c *Config) { c.LogLevel = "loud" }), nil, []string{`log level is "loud"`}},
		{quick(func(c *Config) { c.CheckpointInterval = 0 }), nil, []string{"interval is 0s"}},
		{quick(often, func(c *Config) { c.KPIs.MaxBots = 0 }), nil, []string{"limits.bots is 0"}},
	} {
		err := r.Reload(reading(v.cfg, v.err), func(Config) { require.Fail(t, "applied") })
		for _, s := range v.says {
			require.ErrorContains(t, err, s)
		}
		require.Contains(t, r.log.String(), "going on with the one before")
		require.Zero(t, r.value(self.ConfigReloaded))
		require.Equal(t, since, r.value(self.ConfigReloadTime))
	}
	b.publish(stored(20)[10:]...)
	r.live(20)
	require.Empty(t, r.saver.every, "the interval is the old one")
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

func TestReloadPage(t *testing.T) {
	r := run(t, quick(), newBroker(nil), &shelf{})
	var fails error
	asked := 0
	allowed := r.Handler(func() error { asked++; return fails })
	ask := func(h http.Handler, method string, header ...string) (int, string, http.Header) {
		t.Helper()
		request, w := httptest.NewRequest(method, "/-/reload", nil), httptest.NewRecorder()
		request.Host = "localhost:9850"
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		h.ServeHTTP(w, request)
		return w.Code, w.Body.String(), w.Header()
	}
	for _, h := range []http.Handler{allowed, r.Handler(nil)} {
		for _, method := range []string{"GET", "HEAD", "DELETE", "PATCH", "OPTIONS"} {
			status, _, header := ask(h, method)
			require.Equal(t, http.StatusMethodNotAllowed, status, method)
			require.Equal(t, "POST, PUT", header.Get("Allow"))
		}
	}
	for i, method := range []string{"POST", "PUT"} {
		status, text, _ := ask(r.Handler(nil), method)
		require.Equal(t, http.StatusForbidden, status)
		require.Contains(t, text, "--web.enable-lifecycle")
		status, text, _ = ask(allowed, method)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "reloaded\n", text)
		require.Equal(t, i+1, asked)
	}
	status, _, _ := ask(allowed, "POST", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, status, "a page of another site")
	require.Equal(t, 2, asked)
	fails = errors.New("limits.bots is 0")
	status, text, _ := ask(allowed, "POST")
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, "configuration not reloaded: limits.bots is 0\n", text)

	status, text, _ = ask(r.Handler(func() error { panic("secret") }), "POST")
	require.Equal(t, http.StatusInternalServerError, status)
	require.Equal(t, "internal error; see the log\n", text, "nothing of the cause")
	require.Contains(t, r.log.String(), "secret")
}

// A name that a stranger made stand for our address is not ours: his page in a browser would be of the same origin.
func TestReloadUnderForeignHost(t *testing.T) {
	r := run(t, quick(), newBroker(nil), &shelf{})
	asked := 0
	h := r.Handler(func() error { asked++; return nil }, "Metrics.example.org")
	for host, want := range map[string]int{
		"127.0.0.1":                  http.StatusOK,
		"127.0.0.1:9850":             http.StatusOK,
		"10.1.2.3:9850":              http.StatusOK,
		"[::1]:9850":                 http.StatusOK,
		"[::1]":                      http.StatusOK,
		"[fe80::1%eth0]:9850":        http.StatusOK,
		"localhost:9850":             http.StatusOK,
		"a.localhost":                http.StatusOK,
		"bot-exporter:9850":          http.StatusOK,
		"metrics.example.org":        http.StatusOK,
		"METRICS.example.org.:443":   http.StatusOK,
		"":                           http.StatusForbidden,
		":9850":                      http.StatusForbidden,
		"evil.example":               http.StatusForbidden,
		"evil.example:9850":          http.StatusForbidden,
		"127.0.0.1.evil.example":     http.StatusForbidden,
		"localhost.evil.example":     http.StatusForbidden,
		"x.metrics.example.org":      http.StatusForbidden,
		"metrics.example.org.evil.x": http.StatusForbidden,
	} {
		before := asked
		request, w := httptest.NewRequest(http.MethodPost, "/-/reload", nil), httptest.NewRecorder()
		request.Host = host
		request.Header.Set("Origin", "http://"+host)
		request.Header.Set("Sec-Fetch-Site", "same-origin")
		h.ServeHTTP(w, request)
		require.Equal(t, want, w.Code, host)
		require.Equal(t, want == http.StatusOK, asked > before, host)
		if want != http.StatusOK {
			require.Contains(t, w.Body.String(), "--web.reload-host")
		}
	}
}
