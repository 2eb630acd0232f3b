package collectors

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

var update = flag.Bool("update", false, "rewrite the results in the goldens")

// golden is the example of one module: testdata/<module>.txtar. The ids of its events say what each is there for.
type golden struct {
	archive  *txtar.Archive
	settings settings
	events   [][]byte
}

// settings is the file settings.json of a golden: what differs from the defaults.
type settings struct {
	Config
	Events event.Config
	Zone   string
}

func readGolden(t *testing.T, module string) golden {
	t.Helper()
	a, err := txtar.ParseFile(goldenFile(module))
	require.NoError(t, err)
	g := golden{archive: a, settings: settings{Config: Defaults()}}
	if s := g.file("settings.json"); s != nil {
		d := json.NewDecoder(bytes.NewReader(*s))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&g.settings))
	}
	g.settings.Session.Location, err = time.LoadLocation(g.settings.Zone)
	require.NoError(t, err)
	require.NoError(t, g.settings.Validate())
	g.events = lines(*g.file("events.ndjson"))
	return g
}

func goldenFile(module string) string { return filepath.Join("testdata", module+".txtar") }

func (g *golden) file(name string) *[]byte {
	for i := range g.archive.Files {
		if g.archive.Files[i].Name == name {
			return &g.archive.Files[i].Data
		}
	}
	return nil
}

func (g *golden) folder() *folder {
	f := newFolder(g.settings.Config)
	f.decoder = event.NewDecoder(g.settings.Events)
	return f
}

// options are the same settings for the reference.
func (g *golden) options() reference.Options {
	c := g.settings
	return reference.Options{
		MaxEventSize: c.Events.MaxSize, Location: c.Session.Location, MaxChats: c.Session.MaxChats,
		MaxDevices: c.Session.MaxDevices, MaxBrowsers: c.Session.MaxBrowsers, MaxBots: c.MaxBots, MaxChannels: c.MaxChannels,
		FeedbackMax: c.Session.MaxMessages, MaxEvents: c.MaxCustom, MaxClicks: c.MaxClicks, MaxAgents: c.MaxAgents,
	}
}

// TestGolden folds the events of each module's example and compares the module's metrics, in the text format, and its
// headlines, as of the last event. The reference has to agree on all metrics.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob(goldenFile("*"))
	require.NoError(t, err)
	require.Len(t, files, len(Catalogue()), "one example for each module")
	for _, c := range Catalogue() {
		t.Run(c.Name, func(t *testing.T) {
			g := readGolden(t, c.Name)
			f := g.folder()
			for _, line := range g.events {
				f.fold(line)
			}
			compare(t, reference.Fold(*g.file("events.ndjson"), g.options()), series(f.set, f.set.Clock()))

			for name, have := range map[string]string{"metrics.prom": exposition(f.set, c.Name), "headlines.txt": headlines(numbers{f.set}, c)} {
				want := g.file(name)
				require.NotNil(t, want, name)
				if *update {
					*want = []byte(have)
					require.NoError(t, os.WriteFile(goldenFile(c.Name), txtar.Format(g.archive), 0o644))
				}
				require.Equal(t, string(*want), have)
			}
		})
	}
}
