package rules

import "testing"

func TestWrongSatisfactionSettings(t *testing.T) {
	refused(t, map[string]string{
		"alerts: {BotCSATLow: {severity: page}}":            "BotCSATLow: severity is page; it must be critical, warning or info",
		"alerts: {BotCSATLow: {window: 5s}}":                "BotCSATLow: window is 5s; it must be at least a minute",
		"alerts: {BotCSATLow: {disabled: true, below: -1}}": "BotCSATLow: below is -1; it must not be negative",
		"alerts: {BotCSATDropped: {before: 0}}":             "before is 0; it must be at least 1",
		"alerts: {BotCSATResponseCollapsed: {factor: -1}}":  "factor is -1; it must not be negative",
	})
}
