package main

import (
	"net/http"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Profiles are on a port of their own, and only when asked for.
func TestProfiles(t *testing.T) {
	url, _ := broker(t)
	storage := "--storage.path=" + t.TempDir()
	d := serving(t, "--nats.url="+url, storage, "--debug.listen-address=127.0.0.1:0")
	d.ready()
	status, _ := d.get("/debug/pprof/")
	require.Equal(t, http.StatusNotFound, status, "on the port of the metrics")
	m := regexp.MustCompile(`msg="serving profiles" .*address=(\S+)`).FindStringSubmatch(d.err.String())
	require.NotNil(t, m)
	profiles := &served{process: d.process, url: "http://" + m[1]}
	status, text := profiles.get("/debug/pprof/goroutine?debug=1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "exporter.(*Engine).Run")
	status, _ = profiles.get("/metrics")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, 0, d.signal(syscall.SIGTERM))

	d = serving(t, "--nats.url="+url, storage)
	d.ready()
	require.NotContains(t, d.err.String(), "profiles")
	for _, address := range []string{":6060", "0.0.0.0:6060", "example.org:6060"} {
		code, _, text := ended(t, "", "serve", "--nats.url="+url, storage, "--debug.listen-address="+address)
		require.Equal(t, 1, code)
		require.Contains(t, text, "is not a loopback address")
	}
}
