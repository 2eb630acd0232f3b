package dashboards

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/grafana/grafana-foundation-sdk/go/dashboard"
	v2 "github.com/grafana/grafana-foundation-sdk/go/dashboardv2beta1"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/dashboards/rules"
)

// each calls check for every panel of every dashboard.
func each(t *testing.T, check func(t *testing.T, p v1.Panel)) {
	t.Helper()
	all, err := All(Defaults())
	require.NoError(t, err)
	for _, d := range all {
		for _, p := range d.V1.Panels {
			if p.Panel != nil {
				t.Run(d.UID+"/"+*p.Panel.Title, func(t *testing.T) { check(t, *p.Panel) })
			}
		}
	}
}

func jsonOf(t *testing.T, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(b, &m))
	return m
}

func TestPanelsAreComplete(t *testing.T) {
	sentences := regexp.MustCompile(`^\p{Lu}.*\.$`)
	each(t, func(t *testing.T, p v1.Panel) {
		require.Regexp(t, sentences, *p.Description)
		d := p.FieldConfig.Defaults
		require.NotEmpty(t, *d.NoValue)
		if p.Type != "state-timeline" {
			require.NotEmpty(t, *d.Unit)
			require.NotNil(t, d.Color)
		}
		switch p.Type {
		case "stat", "bargauge", "gauge", "barchart":
			require.Contains(t, []any{"horizontal", "vertical"}, jsonOf(t, p.Options)["orientation"])
		}
		switch p.Type {
		case "timeseries", "bargauge", "barchart":
			require.NotNil(t, d.Min)
		}
		require.NotEmpty(t, p.Targets)
		require.Nil(t, p.Transparent)
	})
}

func TestColorsAreOfThePalette(t *testing.T) {
	palette := []string{positive, negative, warning, neutral, primary, second, third, plain, transparent}
	used := regexp.MustCompile(`"(?:color|fixedColor)":"([^"]+)"`)
	each(t, func(t *testing.T, p v1.Panel) {
		b, err := json.Marshal(p)
		require.NoError(t, err)
		for _, m := range used.FindAllStringSubmatch(string(b), -1) {
			require.Contains(t, palette, m[1])
		}
	})
}

func TestPanelsDoNotOverlap(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	for _, d := range all {
		taken, ids := map[[2]uint32]string{}, map[uint32]string{}
		for _, p := range d.V1.Panels {
			g, id, title := v1.GridPos{}, uint32(0), ""
			if p.RowPanel != nil {
				g, id, title = *p.RowPanel.GridPos, p.RowPanel.Id, *p.RowPanel.Title
				require.Empty(t, p.RowPanel.Panels, "panels of an expanded row are lost")
			} else {
				g, id, title = *p.Panel.GridPos, *p.Panel.Id, *p.Panel.Title
			}
			require.Empty(t, ids[id], "%s: id of %s", d.UID, title)
			ids[id] = title
			require.LessOrEqual(t, g.X+g.W, uint32(24), title)
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					require.Empty(t, taken[[2]uint32{x, y}], "%s: below %s", d.UID, title)
					taken[[2]uint32{x, y}] = title
				}
			}
		}
	}
}

// What dashboard-linter would say, without it; and what it does not say.
func TestDashboardsFollowConventions(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	uids := []string{}
	for _, d := range all {
		uids = append(uids, d.UID)
	}
	links := regexp.MustCompile(`^/d/([a-z-]+)\?\$\{__url_time_range\}&`)
	for _, d := range all {
		require.Equal(t, d.UID, *d.V1.Uid)
		require.Regexp(t, `^bot-[a-z]+$`, d.UID)
		require.False(t, *d.V1.Editable)
		require.NotEmpty(t, *d.V1.Description)
		names := map[string]string{}
		for _, v := range d.V1.Templating.List {
			if v.Label != nil {
				names[v.Name] = *v.Label
			}
			if v.Type == v1.VariableTypeQuery {
				require.Equal(t, v1.VariableRefreshOnTimeRangeChanged, *v.Refresh)
				if v.Hide == nil {
					require.True(t, *v.Multi && *v.IncludeAll)
					require.Equal(t, ".*", *v.AllValue)
				}
				require.Equal(t, source, *v.Datasource)
			}
		}
		require.Equal(t, []string{"Data source", "Job", "Instance"}, []string{names["datasource"], names["job"], names["instance"]})
		if d.UID != "bot-exporter" {
			require.Equal(t, []string{"Assistant", "Channel"}, []string{names["bot"], names["channel"]})
		}
		for _, p := range d.V1.Panels {
			if p.Panel == nil {
				continue
			}
			for _, l := range p.Panel.FieldConfig.Defaults.Links {
				if *l.Url != "/alerting/list" {
					require.Contains(t, uids, links.FindStringSubmatch(*l.Url)[1])
				}
			}
		}
	}
	require.Equal(t, slices.Compact(slices.Sorted(slices.Values(uids))), slices.Sorted(slices.Values(uids)))
}

func TestNoNullOptions(t *testing.T) {
	files, err := Generate(Defaults())
	require.NoError(t, err)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case nil: // the base of thresholds has no value
			require.Regexp(t, `/steps/0/value$`, path)
		case map[string]any:
			for k, w := range v {
				walk(path+"/"+k, w)
			}
		case []any:
			for i, w := range v {
				walk(fmt.Sprintf("%s/%d", path, i), w)
			}
		}
	}
	for path, b := range files {
		if strings.HasSuffix(path, ".json") {
			var v any
			require.NoError(t, json.Unmarshal(b, &v))
			walk(path, v)
		}
	}
}

func TestManifestsAreOfTheSchema(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	for _, d := range all {
		m, err := d.Manifest()
		require.NoError(t, err)
		b, err := json.Marshal(m.Spec)
		require.NoError(t, err)
		spec := v2.NewDashboard()
		require.NoError(t, json.Unmarshal(b, spec), d.UID)
		require.NoError(t, spec.Validate(), d.UID)
		again, err := json.Marshal(spec)
		require.NoError(t, err)
		require.JSONEq(t, string(b), string(again), "the schema has everything that the manifest says")
		panels := 0
		for _, p := range d.V1.Panels {
			if p.Panel != nil {
				panels++
			}
		}
		require.Len(t, spec.Elements, panels)
	}
}

// Generated files are committed: they are what most people use.
func TestFilesAreCurrent(t *testing.T) {
	files, err := Generate(Defaults())
	require.NoError(t, err)
	all, err := All(Defaults())
	require.NoError(t, err)
	readme := filepath.Join("../deploy", Readme)
	old, err := os.ReadFile(readme)
	require.NoError(t, err)
	files[Readme], err = Document(old, all)
	require.NoError(t, err)
	for path, want := range files {
		have, err := os.ReadFile(filepath.Join("../deploy", path))
		require.NoError(t, err)
		require.True(t, string(want) == string(have), "%s is not up to date; run make generate", path)
	}
}

func TestLinter(t *testing.T) {
	linter := os.Getenv("DASHBOARD_LINTER")
	if linter == "" {
		t.Skip("DASHBOARD_LINTER is not set")
	}
	files, err := filepath.Glob("../deploy/grafana/dashboards/*.json")
	require.NoError(t, err)
	for _, file := range files {
		out, err := exec.CommandContext(t.Context(), linter, "lint", "--strict", file).CombinedOutput()
		require.NoErrorf(t, err, "%s\n%s", file, out)
	}
}

// queries returns all queries by "dashboard/panel/ref".
func queries(t *testing.T, cfg Config) map[string]prometheus.Dataquery {
	t.Helper()
	all, err := All(cfg)
	require.NoError(t, err)
	list := map[string]prometheus.Dataquery{}
	for _, d := range all {
		for _, p := range d.V1.Panels {
			if p.Panel == nil {
				continue
			}
			for _, target := range p.Panel.Targets {
				if q, ok := target.(prometheus.Dataquery); ok {
					list[fmt.Sprintf("%s/%s/%s", d.UID, *p.Panel.Title, *q.RefId)] = q
				}
			}
		}
	}
	return list
}

// A narrow screen has room for four numbers of 200 pixels, and for the first words of their titles.
func TestPanelsFitNarrowScreens(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	for _, d := range all {
		beside, titles := map[uint32]int{}, map[string]string{}
		for _, p := range d.V1.Panels {
			if p.Panel == nil {
				continue
			}
			title := *p.Panel.Title
			if p.Panel.Type == "stat" {
				y := p.Panel.GridPos.Y
				beside[y]++
				require.LessOrEqual(t, beside[y], 4, "%s: numbers beside %s", d.UID, title)
				require.GreaterOrEqual(t, p.Panel.GridPos.W, uint32(6), "%s: %s", d.UID, title)
			}
			start := p.Panel.Type + " " + title[:min(len(title), 20)]
			require.Empty(t, titles[start], "%s: %s begins like another panel", d.UID, title)
			titles[start] = title
		}
	}
}

// What a panel says when it has nothing to show is its own; a number has a fixed number of decimals; a chart has no
// "15.000 ms" on its axis.
func TestPanelsSayWhatTheyShow(t *testing.T) {
	each(t, func(t *testing.T, p v1.Panel) {
		d := p.FieldConfig.Defaults
		require.NotContains(t, []string{"", "No data", "None.", "-"}, *d.NoValue)
		switch p.Type {
		case "stat", "bargauge", "table":
			if !slices.Contains([]string{unitPlain, unitWhen}, *d.Unit) {
				require.NotNil(t, d.Decimals)
			}
		case "timeseries":
			if *d.Unit == unitCount {
				require.Zero(t, *d.Decimals)
			} else {
				require.Nil(t, d.Decimals)
			}
			for _, o := range p.FieldConfig.Overrides {
				for _, f := range o.Properties {
					require.NotEqual(t, "unit", f.Id, "two units on one axis")
				}
			}
		}
		if p.Type == "table" {
			require.Equal(t, false, jsonOf(t, p.Options)["footer"].(map[string]any)["show"], "a footer fails where there is no line")
		}
		text := *p.Title + " " + *p.Description + " " + *d.NoValue
		for _, q := range p.Targets {
			if q, ok := q.(prometheus.Dataquery); ok {
				text += " " + *q.LegendFormat
			}
		}
		require.NotRegexp(t, `\d+ of 100 |the darker| %$`, text)
	})
}

// Every alert has a panel on its own dashboard, so that Grafana can show it there.
func TestAlertsHavePanels(t *testing.T) {
	cfg := Defaults()
	all, err := All(cfg)
	require.NoError(t, err)
	panels := PanelsOf(all)
	_, list, err := rules.Rules(cfg.Rules)
	require.NoError(t, err)
	for _, a := range list {
		require.Equal(t, a.UID(), panels[a.Name].Dashboard, a.Name)
	}
	for name := range panels {
		require.True(t, slices.ContainsFunc(list, func(a *rules.Alert) bool { return a.Name == name }), "no alert %s", name)
	}
}

// A variable that a dashboard does not have stays in its queries as it is written, and finds nothing.
func TestVariablesAreDefined(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	used := regexp.MustCompile(`\$\{?([a-z]+)`)
	for _, d := range all {
		have := map[string]bool{}
		for _, v := range d.V1.Templating.List {
			have[v.Name] = true
		}
		check := func(where, text string) {
			for _, m := range used.FindAllStringSubmatch(text, -1) {
				require.True(t, have[m[1]], "%s/%s: $%s", d.UID, where, m[1])
			}
		}
		for _, a := range d.V1.Annotations.List {
			check(a.Name, *a.Expr)
		}
		for _, p := range d.V1.Panels {
			if p.Panel == nil {
				continue
			}
			check(*p.Panel.Title, *p.Panel.Title)
			for _, q := range p.Panel.Targets {
				if q, ok := q.(prometheus.Dataquery); ok {
					check(*p.Panel.Title, q.Expr+*q.LegendFormat)
				}
			}
		}
	}
}
