package rules

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
)

// Shapes of Grafana's file provisioning, which are not those of its HTTP API.
type provisioning struct {
	APIVersion int            `yaml:"apiVersion"`
	Groups     []grafanaGroup `yaml:"groups"`
}

type grafanaGroup struct {
	OrgID    int           `yaml:"orgId"`
	Name     string        `yaml:"name"`
	Folder   string        `yaml:"folder"`
	Interval string        `yaml:"interval"`
	Rules    []grafanaRule `yaml:"rules"`
}

type grafanaRule struct {
	UID           string            `yaml:"uid"`
	Title         string            `yaml:"title"`
	Condition     string            `yaml:"condition"`
	Data          []query           `yaml:"data"`
	NoDataState   string            `yaml:"noDataState"`
	ExecErrState  string            `yaml:"execErrState"`
	For           string            `yaml:"for"`
	KeepFiringFor string            `yaml:"keepFiringFor,omitempty"` // older Grafana ignores it
	Annotations   map[string]string `yaml:"annotations"`
	Labels        map[string]string `yaml:"labels"`
	IsPaused      bool              `yaml:"isPaused"`
}

type query struct {
	RefID         string         `yaml:"refId"`
	TimeRange     timeRange      `yaml:"relativeTimeRange"`
	DatasourceUID string         `yaml:"datasourceUid"`
	Model         map[string]any `yaml:"model"`
}

type timeRange struct {
	From int `yaml:"from"`
	To   int `yaml:"to"`
}

const expressions = "__expr__" // Grafana's own data source

func grafana(cfg Config, alerts []*Alert) provisioning {
	p := provisioning{APIVersion: 1}
	for _, m := range modules {
		g := grafanaGroup{OrgID: 1, Name: "bot-" + m.name, Folder: cfg.Folder, Interval: interval}
		for _, a := range alerts {
			if a.Module == m.name {
				g.Rules = append(g.Rules, a.grafana(cfg))
			}
		}
		if len(g.Rules) > 0 {
			p.Groups = append(p.Groups, g)
		}
	}
	return p
}

// grafana makes three steps of an alert: A asks Prometheus, B takes the value, C compares it with the limit. No data
// is no alert: guards filter what is not to fire.
func (a *Alert) grafana(cfg Config) grafanaRule {
	r := grafanaRule{
		UID: a.uid(), Title: strings.TrimSpace(a.Name + " " + a.Suffix), Condition: "C",
		NoDataState: "OK", ExecErrState: "OK",
		For: a.For.String(), Labels: a.labels(), Annotations: a.annotations(cfg, ".Labels", grafanaText),
		Data: []query{
			{"A", timeRange{600, 0}, cfg.Datasource, map[string]any{
				"refId": "A", "expr": a.query, "instant": true, "range": false,
				"datasource": map[string]any{"type": "prometheus", "uid": cfg.Datasource},
				"intervalMs": 60000, "maxDataPoints": 43200,
			}},
			{"B", timeRange{0, 0}, expressions, map[string]any{
				"refId": "B", "type": "reduce", "expression": "A", "reducer": "last",
				"datasource": map[string]any{"type": expressions, "uid": expressions},
			}},
			{"C", timeRange{0, 0}, expressions, map[string]any{
				"refId": "C", "type": "threshold", "expression": "B",
				"datasource": map[string]any{"type": expressions, "uid": expressions},
				"conditions": []any{map[string]any{
					"evaluator": map[string]any{"type": map[string]string{">": "gt", "<": "lt"}[a.Value.Op], "params": []float64{a.Value.Limit}},
				}},
			}},
		},
	}
	if a.Name == "BotExporterDown" {
		r.ExecErrState = "Error" // one alert is enough when Prometheus does not answer
	}
	if a.KeepFiring > 0 {
		r.KeepFiringFor = a.KeepFiring.String()
	}
	if p, ok := cfg.Panels[a.Name]; ok { // Grafana shows the alert on this panel, and links it
		r.Annotations["__dashboardUid__"], r.Annotations["__panelId__"] = p.Dashboard, fmt.Sprint(p.ID)
	}
	return r
}

// grafanaText translates a text of Prometheus. Provisioning replaces $names by environment variables, so the text reads
// the fields behind them. Grafana fills it in without data as well, when there is no value.
func grafanaText(text string) string {
	text = valueOf.ReplaceAllString(text, "{{ with .Values.B }}{{ .Value$1 }}{{ end }}")
	return strings.ReplaceAll(text, "$labels", ".Labels")
}

var (
	valueOf   = regexp.MustCompile(`\{\{ \$value( \|[^}]*)? \}\}`)
	wordStart = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)
	notInUID  = regexp.MustCompile(`[^a-z0-9]+`)
)

// uid is BotCSATLow as bot-csat-low. Grafana allows 40 characters: of longer ones, a hash is the end.
func (a *Alert) uid() string {
	s := strings.ToLower(wordStart.ReplaceAllString(a.Name+" "+a.Suffix, "$1$3-$2$4"))
	s = strings.Trim(notInUID.ReplaceAllString(s, "-"), "-")
	if len(s) <= 40 {
		return s
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return fmt.Sprintf("%s-%08x", strings.TrimRight(s[:31], "-"), h.Sum32())
}
