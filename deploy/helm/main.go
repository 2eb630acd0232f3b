// Command helm copies generated files into the chart, which can only use files of its own, and writes the table of
// values in the chart's README.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run .

const files = "bot-exporter/files"

func main() {
	err := run("..", files)
	if err == nil {
		err = table("bot-exporter/values.yaml", "bot-exporter/README.md")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "helm:", err)
		os.Exit(1)
	}
}

// run replaces the directory to by copies of the generated dashboards and rules below deploy. Dashboards lose their white
// space: objects in a cluster, and what Helm stores of a release, have a maximum size.
func run(deploy, to string) error {
	boards, err := filepath.Glob(filepath.Join(deploy, "grafana/dashboards/*.json"))
	if err != nil {
		return err
	}
	if len(boards) == 0 {
		return fmt.Errorf("no dashboards below %s", deploy)
	}
	rules, err := os.ReadFile(filepath.Join(deploy, "kubernetes/prometheusrule.yaml"))
	if err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(to, "dashboards"), 0o755); err != nil {
		return err
	}
	for _, board := range boards {
		b, err := os.ReadFile(board)
		if err != nil {
			return err
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, b); err != nil {
			return fmt.Errorf("%s: %w", board, err)
		}
		if err := os.WriteFile(filepath.Join(to, "dashboards", filepath.Base(board)), compact.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(to, "prometheusrule.yaml"), rules, 0o644)
}
