package rules

import (
	"net/url"
	"strings"
)

// ruleFile is a rule file of Prometheus.
type ruleFile struct {
	Groups []group `yaml:"groups"`
}

type group struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval"`
	Rules    []rule `yaml:"rules"`
}

type rule struct {
	Record        string            `yaml:"record,omitempty"`
	Alert         string            `yaml:"alert,omitempty"`
	Expr          string            `yaml:"expr"`
	For           string            `yaml:"for,omitempty"`
	KeepFiringFor string            `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
}

// Intervals of evaluation. The slow one is well below the five minutes after which a value is stale, so that one missed
// evaluation leaves no gap.
const (
	interval     = "1m"
	slowInterval = "2m"
)

// prometheus returns the groups of a module: records of short windows, those of long windows, alerts.
func prometheus(cfg Config, module string, records []Record, alerts []*Alert) []group {
	fast := group{Name: "bot-" + module + ".rules", Interval: interval}
	slow := group{Name: "bot-" + module + ".rules.slow", Interval: slowInterval}
	fire := group{Name: "bot-" + module + ".alerts", Interval: interval}
	for _, r := range records {
		if r.Module != module {
			continue
		}
		to := &fast
		if r.Slow {
			to = &slow
		}
		to.Rules = append(to.Rules, rule{Record: r.Name, Expr: r.Expr})
	}
	for _, a := range alerts {
		if a.Module == module {
			fire.Rules = append(fire.Rules, a.rule(cfg))
		}
	}
	var groups []group
	for _, g := range []group{fast, slow, fire} {
		if len(g.Rules) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func (a *Alert) rule(cfg Config) rule {
	r := rule{Alert: a.Name, Expr: a.expr, Labels: a.labels(), Annotations: a.annotations(cfg, "$labels", func(text string) string { return text })}
	if a.For > 0 {
		r.For = a.For.String()
	}
	if a.KeepFiring > 0 {
		r.KeepFiringFor = a.KeepFiring.String()
	}
	return r
}

func (a *Alert) labels() map[string]string {
	labels := map[string]string{"severity": a.Severity}
	for k, v := range a.Labels {
		labels[k] = v
	}
	return labels
}

// annotations returns the annotations, in the template language that text translates to, where labels are read as labels.
func (a *Alert) annotations(cfg Config, labels string, text func(string) string) map[string]string {
	link := strings.TrimSuffix(cfg.GrafanaURL, "/") + "/d/" + a.UID()
	for i, l := range a.Dashboard {
		sep := "&"
		if i == 0 {
			sep = "?"
		}
		link += sep + "var-" + l.Name + "={{ " + labels + "." + l.Name + " | urlquery }}"
	}
	return map[string]string{
		"summary":       text(a.Summary),
		"description":   text(a.Description),
		"dashboard_url": link,
		"runbook_url":   strings.TrimSuffix(cfg.RunbookURL, "/") + "/" + url.PathEscape(a.Name) + ".md",
	}
}

// UID is that of the alert's dashboard. The stream is shown with the exporter.
func (a *Alert) UID() string {
	if a.Module == "stream" {
		return "bot-exporter"
	}
	return "bot-" + a.Module
}

// prometheusRule is the manifest of the Prometheus operator.
type prometheusRule struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       ruleFile `yaml:"spec"`
}

type metadata struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace,omitempty"`
	Labels    map[string]string `yaml:"labels,omitempty"`
}

func operator(cfg Config, groups []group) prometheusRule {
	return prometheusRule{
		APIVersion: "monitoring.coreos.com/v1", Kind: "PrometheusRule",
		Metadata: metadata{Name: "bot-exporter", Namespace: cfg.Namespace, Labels: cfg.Labels},
		Spec:     ruleFile{groups},
	}
}
