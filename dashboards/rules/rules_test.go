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

// The package spells no metric name.
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
