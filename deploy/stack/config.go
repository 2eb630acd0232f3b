package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (p *picture) file(name string) string { return filepath.Join(p.dir, name) }

// configure writes the configurations that are shipped, with the addresses of this machine in place of names.
func (p *picture) configure(ctx context.Context) error {
	rules := filepath.Join(p.deploy, "prometheus/rules")
	if p.drill {
		var err error
		if rules, err = p.drillRules(ctx); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(p.deploy, "prometheus/prometheus.yml"))
	if err != nil {
		return err
	}
	replace := []string{
		"bot-exporter:9850", p.exporter, "alertmanager:9093", p.alertmanager, "localhost:9090", p.prometheus, "[rules/", "[" + rules + "/",
	}
	if p.drill {
		replace = append(replace, "_interval: 15s", "_interval: "+drillInterval)
	}
	if err := os.WriteFile(p.file("prometheus.yml"), []byte(strings.NewReplacer(replace...).Replace(string(text))), 0o600); err != nil {
		return err
	}
	return p.alerting()
}

// alerting sends what any receiver gets to the sink, too, and sooner than people want to be woken up.
func (p *picture) alerting() error {
	text, err := os.ReadFile(filepath.Join(p.deploy, "alertmanager/alertmanager.yml"))
	if err != nil {
		return err
	}
	var config map[string]any
	if err := yaml.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("alertmanager.yml: %w", err)
	}
	route, ok := config["route"].(map[string]any)
	receivers, also := config["receivers"].([]any)
	if !ok || !also {
		return fmt.Errorf("alertmanager.yml has no route or no receivers")
	}
	route["group_wait"], route["group_interval"] = "1s", "5s"
	for _, r := range receivers {
		receiver, ok := r.(map[string]any)
		if !ok {
			return fmt.Errorf("alertmanager.yml: a receiver is not a mapping")
		}
		receiver["webhook_configs"] = []any{map[string]any{"url": p.sink.url, "send_resolved": true}}
	}
	if text, err = yaml.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(p.file("alertmanager.yml"), text, 0o600)
}

var interval = regexp.MustCompile(`(?m)^    interval: .*$`)

// drillRules generates rules with the short windows of drill.yml, as anybody would who changes thresholds; they are
// evaluated more often, too.
func (p *picture) drillRules(ctx context.Context) (string, error) {
	out := p.file("generated")
	generate := exec.CommandContext(ctx, filepath.Join(filepath.Dir(p.program), "bot-dashboards"),
		"generate", "--out="+out, "--config="+filepath.Join(p.deploy, "stack/drill.yml"))
	if text, err := generate.CombinedOutput(); err != nil {
		return "", fmt.Errorf("generate rules: %w\n%s", err, text)
	}
	dir := filepath.Join(out, "prometheus/rules")
	files, err := filepath.Glob(filepath.Join(dir, "*.yml"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("no rules were generated in %s", dir)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(file, interval.ReplaceAll(text, []byte("    interval: "+drillInterval)), 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}
