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

func TestFilesAreCurrent(t *testing.T) {
	files, err := Generate(Defaults())
	require.NoError(t, err)
	for path, want := range files {
		have, err := os.ReadFile(filepath.Join(deploy, path))
		require.NoError(t, err, "run make generate")
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
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Alerts]()) {
		if name := f.Tag.Get("yaml"); strings.HasPrefix(name, "Bot") {
			settings = append(settings, name)
		}
	}
	for _, a := range alerts {
		if !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
		require.Regexp(t, `^Bot[A-Z][A-Za-z]+$`, a.Name)
		require.Contains(t, a.Summary, "$labels", "a summary names its subject")
		require.Contains(t, a.Summary, ": ", "a summary says what it means")
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
		require.Equal(t, len(a.Dashboard) == len(pair), held, a.Name)
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
	require.NoError(t, yaml.Unmarshal([]byte("alerts: {BotChatsAbandoned: {above: 0.4}}"), &changed))
	want := Defaults()
	want.Alerts.ChatsAbandoned.Above = 0.4
	require.Equal(t, want, changed)
}

// read decodes settings over the defaults, as the dashboards do: an unknown field is an error.
func read(text string) (Config, error) {
	cfg := Defaults()
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	return cfg, d.Decode(&cfg)
}

// refused checks the errors of settings that cannot work.
func refused(t *testing.T, cases map[string]string) {
	t.Helper()
	for text, want := range cases {
		cfg, err := read(text)
		if err == nil {
			_, err = Generate(cfg)
		}
		require.ErrorContains(t, err, want, text)
	}
}

func TestWrongSettings(t *testing.T) {
	refused(t, map[string]string{
		"alerts: {BotFallbackRateHigh: {severity: page}}":              "BotFallbackRateHigh: severity is page; it must be critical, warning or info",
		"alerts: {BotChatsAbandoned: {disabled: true, min_count: -1}}": "BotChatsAbandoned: min_count is -1; it must not be negative",
		"alerts: {BotEventsLate: {quantile: 1}}":                       "BotEventsLate: quantile is 1; it must be between 0 and 1",
		"alerts: {BotEventsLate: {window: 5s}}":                        "BotEventsLate: window is 5s; it must be at least a minute",
		"alerts: {BotFallbackRateHigh: {windows: [1h, 5s]}}":           "BotFallbackRateHigh: windows is [1h 5s]; it must list windows",
		"alerts: {BotEventsLost: {above: -1}}":                         "BotEventsLost: above is -1",
		"alerts: {BotExporterLagging: {stuck: 0s}}":                    "stuck is 0s",
		"alerts: {BotExporterDown: {lookback: 0s}}":                    "lookback is 0s",
		"alerts: {BotSeriesNearLimit: {above: 90}}":                    "BotSeriesNearLimit: above is 90; it must be between 0 and 1",
		"alerts: {BotExporterNotReady: {severity: high}}":              "BotExporterNotReady: severity is high",
		"confidence: 95":    "confidence is 95",
		"held_above: -1":    "held_above is -1",
		"windows: []":       "windows is []",
		"windows: [1s]":     "windows of at least a minute",
		"keep_firing: soon": "line 1: not a valid duration",
		"overrides: [{alerts: {BotFallbackRateHigh: {above: 0.3}}}]":           "overrides[0] names neither bot nor channel",
		"overrides: [{bot: b, alerts: {BotFallbackRateHigh: {above: -2}}}]":    "overrides[0]: BotFallbackRateHigh: above is -2",
		"overrides: [{bot: b, alerts: {BotFallbackRateHigh: {windows: []}}}]":  "overrides[0]: BotFallbackRateHigh: windows is []",
		"overrides:\n- bot: b\n  alerts:\n    BotFallbackRateHigh: {below: 2}": "line 4: field below not found",
		"overrides:\n- bot: b\n  alerts:\n    BotFallbackLow: {for: 1h}":       "line 4: field BotFallbackLow not found",
		"overrides:\n- bot: b\n  alerts:\n    BotEventsLost: {above: 1}":       "line 4: field BotEventsLost not found", // of the stream, not of a bot
		"overrides:\n- {bot: b, chanel: web}":                                  "line 2: field chanel not found",
		"overrides:\n- bot: b\n  alerts: {BotFallbackRateHigh: {above: high}}": "line 3: cannot unmarshal",
	})
}

// An override changes what it names, wherever it stands in the file; all else is as for the other bots.
func TestOverridesAreReadOverTheAlerts(t *testing.T) {
	cfg, err := read(`
overrides:
- {bot: shop, alerts: {BotFallbackRateHigh: {above: 0.5}}}
- {channel: voice}
alerts: {BotFallbackRateHigh: {above: 0.4, min_count: 99}}
`)
	require.NoError(t, err)
	want := cfg.Alerts.BotAlerts
	require.Equal(t, want, cfg.Overrides[1].Alerts)
	want.FallbackRateHigh.Above = 0.5
	require.Equal(t, want, cfg.Overrides[0].Alerts)
	require.Equal(t, 99.0, want.FallbackRateHigh.MinCount)

	// What is written is what was read.
	text, err := yaml.Marshal(cfg)
	require.NoError(t, err)
	require.Contains(t, string(text), "{BotFallbackRateHigh: {above: 0.5}}")
	again, err := read(string(text))
	require.NoError(t, err)
	require.Equal(t, cfg.Overrides[0].Alerts, again.Overrides[0].Alerts)
	require.Equal(t, cfg.Alerts, again.Alerts)
}

const custom = `
replica_labels: [node]
windows: [30m, 2h, 12h]
alerts:
  BotChatsAbandoned: {disabled: false}
  BotEventsLate: {disabled: true}
  BotFallbackRateHigh: {windows: [2h], above: 0.25}
overrides:
  - {bot: shop, channel: voice, alerts: {BotFallbackRateHigh: {above: 0.6}}}
  - {channel: voice, alerts: {BotFallbackRateHigh: {above: 0.5, severity: info}, BotChatsAbandoned: {above: 0.5}}}
  - {bot: bank, alerts: {BotTrafficStopped: {disabled: true}}}
`

func customized(t *testing.T) Config {
	cfg, err := read(custom)
	require.NoError(t, err)
	cfg.Selector, cfg.Folder = `namespace="bots",cluster="c"`, "Bots"
	return cfg
}

func TestOverrides(t *testing.T) {
	records, alerts, err := Rules(customized(t))
	require.NoError(t, err)
	count := map[string]int{}
	var fallback []*Alert
	for _, a := range alerts {
		count[a.Name]++
		if a.Name == "BotFallbackRateHigh" {
			fallback = append(fallback, a)
		}
	}
	require.Equal(t, 3, count["BotFallbackRateHigh"])
	require.Equal(t, 2, count["BotChatsAbandoned"])
	require.Equal(t, 2, count["BotTrafficStopped"])
	require.Zero(t, count["BotEventsLate"])
	const volume = "job_bot_channel:bot_messages_bot:increase2h"
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
		a := fallback[i]
		require.Equal(t, want.labels, a.labels())
		require.Contains(t, a.expr, want.has)
		require.NotContains(t, a.expr, want.no)
	}
	require.Contains(t, fallback[0].expr, "unless "+volume+`{bot="shop",channel="voice"}`)
	require.Contains(t, fallback[0].expr, "unless "+volume+`{channel="voice"}`)
	require.Contains(t, fallback[2].expr, "unless "+volume+`{bot="shop",channel="voice"}`)
	require.Equal(t, "bot-fallback-rate-high-2h-shop-voice", fallback[1].uid())
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
