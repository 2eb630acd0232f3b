package rules

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// On a muted day nothing fires, from the first moment of the day in its zone until the window after it is over.
func TestPromtoolMuteDays(t *testing.T) {
	t.Parallel()
	cfg, err := read(`
windows: [1h] # long ones take long to evaluate
alerts: {BotTrafficStopped: {mute_days: [1970-01-08, 1971-01-10], time_zone: Europe/Rome}}
overrides:
- {bot: every year, alerts: {BotTrafficStopped: {mute_days: [01-08]}}}
- {bot: open, alerts: {BotTrafficStopped: {mute_days: []}}}
`)
	require.NoError(t, err)
	dir := t.TempDir()
	writeRules(t, cfg, dir)
	test := `rule_files: [bot-traffic.yml, bot-messages.yml, bot-engagement.yml, bot-exporter.yml]
evaluation_interval: 10m
group_eval_order: [bot-exporter.rules, bot-engagement.rules, bot-messages.rules, bot-messages.rules.slow, bot-traffic.alerts]
tests:
- interval: 10m
  input_series:
  - {series: 'bot_exporter_ready{job="j",instance="a"}', values: '1x1170'}
`
	for _, bot := range []string{"once", "every year", "open"} { // 120 messages an hour for a week, then none
		test += `  - {series: 'bot_messages_total{job="j",instance="a",bot="` + bot + `",channel="web",sender="user"}', values: '0+20x1000 20000x170'}` + "\n"
	}
	const firing = `  - expr: count by (bot) (ALERTS{alertname="BotTrafficStopped",alertstate="firing"})
    eval_time: `
	test += "  promql_expr_test:\n" + firing + `180h # 1970-01-08 at noon
    exp_samples: [{labels: '{bot="open"}', value: 1}]
` + firing + `192h # an hour after midnight in Rome
    exp_samples: [{labels: '{bot="open"}', value: 1}]
` + firing + `193h
    exp_samples: [{labels: '{bot="open"}', value: 1}, {labels: '{bot="once"}', value: 1}, {labels: '{bot="every year"}', value: 1}]
`
	path := filepath.Join(dir, "test.yml")
	require.NoError(t, os.WriteFile(path, []byte(test), 0o600))
	promtool(t, "test", "rules", path)
}

func TestWrongTrafficSettings(t *testing.T) {
	refused(t, map[string]string{
		"alerts: {BotTrafficStopped: {weeks: 0}}":                   "weeks is 0; it must be at least 1",
		"alerts: {BotTrafficStopped: {time_zone: Rome}}":            "time_zone is Rome; it must be a zone such as Europe/Rome",
		"alerts:\n  BotTrafficStopped:\n    mute_days: [Christmas]": `line 3: "Christmas" is no day; write 2026-04-06, or 12-25 for every year`,
	})
}

func TestMuteDays(t *testing.T) {
	cfg, err := read("alerts: {BotTrafficStopped: {mute_days: [2026-04-06, 12-25]}}")
	require.NoError(t, err)
	days := cfg.Alerts.TrafficStopped.MuteDays
	require.Equal(t, []Date{{2026, time.April, 6}, {0, time.December, 25}}, days)
	text, err := yaml.Marshal(days)
	require.NoError(t, err)
	var again []Date
	require.NoError(t, yaml.Unmarshal(text, &again))
	require.Equal(t, days, again)

	summer, err := days[0].during("Europe/Rome", 0).PromQL()
	require.NoError(t, err)
	require.Equal(t, "month(vector(time() + 7200)) == 4 and day_of_month(vector(time() + 7200)) == 6 and year(vector(time() + 7200)) == 2026", summer)
}
