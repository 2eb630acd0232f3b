package rules

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const deploy = "../../deploy"

var panelLinks = regexp.MustCompile(`(?m)^ *__(dashboardUid|panelId)__: .*\n`)

func TestFilesAreCurrent(t *testing.T) {
	files, err := Generate(Defaults())
	require.NoError(t, err)
	for path, want := range files {
		have, err := os.ReadFile(filepath.Join(deploy, path))
		require.NoError(t, err, "run make generate")
		have = panelLinks.ReplaceAll(have, nil) // which panels there are, only dashboards know
		require.Equal(t, string(want), string(have), "%s is not current; run make generate", path)
	}
	left, err := filepath.Glob(filepath.Join(deploy, rulesDir, "*"))
	require.NoError(t, err)
	for _, path := range left {
		require.Contains(t, files, rulesDir+filepath.Base(path), "is not generated any more; delete it")
	}
}

// The package spells no metric name: neither in code nor in the texts around tables.
func TestNoMetricNameIsSpelled(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	spelled := regexp.MustCompile("[\"`]bot_[a-z]")
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Empty(t, spelled.FindAllString(string(b), -1), path)
	}
}

// Every setting has an alert, and every alert says what a person needs.
func TestAlertsAreComplete(t *testing.T) {
	_, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	var settings, names []string
	for f := range reflect.TypeFor[Alerts]().Fields() {
		settings = append(settings, f.Tag.Get("yaml"))
	}
	for _, a := range alerts {
		if !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
		require.Regexp(t, `^Bot[A-Z][A-Za-z]+$`, a.Name)
		require.NotContains(t, a.Summary, "{{", "a summary is static")
		for _, text := range []string{a.Summary, a.Description, a.Meaning, a.Why} {
			require.Regexp(t, `^[A-Z{].*[.]$`, text, a.Name)
		}
		require.NotEmpty(t, a.Threshold, a.Name)
		require.Contains(t, []string{critical, warning, info}, a.Severity, a.Name)
	}
	require.ElementsMatch(t, settings, names)
}

func TestRatesAreHeld(t *testing.T) {
	_, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	for _, a := range alerts {
		held := strings.Contains(a.expr, "unless on (job) job:bot_exporter_ready:min < 1") &&
			strings.Contains(a.expr, "unless on (job) job:bot_exporter_lag_messages:max > 1000")
		require.Equal(t, a.Module != "stream" && a.Module != "exporter", held, a.Name)
	}
}

func TestGrafanaShape(t *testing.T) {
	files, err := Generate(Defaults())
	require.NoError(t, err)
	text := string(files[grafanaFile])
	require.NotContains(t, text, "$", "provisioning replaces it by environment variables")
	var p provisioning
	require.NoError(t, yaml.Unmarshal([]byte(text), &p))
	require.Equal(t, 1, p.APIVersion)
	uids, titles := map[string]bool{}, map[string]bool{}
	n := 0
	for _, g := range p.Groups {
		require.Equal(t, 1, g.OrgID)
		require.Equal(t, "Virtual assistant", g.Folder)
		require.Equal(t, "1m", g.Interval)
		require.NotEmpty(t, g.Name)
		for _, r := range g.Rules {
			n++
			require.Regexp(t, `^[a-z0-9-]{1,40}$`, r.UID)
			require.False(t, uids[r.UID] || titles[r.Title], r.Title)
			uids[r.UID], titles[r.Title] = true, true
			require.Equal(t, "C", r.Condition)
			require.Equal(t, "OK", r.NoDataState)
			require.Contains(t, []string{"OK", "Error"}, r.ExecErrState)
			require.NotEmpty(t, r.For)
			require.Len(t, r.Data, 3)
			for i, q := range r.Data {
				id := string(rune('A' + i))
				require.Equal(t, id, q.RefID)
				require.Equal(t, id, q.Model["refId"])
			}
			require.Equal(t, "prometheus", r.Data[0].DatasourceUID)
			for name, text := range r.Annotations {
				require.NotContains(t, expand(t, text, 1), "<no value>", "%s of %s", name, r.Title)
				expand(t, text)
			}
		}
	}
	_, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	require.Equal(t, len(alerts), n)
}

// expand fills in an annotation as Grafana does: what it does not know is an error.
func expand(t *testing.T, text string, value ...float64) string {
	format := func(float64) string { return "12" }
	tmpl, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"humanize": format, "humanizePercentage": format, "humanizeDuration": format,
	}).Parse(text)
	require.NoError(t, err)
	var b strings.Builder
	labels := map[string]string{"job": "j", "bot": "b&c", "channel": "web", "instance": "i", "field": "created", "metric": "m", "label": "l", "setting": "subjects", "sequence": "65536"}
	values := map[string]any{"B": nil}
	for _, v := range value {
		values["B"] = struct{ Value float64 }{v}
	}
	require.NoError(t, tmpl.Execute(&b, map[string]any{"Labels": labels, "Values": values}), text)
	return b.String()
}

func TestUIDs(t *testing.T) {
	require.Equal(t, "bot-csat-low", (&Alert{Name: "BotCSATLow"}).uid())
	require.Equal(t, "bot-handover-rate-high-1h", (&Alert{Name: "BotHandoverRateHigh", Suffix: "1h"}).uid())
	long := &Alert{Name: "BotHandoverRateAboveLastWeek", Suffix: "a long name of a bot"}
	require.Len(t, long.uid(), 40)
	require.NotEqual(t, long.uid(), (&Alert{Name: long.Name, Suffix: long.Suffix + " 2"}).uid())
}

func TestDurations(t *testing.T) {
	for d, words := range map[Duration]string{hour: "hour", 6 * hour: "6 hours", day: "day", 14 * day: "14 days", 5 * minute: "5 minutes",
		Duration(90 * time.Second): "90 seconds", 90 * minute: "90 minutes"} {
		require.Equal(t, words, d.words())
	}
	var d Duration
	require.NoError(t, yaml.Unmarshal([]byte("1w"), &d))
	require.Equal(t, 7*day, d)
	require.Error(t, yaml.Unmarshal([]byte("soon"), &d))
}

// The file of all settings is what it says: reading it changes nothing.
func TestThresholdsFileIsTheDefaults(t *testing.T) {
	files, err := Generate(Defaults())
	require.NoError(t, err)
	doc := struct{ Rules Config }{}
	require.NoError(t, yaml.Unmarshal(files[thresholdsFile], &doc))
	doc.Rules.Folder = Defaults().Folder
	require.Equal(t, Defaults(), doc.Rules)

	changed := Defaults()
	require.NoError(t, yaml.Unmarshal([]byte("alerts: {BotCSATLow: {below: 4}}"), &changed))
	want := Defaults()
	want.Alerts.CSATLow.Below = 4
	require.Equal(t, want, changed)
}

func TestWrongSettings(t *testing.T) {
	for text, want := range map[string]string{
		"alerts: {BotCSATLow: {severity: page}}":                       "BotCSATLow: severity is page; it must be one of",
		"alerts: {BotCSATLow: {window: 5s}}":                           "BotCSATLow: window is 5s; it must be at least a minute",
		"alerts: {BotHandoverRateHigh: {windows: []}}":                 "windows",
		"alerts: {BotHandoverRateHigh: {above: -1}}":                   "above is -1; it must not be negative",
		"alerts: {BotHandoverWaitLong: {quantile: 1}}":                 "quantile is 1; it must be between",
		"alerts: {BotCSATDropped: {before: 0}}":                        "before is 0; it must be at least 1",
		"confidence: 95":                                               "confidence is 95",
		"held_above: -1":                                               "held_above is -1",
		"windows: []":                                                  "windows is empty",
		"windows: [1s]":                                                "shorter than a minute",
		"overrides: [{alerts: {BotCSATLow: {below: 2}}}]":              "overrides[0] names neither bot nor channel",
		"overrides: [{bot: b, alerts: {BotCSATLow: {below: -2}}}]":     "overrides[0]: BotCSATLow: below is -2",
		"overrides: [{bot: b, alerts: {BotCSATLow: {above: 2}}}]":      "field above not found",
		"overrides: [{bot: b, alerts: {BotCSATHigh: {disabled: no}}}]": "field BotCSATHigh not found",
	} {
		cfg := Defaults()
		err := yaml.Unmarshal([]byte(text), &cfg)
		if err == nil {
			_, err = Generate(cfg)
		}
		require.ErrorContains(t, err, want, text)
	}
}

const custom = `
replica_labels: [node]
windows: [30m, 2h, 12h]
alerts:
  BotCSATDropped: {disabled: true}
  BotHandoverRateHigh: {windows: [2h], above: 0.25}
overrides:
  - {bot: shop, channel: voice, alerts: {BotHandoverRateHigh: {above: 0.6}}}
  - {channel: voice, alerts: {BotHandoverRateHigh: {above: 0.5, severity: info}, BotCSATLow: {below: 2.5}}}
  - {bot: bank, alerts: {BotTrafficStopped: {disabled: true}}}
`

func customized(t *testing.T) Config {
	cfg := Defaults()
	require.NoError(t, yaml.Unmarshal([]byte(custom), &cfg))
	cfg.Selector, cfg.Folder = `namespace="bots",cluster="c"`, "Bots"
	return cfg
}

func TestOverrides(t *testing.T) {
	records, alerts, err := Rules(customized(t))
	require.NoError(t, err)
	count := map[string]int{}
	for _, a := range alerts {
		count[a.Name]++
	}
	require.Equal(t, 3, count["BotHandoverRateHigh"])
	require.Equal(t, 2, count["BotCSATLow"])
	require.Equal(t, 1, count["BotTrafficStopped"])
	require.Zero(t, count["BotCSATDropped"])
	const volume = "job_bot_channel:bot_chats_started:increase2h"
	for i, want := range []struct {
		labels  map[string]string
		has, no string
	}{
		{map[string]string{"severity": "warning", "window": "2h"},
			"ratio2h > 0.25\n", "ratio2h{"},
		{map[string]string{"severity": "warning", "window": "2h", "override": "shop voice"},
			`ratio2h{bot="shop",channel="voice"} > 0.6`, volume + `{bot="shop",channel="voice"}` + "\nunless"},
		{map[string]string{"severity": "info", "window": "2h", "override": "voice"},
			`ratio2h{channel="voice"} > 0.5`, "> 0.6"},
	} {
		a := alerts[i]
		require.Equal(t, want.labels, a.labels())
		require.Contains(t, a.expr, want.has)
		require.NotContains(t, a.expr, want.no)
	}
	require.Contains(t, alerts[0].expr, "unless "+volume+`{bot="shop",channel="voice"}`)
	require.Contains(t, alerts[0].expr, "unless "+volume+`{channel="voice"}`)
	require.Contains(t, alerts[2].expr, "unless "+volume+`{bot="shop",channel="voice"}`)
	require.Equal(t, "bot-handover-rate-high-2h-shop-voice", alerts[1].uid())
	for _, r := range records {
		if !strings.Contains(r.Expr, ":") {
			require.Contains(t, r.Expr, `{namespace="bots",cluster="c"`)
			require.Contains(t, r.Expr, "without (instance, pod, node)")
		}
	}
}

func TestModulesAreFiles(t *testing.T) {
	files, err := Generate(customized(t))
	require.NoError(t, err)
	require.Contains(t, slices.Sorted(maps.Keys(files)), "kubernetes/prometheusrule.yaml")
	var m prometheusRule
	require.NoError(t, yaml.Unmarshal(files[operatorFile], &m))
	require.Equal(t, "PrometheusRule", m.Kind)
	n := 0
	for path, b := range files {
		if strings.HasPrefix(path, rulesDir) {
			var f ruleFile
			require.NoError(t, yaml.Unmarshal(b, &f))
			n += len(f.Groups)
		}
	}
	require.Equal(t, n, len(m.Spec.Groups))
}
