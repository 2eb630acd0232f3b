// Package rules writes recording rules and alerts from the metric definitions: as rule files of Prometheus, as a
// PrometheusRule of the Prometheus operator, and as alerts that Grafana manages.
//
// To generate, take Defaults and write what Generate returns:
//
//	files, err := rules.Generate(cfg) // path below deploy, with slashes -> content
//
// Config is a part of that of the dashboards: decoding YAML into a value of Defaults keeps what the document does not
// name. The thresholds of all alerts are in Config and nowhere else; generated files are never edited.
//
// # Recorded names
//
// level:metric:operations, where level is the list of labels that are left. increase is the exact growth over the
// window (see promql.Selector.Total), ratio is one increase over another, ratio_lower and ratio_upper are the ends of
// its Wilson interval. Replicas are merged before anything is added up.
//
// The package spells no metric name, does no I/O and knows no panel; what a dashboard is called is a convention that
// both keep: "bot-" and the name of the module.
package rules
