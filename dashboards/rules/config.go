package rules

import (
	"cmp"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Config is what users may change about rules and alerts. The zero value is not usable; start from Defaults.
type Config struct {
	Selector string `yaml:"-"` // matchers for all metrics, separated by commas; the same as for the dashboards
	Folder   string `yaml:"-"` // title of the Grafana folder; the same as for the dashboards

	Panels map[string]Panel `yaml:"-"` // where alerts are shown, by their names

	Replicas   []string `yaml:"replica_labels" doc:"labels of targets, beside instance and pod, in which replicas of one exporter differ; add node if your targets have it"`
	GrafanaURL string   `yaml:"grafana_url" doc:"where people reach Grafana; for dashboard_url"`
	RunbookURL string   `yaml:"runbook_url" doc:"folder of the runbooks; for runbook_url"`
	Datasource string   `yaml:"datasource" doc:"uid of the Prometheus data source, for alerts that Grafana manages"`
	Namespace  string   `yaml:"namespace" doc:"namespace of the PrometheusRule; empty: that of kubectl"`

	Labels map[string]string `yaml:"labels" doc:"labels of the PrometheusRule, by which its Prometheus selects it"`

	Windows    []Duration `yaml:"windows" doc:"windows of recorded rates"`
	Confidence float64    `yaml:"confidence" doc:"of the intervals that keep alerts quiet on few events"`
	HeldAbove  float64    `yaml:"held_above" doc:"KPI alerts do not start while the exporter is this many messages behind, or not ready"`
	KeepFiring Duration   `yaml:"keep_firing" doc:"KPI alerts fire this much longer than their condition holds, so that restarts do not make them flap"`

	Alerts    Alerts     `yaml:"alerts"`
	Overrides []Override `yaml:"overrides" doc:"other alert settings for one bot, one channel or both; the first that matches counts"`
}

// Panel is a panel of a dashboard.
type Panel struct {
	Dashboard string // its uid
	ID        uint32
}

// Override changes alerts for one bot, one channel, or one channel of a bot.
type Override struct {
	Bot     string    `yaml:"bot"`
	Channel string    `yaml:"channel"`
	Alerts  BotAlerts `yaml:"alerts"` // all of them: what the override does not name is as for the others

	decode func(any) error
}

// Alerts are the settings of all alerts, by name. A module with alerts has a line here or in BotAlerts.
type Alerts struct {
	BotAlerts      `yaml:",inline"`
	StreamAlerts   `yaml:",inline"`
	ExporterAlerts `yaml:",inline"`
}

// BotAlerts are the alerts on each bot and channel, which overrides may change.
type BotAlerts struct {
	HandoverAlerts     `yaml:",inline"`
	SatisfactionAlerts `yaml:",inline"`
	FeedbackAlerts     `yaml:",inline"`
	ChatAlerts         `yaml:",inline"`
	TrafficAlerts      `yaml:",inline"`
	DelayAlerts        `yaml:",inline"`
}

// Defaults returns the default configuration.
func Defaults() Config {
	c := Config{
		Replicas:   []string{},
		GrafanaURL: "http://localhost:3000",
		RunbookURL: "https://github.com/bot-exporter/bot-exporter/blob/main/deploy/runbooks",
		Folder:     "Virtual assistant",
		Datasource: "prometheus",
		Labels:     map[string]string{"app.kubernetes.io/name": "bot-exporter"},
		Windows:    []Duration{hour, 6 * hour, day, week},
		Confidence: 0.95,
		HeldAbove:  1000,
		KeepFiring: 10 * minute,
		Overrides:  []Override{},
	}
	for _, m := range modules {
		if m.defaults != nil {
			m.defaults(&c.Alerts)
		}
	}
	return c
}

// UnmarshalYAML reads the overrides after all the rest, over a copy of the alerts that they change. It takes a function
// rather than a node, since a node forgets whether unknown fields are errors.
func (c *Config) UnmarshalYAML(decode func(any) error) error {
	type plain Config
	if err := decode((*plain)(c)); err != nil {
		return err
	}
	for i := range c.Overrides {
		type plain Override
		o := &c.Overrides[i]
		o.Alerts = c.Alerts.BotAlerts
		if err := o.decode((*plain)(o)); err != nil {
			return err
		}
	}
	return nil
}

// UnmarshalYAML leaves the work to Config.
func (o *Override) UnmarshalYAML(decode func(any) error) error {
	o.decode = decode
	return nil
}

// MarshalYAML writes what was read, rather than all settings.
func (o Override) MarshalYAML() (any, error) {
	var written struct {
		Bot     string    `yaml:"bot,omitempty"`
		Channel string    `yaml:"channel,omitempty"`
		Alerts  yaml.Node `yaml:"alerts"`
	}
	err := o.decode(&written)
	return written, err
}

// validate returns an error that names the first setting that cannot work. Alerts are checked where they are added.
func (c Config) validate() error {
	for i := range c.Overrides {
		if o := &c.Overrides[i]; o.Bot == "" && o.Channel == "" {
			return fmt.Errorf("overrides[%d] names neither bot nor channel", i)
		}
	}
	return cmp.Or(windows(c.Windows), notNegative("held_above", c.HeldAbove),
		wrong("confidence", c.Confidence, c.Confidence <= 0 || c.Confidence >= 1, "must be between 0 and 1"))
}
