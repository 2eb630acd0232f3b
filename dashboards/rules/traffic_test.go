package rules

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// On a muted day nothing fires, from the first moment of the day in its zone until the window after it is over.
func TestPromtoolMuteDays(t *testing.T) {
	cfg, err := read(`
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
  - {series: 'bot_exporter_ready{job="j",instance="a"}', values: '1x1400'}
`
	for _, bot := range []string{"once", "every year", "open"} { // 120 messages an hour for a week, then none
		test += `  - {series: 'bot_messages_total{job="j",instance="a",bot="` + bot + `",channel="web",sender="user"}', values: '0+20x1000 20000x400'}` + "\n"
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
