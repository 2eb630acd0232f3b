package exporter

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
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

func TestReadmeCatalogue(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	before, text, after := between(t, string(b), "metrics")
	var catalogue strings.Builder
	require.NoError(t, expose.WriteCatalogue(&catalogue))
	if *updateReadme {
		require.NoError(t, os.WriteFile("../README.md", []byte(before+catalogue.String()+after), 0o644))
		return
	}
	require.Equal(t, catalogue.String(), text, "run make generate")
}

// TestReadmeConfiguration loads the configuration file that the README shows, and finds the defaults in it.
func TestReadmeConfiguration(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, text, _ := between(t, string(b), "config")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "```yaml\n"), "```\n")

	zero := Config{Events: Defaults().Events}
	zero.KPIs.Session.IdleTimeouts = map[string]time.Duration{}
	require.NoError(t, zero.load(strings.NewReader(text)))
	want := Defaults()
	want.Events.TypePrefix, want.Events.MaxSize = event.DefaultTypePrefix, event.DefaultMaxSize
	zero.KPIs.Session.Location = want.KPIs.Session.Location
	require.Equal(t, want.KPIs, zero.KPIs)
	require.Equal(t, want.Events, zero.Events)
	require.Equal(t, want.CheckpointInterval, zero.CheckpointInterval)
	require.Equal(t, "info", zero.LogLevel)
}
