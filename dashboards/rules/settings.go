package rules

import (
	"cmp"
	"fmt"
	"slices"
)

// settings are those of one alert. Its values come from a file that a person wrote, so each kind checks its own.
type settings interface {
	common() Common
	validate() error
}

// Severities of alerts.
const (
	critical = "critical"
	warning  = "warning"
	info     = "info"
)

// Common are the settings that every alert has.
type Common struct {
	Disabled bool     `yaml:"disabled" doc:"true removes the alert"`
	Severity string   `yaml:"severity" doc:"critical, warning or info"`
	For      Duration `yaml:"for" doc:"how long the condition must hold"`
}

func (c Common) common() Common { return c }

func (c Common) validate() error {
	return wrong("severity", c.Severity, !slices.Contains([]string{critical, warning, info}, c.Severity), "must be critical, warning or info")
}

// Share is an alert on a share: part of a whole.
type Share struct {
	Common   `yaml:",inline"`
	Windows  []Duration `yaml:"windows" doc:"one alert for each"`
	Above    float64    `yaml:"above" doc:"limit of the share, 0 to 1; the lower end of its confidence interval must exceed it"`
	MinCount float64    `yaml:"min_count" doc:"least size of the whole in the window"`
}

func (s Share) validate() error {
	return cmp.Or(s.Common.validate(), windows(s.Windows), fraction("above", s.Above), notNegative("min_count", s.MinCount))
}

// Quantile is an alert on a quantile of durations.
type Quantile struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Quantile float64  `yaml:"quantile" doc:"0.9 for p90: one in ten takes longer"`
	Above    Duration `yaml:"above" doc:"limit of the quantile"`
	MinCount float64  `yaml:"min_count" doc:"fewest observations in the window"`
}

func (s Quantile) validate() error {
	return cmp.Or(s.Common.validate(), window("window", s.Window), window("above", s.Above), notNegative("min_count", s.MinCount),
		wrong("quantile", s.Quantile, s.Quantile <= 0 || s.Quantile >= 1, "must be between 0 and 1"))
}

// Count is an alert on a number of events in a window.
type Count struct {
	Common `yaml:",inline"`
	Window Duration `yaml:"window"`
	Above  float64  `yaml:"above" doc:"limit of the number in the window"`
}

func (s Count) validate() error {
	return cmp.Or(s.Common.validate(), window("window", s.Window), notNegative("above", s.Above))
}

// Age is an alert on a length of time: an age, a wait or a distance.
type Age struct {
	Common `yaml:",inline"`
	Above  Duration `yaml:"above" doc:"limit"`
}

func (s Age) validate() error { return cmp.Or(s.Common.validate(), window("above", s.Above)) }

// wrong returns an error that names a setting, its value and what it must be.
func wrong(setting string, value any, is bool, must string) error {
	if !is {
		return nil
	}
	return fmt.Errorf("%s is %v; it %s", setting, value, must)
}

func window(setting string, d Duration) error {
	return wrong(setting, d, d < minute, "must be at least a minute")
}

func windows(list []Duration) error {
	return wrong("windows", list, len(list) == 0 || slices.Min(list) < minute, "must list windows of at least a minute")
}

func notNegative(setting string, v float64) error {
	return wrong(setting, v, v < 0, "must not be negative")
}

func atLeastOne(setting string, v int) error {
	return wrong(setting, v, v < 1, "must be at least 1")
}

func fraction(setting string, v float64) error {
	return wrong(setting, v, v < 0 || v > 1, "must be between 0 and 1")
}
