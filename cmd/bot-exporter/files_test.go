package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

//go:generate go test -count=1 -run TestSample -update .

var update = flag.Bool("update", false, "write the golden files of the sample")

const sample = "testdata/sample.ndjson"

func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644)) //nolint:gosec // no secret
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

// The sample, events of all kinds with hostile ones among them, gives the numbers and complaints that are in the repository.
func TestSample(t *testing.T) {
	code, out, summary := ended(t, "", "replay", sample)
	require.Equal(t, 0, code)
	golden(t, "sample.metrics.txt", out)
	require.True(t, strings.HasPrefix(summary, "369 messages, 24 rejected\n"), summary)

	code, complaints, end := ended(t, "", "check", sample)
	require.Equal(t, 1, code)
	golden(t, "sample.check.txt", complaints)
	require.Equal(t, "369 events, 24 rejected\n", end)
	require.Len(t, lines(complaints), 24)
	for _, secret := range []string{"u12", "uuuu", "great", "nonsense"} {
		require.NotContains(t, complaints, secret, "payloads are not repeated")
	}

	text, err := os.ReadFile(sample)
	require.NoError(t, err)
	code, same, _ := ended(t, string(text), "replay", "-")
	require.Equal(t, 0, code)
	require.Equal(t, out, same)
}

// Every module shows a number other than zero on the sample, and every reason to reject.
func TestSampleIsRich(t *testing.T) {
	_, out, _ := ended(t, "", "replay", sample)
	for _, m := range collectors.Catalogue() {
		found := false
		for _, d := range m.Defs {
			found = found || valueIn(out, d.Name) > 0 || valueIn(out, d.Name+"_count") > 0
		}
		require.True(t, found, m.Name)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "bot_events_rejected_total") || strings.HasPrefix(line, "bot_events_clamped_total") {
			require.False(t, strings.HasSuffix(line, " 0\n"), line)
		}
	}
}

func TestPromtool(t *testing.T) {
	promtool := proctest.Tool(t, "PROMTOOL")
	_, out, _ := ended(t, "", "replay", sample)
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(out)
	require.Empty(t, proctest.Run(t, cmd))
}

func TestCheck(t *testing.T) {
	good := strings.Join(strings.SplitN(readSample(t), "\n", 6)[:5], "\n")
	code, out, end := ended(t, good, "check", "-")
	require.Equal(t, 0, code)
	require.Empty(t, out)
	require.Equal(t, "5 events, 0 rejected\n", end)

	for _, command := range []string{"replay", "check"} {
		code, out, text := ended(t, "", command, filepath.Join(t.TempDir(), "nothing.ndjson"))
		require.Equal(t, 1, code)
		require.Empty(t, out)
		require.Contains(t, text, "nothing.ndjson")
		code, _, text = ended(t, "", command, sample, "--config.file="+file(t, "c.yml", "chats: {idle: 1h}"))
		require.Equal(t, 2, code)
		require.Contains(t, text, "there is no setting idle here")
	}
}

func readSample(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(sample)
	require.NoError(t, err)
	return string(b)
}

// Settings that decide about the numbers do.
func TestReplaySettings(t *testing.T) {
	_, plain, _ := ended(t, "", "replay", sample)
	_, zone, _ := ended(t, "", "replay", sample, "--time.zone=Asia/Tokyo")
	require.NotEqual(t, valueIn(plain, "bot_traffic_messages_total", `hour="12"`), valueIn(zone, "bot_traffic_messages_total", `hour="12"`))
	require.Equal(t, valueIn(plain, "bot_traffic_messages_total"), valueIn(zone, "bot_traffic_messages_total"))
	_, tested, _ := ended(t, "", "replay", sample, "--config.file="+file(t, "c.yml", "events: {include_test: true}"))
	require.Greater(t, valueIn(tested, "bot_events_total"), valueIn(plain, "bot_events_total"))
	require.Zero(t, valueIn(tested, "bot_events_ignored_total"))
}

func TestMetricsCatalogue(t *testing.T) {
	code, out, _ := ended(t, "", "metrics")
	require.Equal(t, 0, code)
	for _, m := range collectors.Catalogue() {
		for _, d := range m.Defs {
			require.Contains(t, out, "| "+m.Name+" | `"+d.Name+"` |")
		}
	}
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), out, "the README has the catalogue")
}

func TestCheckConfig(t *testing.T) {
	code, out, _ := ended(t, "", "check-config")
	require.Equal(t, 0, code)
	require.Contains(t, out, "configuration is valid")
	code, other, _ := ended(t, "", "check-config", "--time.zone=Europe/Rome", "--config.file="+file(t, "c.yml", "limits: {clicks: 9}\n"))
	require.Equal(t, 0, code)
	require.NotEqual(t, out, other)
	for text, says := range map[string]string{
		"limits: {clicks: 0}":               "limits.clicks is 0",
		"limits: {click: 1}":                "line 1: there is no setting click here\n",
		"chats:\n  max_tracked_messages: 5": "line 2: there is no setting max_tracked_messages here any more; feedback.max_messages",
		"a: 1\nlimits: {bots: x}":           "line 1: there is no setting a here; line 2: cannot unmarshal",
		"users: {windows: [90m]}":           "whole hours",
		"chats: {idle_timeout: -1s}":        "not a valid duration",
		"dedup: {window: soon}":             "not a valid duration",
		"chats: {idle_timeouts: [1]}":       "cannot unmarshal",
		"log: {level: loud}":                `log level is "loud"; it must be one of [debug info warn error]`,
		"checkpoint: {interval: 0s}":        "checkpoint interval is 0s",
		"limits: {bots: 1}\n---\nx: {}":     "more than one document",
	} {
		code, out, errOut := ended(t, "", "check-config", "--config.file="+file(t, "c.yml", text))
		require.Equal(t, 1, code, text)
		require.Empty(t, out)
		require.Contains(t, errOut, says, text)
	}
	code, _, errOut := ended(t, "", "check-config", "--time.zone=Local")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "not an IANA time zone")
}
