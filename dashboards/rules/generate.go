package rules

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Files below deploy.
const (
	rulesDir       = "prometheus/rules/"
	thresholdsFile = "prometheus/thresholds.yml"
	readmeFile     = "prometheus/README.md"
	runbooksFile   = "runbooks/README.md"
	operatorFile   = "kubernetes/prometheusrule.yaml"
	grafanaFile    = "grafana/provisioning/alerting/bot-exporter.yaml"
)

// First lines of files.
const (
	generated = "# Generated from the metric definitions; do not edit. To change thresholds, see %sREADME.md.\n"
	defaults  = "# All settings of rules and alerts with their defaults. Generated: copy what you want to change into your own file, see README.md.\n"
)

// Rules returns all rules.
func Rules(cfg Config) ([]Record, []*Alert, error) {
	if err := cfg.validate(); err != nil {
		return nil, nil, err
	}
	b := newBuilder(cfg)
	for _, m := range modules {
		b.module = m.name
		m.write(b)
	}
	return b.build()
}

// modules lists the modules with rules. What two modules record is in the group of the first, which must be the one that
// divides by it: only the rules of one group are evaluated together.
var modules = []struct {
	name     string
	defaults func(*Alerts) // nil: no alerts
	write    func(*builder)
}{
	{"handover", handoverDefaults, (*builder).handover},
	{"chats", chatDefaults, (*builder).chats},
	{"messages", nil, (*builder).messages},
	{"engagement", nil, (*builder).engagement},
	{"feedback", feedbackDefaults, (*builder).feedback},
	{"satisfaction", satisfactionDefaults, (*builder).satisfaction},
	{"traffic", trafficDefaults, (*builder).traffic},
	{"stream", streamDefaults, (*builder).stream},
	{"exporter", exporterDefaults, (*builder).exporter},
}

// Generate returns the content of all files by their paths below deploy.
func Generate(cfg Config) (map[string][]byte, error) {
	records, alerts, err := Rules(cfg)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	out := map[string][]byte{}
	w := writer{out: out}
	var all []group
	for _, m := range modules {
		groups := prometheus(cfg, m.name, records, alerts)
		w.yaml(rulesDir+"bot-"+m.name+".yml", fmt.Sprintf(generated, "../"), ruleFile{groups})
		all = append(all, groups...)
	}
	w.yaml(operatorFile, fmt.Sprintf(generated, "../prometheus/"), operator(cfg, all))
	w.yaml(grafanaFile, fmt.Sprintf(generated, "../../../prometheus/"), grafana(cfg, alerts))
	settings, err := documented(cfg, alerts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", thresholdsFile, err)
	}
	w.yaml(thresholdsFile, defaults, settings)
	w.text(readmeFile, readmeText, cfg, alerts)
	w.text(runbooksFile, runbooksText, cfg, alerts)
	return out, w.err
}

// writer writes files and keeps the first error.
type writer struct {
	out map[string][]byte
	err error
}

func (w *writer) yaml(path, head string, v any) {
	b := bytes.NewBufferString(head)
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	w.put(path, b, e.Encode(v))
}

// text fills in a template.
func (w *writer) text(path, text string, cfg Config, alerts []*Alert) {
	b, err := fill(text, cfg, alerts)
	w.put(path, b, err)
}

func (w *writer) put(path string, b *bytes.Buffer, err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", path, err)
	}
	w.out[path] = b.Bytes()
}
