package exporter

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

//go:generate go test -count=1 -run TestReadme -update-readme .

var updateReadme = flag.Bool("update-readme", false, "write the generated part of the README")

// between returns the text of the README between two markers, and what stands before and after it.
func between(t *testing.T, readme, name string) (before, text, after string) {
	t.Helper()
	before, rest, ok := strings.Cut(readme, "<!-- "+name+":begin -->\n")
	require.True(t, ok, "the README has no part %s", name)
	text, after, ok = strings.Cut(rest, "<!-- "+name+":end -->")
	require.True(t, ok, "part %s of the README has no end", name)
	return before + "<!-- " + name + ":begin -->\n", text, "<!-- " + name + ":end -->" + after
}

// Both are generated: the catalogue of metrics and the settings with their defaults.
func TestReadme(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"metrics": expose.WriteCatalogue,
		"config": func(w io.Writer) error {
			_, _ = io.WriteString(w, "```yaml\n")
			err := Defaults().WriteYAML(w)
			_, _ = io.WriteString(w, "```\n")
			return err
		},
	} {
		b, err := os.ReadFile("../README.md")
		require.NoError(t, err)
		before, text, after := between(t, string(b), name)
		var want strings.Builder
		require.NoError(t, write(&want))
		if *updateReadme {
			require.NoError(t, os.WriteFile("../README.md", []byte(before+want.String()+after), 0o644))
			continue
		}
		require.Equal(t, want.String(), text, "run make generate")
	}
}

// What is written as a file reads as the same configuration.
func TestSettingsRoundTrip(t *testing.T) {
	want := Defaults()
	require.NoError(t, want.load(strings.NewReader("{chats: {user_sessions: ['no', 'a, b'], idle_timeouts: {'x: y': 5m}}, time: {zone: Europe/Rome}, log: {level: debug}}")))
	var file strings.Builder
	require.NoError(t, want.WriteYAML(&file))
	have := Config{OnMismatch: want.OnMismatch, CheckpointMessages: want.CheckpointMessages, WatchInterval: want.WatchInterval}
	have.KPIs.Session.IdleTimeouts = map[string]time.Duration{}
	require.NoError(t, have.load(strings.NewReader(file.String())))
	require.Equal(t, want.Fingerprint(), have.Fingerprint())
	require.Equal(t, want, have)
}
