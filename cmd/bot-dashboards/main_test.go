package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGenerateAndCheck(t *testing.T) {
	dir := t.TempDir()
	args := func(more ...string) []string { return append([]string{"generate", "--out", dir}, more...) }
	require.ErrorContains(t, run(args("--check"), &bytes.Buffer{}), "bot-overview.json is not up to date")
	require.NoError(t, run(args(), &bytes.Buffer{}))
	require.NoError(t, run(args("--check"), &bytes.Buffer{}))

	config := filepath.Join(t.TempDir(), "config.yml")
	require.NoError(t, os.WriteFile(config, []byte("folder: Bots\nselector: 'a=\"b\"'\n"), 0o600))
	require.ErrorContains(t, run(args("--check", "--config", config), &bytes.Buffer{}), "not up to date")
	require.NoError(t, run(args("--config", config, "--folder", "Other"), &bytes.Buffer{}))
	b, err := os.ReadFile(filepath.Join(dir, "grafana/provisioning/dashboards/virtual-assistant.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(b), `folder: "Other"`)
	b, err = os.ReadFile(filepath.Join(dir, "grafana/dashboards/bot-chats.json"))
	require.NoError(t, err)
	require.Contains(t, string(b), `{a=\"b\",job=~`)
	require.Error(t, run([]string{"generate"}, &bytes.Buffer{}))
}

// Rules and dashboards together give the files that are committed: alerts link the panels that show them.
func TestFilesAreCurrent(t *testing.T) {
	require.NoError(t, run([]string{"generate", "--check", "--out", "../../deploy"}, &bytes.Buffer{}), "run make generate")
	b, err := os.ReadFile("../../deploy/grafana/provisioning/alerting/bot-exporter.yaml")
	require.NoError(t, err)
	require.Equal(t, bytes.Count(b, []byte("dashboard_url:")), bytes.Count(b, []byte("__panelId__:")))
}
