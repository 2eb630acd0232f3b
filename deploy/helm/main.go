// Command helm copies what is generated elsewhere below deploy into the chart, as a chart can only use files within it,
// and lists the values of the chart in its README.
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

// run replaces the folder to by copies of the generated dashboards and rules below deploy. The dashboards lose their white
// space, as there are limits to an object of a cluster and to what Helm keeps of a release.
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
