package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// thresholds.yml holds the defaults: reading it changes nothing.
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
