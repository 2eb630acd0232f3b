package rules

import (
	"time"
)

// Config is what users may change about rules and alerts. Its zero value is no good: start from Defaults.
type Config struct {
	Selector string `yaml:"-"` // matchers for all metrics, separated by commas; that of the dashboards
	Folder   string `yaml:"-"` // title of the Grafana folder; that of the dashboards

	Panels map[string]Panel `yaml:"-"` // where alerts are shown, by their names

	Replicas   []string `yaml:"replica_labels" doc:"labels of targets that tell replicas of one exporter apart, beside instance and pod; add node where scrapes have it"`
	GrafanaURL string   `yaml:"grafana_url" doc:"where people reach Grafana, for dashboard_url"`
	RunbookURL string   `yaml:"runbook_url" doc:"folder of the runbooks, for runbook_url"`
	Datasource string   `yaml:"datasource" doc:"uid of the Prometheus data source, for alerts that Grafana manages"`
	Namespace  string   `yaml:"namespace" doc:"namespace of the PrometheusRule; empty for that of kubectl"`

	Labels map[string]string `yaml:"labels" doc:"labels of the PrometheusRule, which its Prometheus selects it by"`

	Windows    []Duration `yaml:"windows" doc:"windows of recorded rates"`
	Confidence float64    `yaml:"confidence" doc:"of the intervals that keep alerts on few events quiet"`
	HeldAbove  float64    `yaml:"held_above" doc:"rate alerts do not begin while an exporter is this many messages behind, or not ready"`
	KeepFiring Duration   `yaml:"keep_firing" doc:"rate alerts go on this long after their condition, so that restarts do not make them flap"`

	Alerts    Alerts     `yaml:"alerts"`
	Overrides []Override `yaml:"overrides" doc:"other alert settings for one bot, channel or both; the first that fits counts"`
}

// Panel is a panel of a dashboard.
type Panel struct {
	Dashboard string // its uid
	ID        uint32
}

// Override replaces settings of alerts for one bot, one channel, or one channel of a bot.
type Override struct {
	Bot     string `yaml:"bot"`
	Channel string `yaml:"channel"`
	Alerts  Patch  `yaml:"alerts"`
}

// Common are the settings that every alert has.
type Common struct {
	Disabled bool     `yaml:"disabled" doc:"true leaves the alert out"`
	Severity string   `yaml:"severity" doc:"critical, warning or info"`
	For      Duration `yaml:"for" doc:"how long it has to last"`
}

// Share is an alert on a share of a number of things.
type Share struct {
	Common   `yaml:",inline"`
	Windows  []Duration `yaml:"windows" doc:"one alert each"`
	Above    float64    `yaml:"above" doc:"the lower end of its interval, 0 to 1"`
	MinCount float64    `yaml:"min_count" doc:"of the things in the window"`
}

// LastWeek is an alert on a share that is higher than a week before.
type LastWeek struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Factor   float64  `yaml:"factor" doc:"the lower end of its interval exceeds the earlier share by it"`
	Points   float64  `yaml:"points" doc:"and the share itself by at least this, 0 to 1"`
	MinCount float64  `yaml:"min_count" doc:"in both windows"`
}

// Wait is an alert on a quantile of waits.
type Wait struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Quantile float64  `yaml:"quantile" doc:"0.9 is the wait of one in ten, or longer"`
	Above    Duration `yaml:"above" doc:"the quantile"`
	MinCount float64  `yaml:"min_count" doc:"of accepted requests in the window"`
}

// Score is an alert on an average score.
type Score struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Below    float64  `yaml:"below" doc:"the upper end of its interval"`
	MinCount float64  `yaml:"min_count" doc:"of votes in the window"`
}

// Drop is an alert on an average score that fell.
type Drop struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Before   int      `yaml:"before" doc:"windows before it, as far as Prometheus has them"`
	Points   float64  `yaml:"points" doc:"that it fell by, of 1 to 5"`
	MinCount float64  `yaml:"min_count" doc:"of votes in the window, and before"`
}

// Collapse is an alert on a share that fell to a part of what it was.
type Collapse struct {
	Common   `yaml:",inline"`
	Window   Duration `yaml:"window"`
	Before   Duration `yaml:"before" doc:"window before it"`
	Factor   float64  `yaml:"factor" doc:"the upper end of its interval is below this part of the earlier share"`
	MinCount float64  `yaml:"min_count" doc:"in the window"`
}

// Count is an alert on a number of things in a window.
type Count struct {
	Common `yaml:",inline"`
	Window Duration `yaml:"window"`
	Above  float64  `yaml:"above" doc:"the number in the window (of messages a week before, for traffic that stopped)"`
}

// Lag is an alert on messages that are not yet applied.
type Lag struct {
	Common `yaml:",inline"`
	Above  float64  `yaml:"above" doc:"messages"`
	Stuck  Duration `yaml:"stuck" doc:"any lag, when nothing was applied for so long"`
}

// Part is an alert on how much of something limited is in use.
type Part struct {
	Common `yaml:",inline"`
	Above  float64 `yaml:"above" doc:"part of the limit, from 0 to 1"`
}

// Age is an alert on the age of something, on the distance of two times, or on a wait.
type Age struct {
	Common `yaml:",inline"`
	Above  Duration `yaml:"above" doc:"the age, distance or wait"`
}

// Memory is an alert that compares with what was seen before.
type Memory struct {
	Common   `yaml:",inline"`
	Lookback Duration `yaml:"lookback" doc:"how long what was seen is remembered"`
}

// Alerts are the settings of all alerts, by name.
type Alerts struct {
	HandoverRateHigh          Share    `yaml:"BotHandoverRateHigh"`
	HandoverRateAboveLastWeek LastWeek `yaml:"BotHandoverRateAboveLastWeek"`
	HandoverWaitLong          Wait     `yaml:"BotHandoverWaitLong"`
	HandoverUnanswered        Share    `yaml:"BotHandoverUnanswered"`
	HandoverWaitingNow        Age      `yaml:"BotHandoverWaitingNow"`
	CSATLow                   Score    `yaml:"BotCSATLow"`
	CSATDropped               Drop     `yaml:"BotCSATDropped"`
	CSATResponseCollapsed     Collapse `yaml:"BotCSATResponseCollapsed"`
	NegativeFeedbackHigh      Share    `yaml:"BotNegativeFeedbackHigh"`
	FallbackRateHigh          Share    `yaml:"BotFallbackRateHigh"`
	ChatsAbandoned            Share    `yaml:"BotChatsAbandoned"`
	TrafficStopped            Count    `yaml:"BotTrafficStopped"`
	EventsAllRejected         Count    `yaml:"BotEventsAllRejected"`
	EventsRejectedHigh        Share    `yaml:"BotEventsRejectedHigh"`
	EventsLost                Count    `yaml:"BotEventsLost"`
	StreamIdentityBroken      Common   `yaml:"BotStreamIdentityBroken"`
	BrokerLost                Count    `yaml:"BotBrokerLostMessages"`
	ExporterDown              Memory   `yaml:"BotExporterDown"`
	ExporterNotReady          Common   `yaml:"BotExporterNotReady"`
	ExporterLagging           Lag      `yaml:"BotExporterLagging"`
	CheckpointStale           Age      `yaml:"BotCheckpointStale"`
	ReplicasDiverged          Memory   `yaml:"BotReplicasDiverged"`
	ConfigReloadFailed        Common   `yaml:"BotConfigReloadFailed"`
	BrokerClockOff            Age      `yaml:"BotBrokerClockOff"`
	StreamUnread              Common   `yaml:"BotStreamUnread"`
	LabelOverflow             Count    `yaml:"BotLabelOverflow"`
	SeriesNearLimit           Part     `yaml:"BotSeriesNearLimit"`
	MemoryNearLimit           Part     `yaml:"BotMemoryNearLimit"`
}

const (
	critical = "critical"
	warning  = "warning"
	info     = "info"

	minute = Duration(time.Minute)
	hour   = Duration(time.Hour)
	day    = 24 * hour
)

// Defaults returns the default configuration.
func Defaults() Config {
	return Config{
		Replicas:   []string{},
		GrafanaURL: "http://localhost:3000",
		RunbookURL: "https://github.com/bot-exporter/bot-exporter/blob/main/deploy/runbooks",
		Folder:     "Virtual assistant",
		Datasource: "prometheus",
		Labels:     map[string]string{"app.kubernetes.io/name": "bot-exporter"},
		Windows:    []Duration{hour, 6 * hour, day, 7 * day},
		Confidence: 0.95,
		HeldAbove:  1000,
		KeepFiring: 10 * minute,
		Overrides:  []Override{},
		Alerts: Alerts{
			HandoverRateHigh:          Share{Common{Severity: warning, For: 10 * minute}, []Duration{hour, day}, 0.3, 30},
			HandoverRateAboveLastWeek: LastWeek{Common{Severity: warning, For: 30 * minute}, 6 * hour, 1.5, 0.05, 50},
			HandoverWaitLong:          Wait{Common{Severity: warning, For: 10 * minute}, hour, 0.9, 5 * minute, 10},
			HandoverUnanswered:        Share{Common{Severity: warning, For: 15 * minute}, []Duration{6 * hour}, 0.25, 10},
			HandoverWaitingNow:        Age{Common{Severity: warning, For: 2 * minute}, 10 * minute},
			CSATLow:                   Score{Common{Severity: warning, For: hour}, 7 * day, 3.5, 30},
			CSATDropped:               Drop{Common{Severity: warning, For: hour}, 7 * day, 2, 0.3, 30},
			CSATResponseCollapsed:     Collapse{Common{Severity: warning, For: hour}, day, 7 * day, 0.5, 50},
			NegativeFeedbackHigh:      Share{Common{Severity: warning, For: 30 * minute}, []Duration{day}, 0.4, 20},
			FallbackRateHigh:          Share{Common{Severity: warning, For: 10 * minute}, []Duration{hour}, 0.2, 100},
			ChatsAbandoned:            Share{Common{Severity: warning, For: 15 * minute}, []Duration{6 * hour}, 0.3, 30},
			TrafficStopped:            Count{Common{Severity: critical, For: 15 * minute}, hour, 20},
			EventsAllRejected:         Count{Common{Severity: critical, For: 10 * minute}, 5 * minute, 4},
			EventsRejectedHigh:        Share{Common{Severity: warning, For: 10 * minute}, []Duration{hour}, 0.05, 100},
			EventsLost:                Count{Common{Severity: critical}, hour, 0},
			StreamIdentityBroken:      Common{Severity: critical, For: minute},
			BrokerLost:                Count{Common{Severity: warning}, hour, 0},
			ExporterDown:              Memory{Common{Severity: critical, For: 5 * minute}, day},
			ExporterNotReady:          Common{Severity: critical, For: 15 * minute},
			ExporterLagging:           Lag{Common{Severity: warning, For: 10 * minute}, 10_000, 15 * minute},
			CheckpointStale:           Age{Common{Severity: warning, For: 5 * minute}, 5 * minute},
			ReplicasDiverged:          Memory{Common{Severity: warning}, 6 * hour},
			ConfigReloadFailed:        Common{Severity: warning, For: 5 * minute},
			BrokerClockOff:            Age{Common{Severity: warning, For: 10 * minute}, minute},
			StreamUnread:              Common{Severity: critical, For: 5 * minute},
			LabelOverflow:             Count{Common{Severity: info}, day, 0},
			SeriesNearLimit:           Part{Common{Severity: warning, For: 15 * minute}, 0.9},
			MemoryNearLimit:           Part{Common{Severity: warning, For: 15 * minute}, 0.95},
		},
	}
}
