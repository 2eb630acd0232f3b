package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestSink(t *testing.T) {
	s, err := startSink()
	require.NoError(t, err)
	t.Cleanup(s.close)
	send := func(body string) int {
		response, err := http.Post(s.url, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	one := `{"status": "firing", "labels": {"alertname": "A", "bot": "shop", "channel": "web"}}`
	assert.Equal(t, http.StatusOK, send(`{"alerts": [`+one+`, `+one+`]}`))
	assert.Equal(t, []alert{{name: "A", bot: "shop", channel: "web"}}, s.alerts())
	assert.Equal(t, "A shop web", s.alerts()[0].String())
	assert.Equal(t, http.StatusOK, send(`{"alerts": [`+strings.Replace(one, "firing", "resolved", 1)+`]}`))
	assert.Empty(t, s.alerts())
	assert.Equal(t, http.StatusBadRequest, send(`{`))
}

// The drill's verdict: all that are wanted, on more channels if need be, and nothing else.
func TestRightAlerts(t *testing.T) {
	firing := map[alert]bool{}
	p := &picture{sink: &sink{firing: firing}}
	assert.Error(t, p.rightAlerts(t.Context()))
	assert.NoError(t, p.noAlerts(t.Context()))
	for _, a := range wanted {
		firing[a] = true
	}
	assert.NoError(t, p.rightAlerts(t.Context()))
	assert.Error(t, p.noAlerts(t.Context()))
	firing[alert{name: wanted[0].name, bot: "shop", channel: "voice"}] = true
	assert.NoError(t, p.rightAlerts(t.Context()))
	firing[alert{name: "BotExporterDown"}] = true
	assert.ErrorContains(t, p.rightAlerts(t.Context()), "BotExporterDown")
}

// What is run are the shipped files, with nothing but addresses and times changed.
func TestConfigure(t *testing.T) {
	dir := t.TempDir()
	deploy, err := filepath.Abs("..")
	require.NoError(t, err)
	p := &picture{
		settings: settings{dir: dir, deploy: deploy}, sink: &sink{url: "http://127.0.0.1:1/"},
		exporter: "127.0.0.1:2", prometheus: "127.0.0.1:3", alertmanager: "127.0.0.1:4",
	}
	require.NoError(t, p.configure(t.Context()))
	text, err := os.ReadFile(p.file("prometheus.yml"))
	require.NoError(t, err)
	for _, want := range []string{`"127.0.0.1:2"`, `"127.0.0.1:3"`, `"127.0.0.1:4"`, "[" + deploy + "/prometheus/rules/*.yml]"} {
		assert.Contains(t, string(text), want)
	}
	for _, name := range []string{"bot-exporter:9", "alertmanager:9", "localhost"} {
		assert.NotContains(t, string(text), name)
	}
	text, err = os.ReadFile(p.file("alertmanager.yml"))
	require.NoError(t, err)
	var config struct {
		Receivers []struct {
			Webhooks []struct{ URL string } `yaml:"webhook_configs"`
		}
		Inhibit []any `yaml:"inhibit_rules"`
	}
	require.NoError(t, yaml.Unmarshal(text, &config))
	assert.Len(t, config.Receivers, 2)
	assert.Len(t, config.Inhibit, 1)
	for _, r := range config.Receivers {
		assert.Equal(t, p.sink.url, r.Webhooks[0].URL)
	}
}

// A process that dies ends everything, with its last words.
func TestProcessThatDies(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	ps := newProcesses(ctx, cancel, t.TempDir())
	require.NoError(t, ps.start("sleeper", "sleep", "600"))
	require.NoError(t, ps.start("dying", "sh", "-c", "echo last words; exit 3"))
	<-ctx.Done()
	assert.ErrorContains(t, context.Cause(ctx), "dying ended: exit status 3\nlast words")
	ps.stop()
	state := ps.named["sleeper"].cmd.ProcessState
	require.NotNil(t, state)
	assert.Equal(t, "signal: terminated", state.String(), "it was asked to end, and not killed")
}

func TestEventually(t *testing.T) {
	ps := &processes{}
	n := 0
	assert.NoError(t, ps.eventually(t.Context(), time.Minute, "third time", func(context.Context) error {
		if n++; n < 3 {
			return errors.New("not yet")
		}
		return nil
	}))
	err := ps.eventually(t.Context(), 0, "never", func(context.Context) error { return errors.New("the reason") })
	assert.ErrorContains(t, err, "the reason")
}
