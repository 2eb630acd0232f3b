package main

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
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
	require.Equal(t, "367 events, 21 rejected, 1 hints\n", end, "blank lines are no events here, and an array holds several")
	require.Len(t, lines(complaints), 22)

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
	require.Equal(t, "5 events, 0 rejected, 0 hints\n", end)

	hint := `{"specversion":"1.0","id":"1","source":"/b","type":"bot.chat.ended","data":{"bot":"b","channel":"web","chat":"c","resolvd":true}}`
	code, out, end = ended(t, hint, "check", "-")
	require.Equal(t, 0, code)
	require.Equal(t, "line 1: hint: data.resolvd is unknown and ignored; did you mean resolved?\n", out)
	require.Equal(t, "1 events, 0 rejected, 1 hints\n", end)
	code, _, _ = ended(t, hint, "check", "--strict", "-")
	require.Equal(t, 1, code)
	code, out, _ = ended(t, strings.Replace(hint, "bot.chat", "bot.chats", 1), "check", "-")
	require.Equal(t, 1, code)
	require.Equal(t, "line 1: unknown_type: type is \"bot.chats.ended\"; did you mean bot.chat.ended?\n", out)
	for _, args := range [][]string{{"check"}, {"check", "--nats", sample}} {
		code, _, text := ended(t, "", args...)
		require.Equal(t, 2, code)
		require.Contains(t, text, "give one file, - for standard input, or --nats")
	}

	for _, command := range []string{"replay", "check"} {
		code, out, text := ended(t, "", command, filepath.Join(t.TempDir(), "nothing.ndjson"))
		require.Equal(t, 1, code)
		require.Empty(t, out)
		require.Contains(t, text, "nothing.ndjson")
		code, _, text = ended(t, "", command, sample, "--config.file="+file(t, "c.yml", "chats: {idle: 1h}"))
		require.Equal(t, 2, code)
		require.Contains(t, text, "there is no setting chats.idle")
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

// The README says which kinds require the fields that all kinds have.
func TestRequiredOfAllKinds(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), "Every kind needs `bot`, `channel` and `chat`; `chat.started` and `message.user` need `user`, too.")
	require.Contains(t, string(readme), "`chat` may be absent |")
	for _, f := range event.Fields() {
		for _, k := range event.Kinds() {
			want := map[string]bool{
				"data.bot": true, "data.channel": true, "data.chat": k != event.Custom,
				"data.user": k == event.ChatStarted || k == event.MessageUser,
			}
			if required, ok := want[f.Path()]; ok {
				require.Equal(t, required, f.Required(k), "%s of %s", f.Path(), k)
			}
		}
	}
}

func TestCheckConfig(t *testing.T) {
	code, out, _ := ended(t, "", "check-config")
	require.Equal(t, 0, code)
	require.Contains(t, out, "limits:\n  bots: 100 ")
	code, again, _ := ended(t, "", "check-config", "--config.file="+file(t, "all.yml", out))
	require.Equal(t, 0, code)
	require.Equal(t, out, again, "what it prints is a configuration file")
	code, out, _ = ended(t, "", "check-config", "--format=json", "--time.zone=Europe/Rome", "--config.file="+file(t, "c.yml", "limits: {clicks: 9}\n"))
	require.Equal(t, 0, code)
	var numbers map[string]string
	require.NoError(t, json.Unmarshal([]byte(out), &numbers))
	require.Equal(t, "9", numbers["limits.clicks"])
	require.Equal(t, "Europe/Rome", numbers["time.zone"])
	for text, says := range map[string]string{
		"limits: {clicks: 0}":                    "line 1: limits.clicks is 0",
		"limits: {click: 1}":                     "line 1: there is no setting limits.click; the README lists them all\n",
		"time: {idle_timeout: 5m}":               "line 1: there is no setting time.idle_timeout; did you mean chats.idle_timeout?",
		"chats:\n  max_tracked_messages: 5":      "line 2: there is no setting chats.max_tracked_messages any more; feedback.max_messages",
		"a: 1\nlimits: {bots: x}":                "line 1: there is no section a; the README lists them all\nline 2: limits.bots is \"x\"; it must be a whole number such as 100",
		"users: {windows: [90m]}":                "whole hours",
		"chats: {idle_timeout: -1s}":             `line 1: chats.idle_timeout is "-1s"; it must be a duration such as 90s`,
		"dedup: {window: soon}":                  `dedup.window is "soon"; it must be a duration`,
		"dedup:\n  window: [1h]":                 "line 2: dedup.window is [1h]; it must be a duration",
		"chats: {idle_timeouts: {a: 5}}":         "line 1: chats.idle_timeouts is {a: 5}; it must be durations by name",
		"chats: {idle_timeouts: {a: 5m, a: 6m}}": "chats.idle_timeouts is {a: 5m, a: 6m}; it must be durations by name such as {web: 30m, voice: 2h}, each name once",
		"users: {windows: [1d, [2d]]}":           "users.windows is [1d, ...]; it must be a list of durations",
		"chats: {idle_timeouts: [1]}":            "it must be durations by name such as {web: 30m, voice: 2h}",
		"events: {type_prefix: ''}":              `events.type_prefix is ""; it must be non-empty text`,
		"events: {max_bytes: 5}":                 "events.max_bytes is 5; it must be at least 1024",
		"events: {include_test: yes please}":     "it must be true or false",
		"time: {zone: Mars}":                     `time.zone is "Mars"; it must be an IANA time zone such as Europe/Rome`,
		"log: {level: loud}":                     `log.level is "loud"; it must be one of [debug info warn error]`,
		"checkpoint: {interval: 0s}":             "checkpoint.interval is 0s",
		"limits: {bots: 1}\n---\nx: {}":          "more than one YAML document",
		"limits: {bots: 1}\nlimits: {bots: 2}":   "limits",
		"limits: {bots: 1,\n  bots: 2}":          "bots",
		"[1]":                                    "line 1: the file must be a mapping",
		"limits: 5":                              "line 1: limits must be a mapping",
		"limits: {bots: 1":                       "line 1",
	} {
		code, out, errOut := ended(t, "", "check-config", "--config.file="+file(t, "c.yml", text))
		require.Equal(t, 1, code, text)
		require.Empty(t, out)
		require.Contains(t, errOut, says, text)
	}
	code, out, _ = ended(t, "", "check-config", "--log.level=debug", "--checkpoint.interval=5s")
	require.Equal(t, 0, code)
	require.Contains(t, out, "level: debug ")
	require.Contains(t, out, "interval: 5s ")
	code, _, errOut := ended(t, "", "check-config", "--time.zone=Local")
	require.Equal(t, 1, code)
	require.Contains(t, errOut, "it must be an IANA time zone")
}
