package rules

import "testing"

func TestWrongHandoverSettings(t *testing.T) {
	refused(t, map[string]string{
		"alerts: {BotHandoverRateHigh: {windows: []}}":         "BotHandoverRateHigh: windows is []; it must list windows",
		"alerts: {BotHandoverRateHigh: {above: 30}}":           "above is 30; it must be between 0 and 1",
		"alerts: {BotHandoverRateAboveLastWeek: {points: -1}}": "points is -1; it must be between 0 and 1",
		"alerts: {BotHandoverWaitLong: {quantile: 1}}":         "quantile is 1; it must be between",
		"alerts: {BotHandoverWaitingNow: {above: 5s}}":         "above is 5s; it must be at least a minute",
	})
}
