// Command helm copies generated files into the chart, which can only use files of its own, and writes the table of
// values in the chart's README.
package main

import (
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

// run replaces the directory to by copies of the generated dashboards and rules below deploy.
func run(deploy, to string) error {
	boards, err := filepath.Glob(filepath.Join(deploy, "grafana/dashboards/*.json"))
	if err != nil {
		return err
	}
	if len(boards) == 0 {
		return fmt.Errorf("no dashboards below %s", deploy)
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	for _, board := range boards {
		if err := copyFile(board, filepath.Join(to, "dashboards", filepath.Base(board))); err != nil {
			return err
		}
	}
	return copyFile(filepath.Join(deploy, "kubernetes/prometheusrule.yaml"), filepath.Join(to, "prometheusrule.yaml"))
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}
