package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// reload asks by HTTP.
func (d *served) reload() int {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.URL()+"/-/reload", http.NoBody)
	require.NoError(d.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(d.t, err)
	require.NoError(d.t, resp.Body.Close())
	return resp.StatusCode
}

// A running daemon takes up what may change, on SIGHUP and by HTTP, and refuses everything else.
func TestReload(t *testing.T) {
	url, nc := broker(t)
	config := file(t, "c.yml", "checkpoint: {interval: 1h}\n")
	write := func(text string) { require.NoError(t, os.WriteFile(config, []byte(text), 0o600)) }
	dir := t.TempDir()
	d := serving(t, "--nats.url="+url, "--storage.path="+dir, "--config.file="+config, "--checkpoint.interval=10ms", "--web.enable-lifecycle", "--log.level=info")
	d.Ready()
	debugging := func() bool { return strings.Contains(d.Err.String(), "level=DEBUG") }
	p := newProducer(t, nc, 1000)
	p.publish(100)
	d.applied(100)
	saved := func(seq string) bool {
		files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*-"+strings.Repeat("0", 20-len(seq))+seq+".snap"))
		require.NoError(t, err)
		return len(files) > 0
	}
	refused := 0
	hangUp := func() {
		t.Helper()
		d.Send(syscall.SIGHUP)
		refused++
		d.Until("it says so", func() bool { return strings.Count(d.Err.String(), "cannot reload configuration") == refused })
		require.Zero(t, d.value("bot_exporter_config_last_reload_successful"))
	}
	write("limits: {agents: 3}\nchats: {idle_timeout: 1h}\nlog: {level: debug}\ncheckpoint: {interval: 10ms}\n")
	hangUp()
	require.Contains(t, d.Err.String(), "limits.agents is 3, the exporter has 500")
	require.Contains(t, d.Err.String(), "chats.idle_timeout is 1h0m0s, the exporter has 30m0s")
	write("log: {level: debug\n")
	hangUp()
	require.NoError(t, os.Remove(config))
	hangUp()
	require.Equal(t, http.StatusInternalServerError, d.reload())
	refused++
	require.False(t, saved("100"), "the file goes over the flag, and what was refused changed nothing")
	require.False(t, debugging())

	write("log: {level: debug}\ncheckpoint: {interval: 10ms}\n")
	d.Send(syscall.SIGHUP)
	d.Until("a checkpoint is there", func() bool { return saved("100") })
	d.Until("the level is that of the file", debugging)
	require.EqualValues(t, 1, d.value("bot_exporter_config_last_reload_successful"))
	require.Positive(t, d.value("bot_exporter_config_last_reload_success_timestamp_seconds"))

	write("log: {level: error}\ncheckpoint: {interval: 1h}\n")
	require.Equal(t, http.StatusOK, d.reload())
	said := d.Err.String()
	p.publish(10)
	d.applied(110)
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	require.Equal(t, said, d.Err.String(), "not even that it was stopped")
}

// Without the flag nobody reloads by HTTP.
func TestReloadNotEnabled(t *testing.T) {
	url, _ := broker(t)
	d := serving(t, "--nats.url="+url, "--storage.path="+t.TempDir())
	d.Ready()
	require.Equal(t, http.StatusForbidden, d.reload())
	status, _ := d.Get("/-/reload")
	require.Equal(t, http.StatusMethodNotAllowed, status)
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}

// The same message again and again does not fill the log.
func TestLogIsNotFlooded(t *testing.T) {
	url, _ := broker(t)
	config := file(t, "c.yml", "")
	d := serving(t, "--nats.url="+url, "--storage.path="+t.TempDir(), "--config.file="+config, "--web.enable-lifecycle")
	d.Ready()
	require.NoError(t, os.WriteFile(config, []byte("limits: {bots: 3}"), 0o600))
	for range 50 {
		require.Equal(t, http.StatusInternalServerError, d.reload())
	}
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	require.Equal(t, 10, strings.Count(d.Err.String(), "cannot reload configuration"))
}
