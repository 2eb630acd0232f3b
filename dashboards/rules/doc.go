// Package rules generates recording rules and alerts from the metric definitions: as rule files for Prometheus, as a
// PrometheusRule for the Prometheus operator, and as alerts that Grafana manages.
//
// Start from Defaults, and write what Generate returns:
//
//	files, err := rules.Generate(cfg) // path below deploy, with slashes -> content
//
// Config is part of the configuration of the dashboards. YAML decoded into a value of Defaults keeps what the document
// does not name. All thresholds are in Config and nowhere else, so that dashboards can draw them:
// Config.Alerts.HandoverWaitLong.Quantile, for example. Generated files are never edited.
//
// # Modules
//
// Everything about a module is in its file: the settings of its alerts with their kinds, checks and defaults, its
// records and its alerts. A module has a line in the list of modules and, if it has alerts, in BotAlerts or Alerts.
//
// # Recorded names
//
// level:metric:operations, where level lists the remaining labels. increase is the exact growth over the window (see
// promql.Selector.Total), ratio is one increase divided by another, ratio_lower and ratio_upper are the ends of its
// Wilson interval. Replicas are merged before anything is added up.
//
// The package spells no metric name, does no I/O and knows no panel. Alerts find their dashboard by convention: "bot-"
// and the name of the module.
package rules
