package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const unitTests = deploy + "/prometheus/rules_test/*.yml"

// promtool runs promtool, or skips the test.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	tool := os.Getenv("PROMTOOL")
	if tool == "" {
		t.Skip("PROMTOOL is not set")
	}
	out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	return string(out)
}

// writeRules writes the rule files of Prometheus to a folder.
func writeRules(t *testing.T, cfg Config, dir string) {
	t.Helper()
	files, err := Generate(cfg)
	require.NoError(t, err)
	for path, b := range files {
		if strings.HasPrefix(path, rulesDir) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o600))
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

func TestPromtoolCheck(t *testing.T) {
	t.Run("committed", func(t *testing.T) {
		promtool(t, append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, glob(t, deploy+"/"+rulesDir+"*.yml")...)...)
	})
	t.Run("customized", func(t *testing.T) {
		dir := t.TempDir()
		writeRules(t, customized(t), dir)
		promtool(t, append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, glob(t, dir+"/*.yml")...)...)
	})
}

// soonTested lists the unit tests that are fast.
var soonTested = []string{"exporter.yml", "feedback.yml", "handover.yml", "stream_late.yml"}

// The unit tests of alerts, written by hand.
func TestPromtoolUnitTests(t *testing.T) {
	for _, path := range glob(t, unitTests) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if testing.Short() && !slices.Contains(soonTested, filepath.Base(path)) {
				t.Skip("takes long; run by make test-long")
			}
			t.Parallel()
			promtool(t, "test", "rules", path)
		})
	}
}

// Each alert has unit tests: it fires with its text, and stays quiet without data.
func TestEveryAlertIsTested(t *testing.T) {
	var all strings.Builder
	for _, path := range glob(t, unitTests) {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		all.Write(b)
	}
	_, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	for _, a := range alerts {
		tested := func(what, pattern string) {
			require.True(t, regexp.MustCompile(pattern).MatchString(all.String()), "no test that %s %s", a.Name, what)
		}
		tested("fires with severity "+a.Severity, `alertname: `+a.Name+`\n\s+exp_alerts:\n(?: {10}.*\n)*? {10}- exp_labels: \{severity: `+a.Severity)
		tested("has its text", `/`+a.Name+`\.md\n`)
		tested("is quiet", `\{eval_time: [0-9a-z]+, alertname: `+a.Name+`\}`)
	}
}

// An override replaces the alert for its bots and channels, and for nothing else.
func TestPromtoolOverrides(t *testing.T) {
	cfg := customized(t)
	cfg.Selector = ""
	dir := t.TempDir()
	writeRules(t, cfg, dir)
	var series strings.Builder
	for _, c := range []struct{ bot, channel, fallbacks string }{
		{"shop", "web", "40"}, {"shop", "voice", "55"}, {"bank", "voice", "55"}, {"bank", "web", "20"}, {"mail", "voice", "40"},
	} {
		labels := `{job="j",instance="a",bot="` + c.bot + `",channel="` + c.channel + `"`
		series.WriteString(`  - {series: 'bot_messages_total` + labels + `,sender="bot"}', values: '0+` + "100x200'}\n")
		series.WriteString(`  - {series: 'bot_fallbacks_total` + labels + `}', values: '0+` + c.fallbacks + "x200'}\n")
	}
	test := `rule_files: [bot-chats.yml, bot-exporter.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
` + series.String() + `
  promql_expr_test:
  - expr: count by (bot, channel, severity, override) (ALERTS{alertname="BotFallbackRateHigh",alertstate="firing"})
    eval_time: 3h
    exp_samples:
    - {labels: '{bot="shop",channel="web",severity="warning"}', value: 1}
    - {labels: '{bot="bank",channel="voice",severity="info",override="voice"}', value: 1}
`
	path := filepath.Join(dir, "test.yml")
	require.NoError(t, os.WriteFile(path, []byte(test), 0o600))
	promtool(t, "test", "rules", path)
}
