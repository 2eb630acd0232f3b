package main

import (
	"net/http"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// Profiles are on a port of their own, and only when asked for.
func TestProfiles(t *testing.T) {
	url, _ := broker(t)
	storage := "--storage.path=" + t.TempDir()
	d := serving(t, "--nats.url="+url, storage, "--debug.listen-address=127.0.0.1:0")
	d.Ready()
	status, _ := d.Get("/debug/pprof/")
	require.Equal(t, http.StatusNotFound, status, "on the port of the metrics")
	profiles := &proctest.Server{Process: d.Process, Address: d.Find(regexp.MustCompile(`msg="serving profiles" .*address=(\S+)`))}
	status, text := profiles.Get("/debug/pprof/goroutine?debug=1")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "exporter.(*Engine).Run")
	status, _ = profiles.Get("/metrics")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, 0, d.End(syscall.SIGTERM))

	d = serving(t, "--nats.url="+url, storage)
	d.Ready()
	require.NotContains(t, d.Err.String(), "profiles")
	for _, address := range []string{":6060", "0.0.0.0:6060", "example.org:6060"} {
		code, _, text := ended(t, "", "serve", "--nats.url="+url, storage, "--debug.listen-address="+address)
		require.Equal(t, 1, code)
		require.Contains(t, text, "is not a loopback address")
	}
}
