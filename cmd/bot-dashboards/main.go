// Command bot-dashboards writes the Grafana dashboards, rules and alerts of the bot exporter.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	_ "time/tzdata" // zones where the system has none

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"

	"github.com/bot-exporter/bot-exporter/dashboards"
	"github.com/bot-exporter/bot-exporter/dashboards/rules"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bot-dashboards:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	app := kingpin.New("bot-dashboards", "Grafana dashboards of the bot exporter, made from the definitions of its metrics.")
	app.Version(version.Print("bot-dashboards"))
	app.HelpFlag.Short('h')
	app.UsageWriter(out)
	cmd := app.Command("generate", "Write dashboards, rules, alerts and provisioning files.")
	dir := cmd.Flag("out", "Folder to write to, such as deploy.").Required().String()
	file := cmd.Flag("config", "YAML file with selector, folder and thresholds; see the documentation.").ExistingFile()
	selector := cmd.Flag("selector", `Matchers for all queries, such as 'namespace="bots"'.`).String()
	folder := cmd.Flag("folder", "Title of the Grafana folder.").String()
	check := cmd.Flag("check", "Write nothing; fail if a file would change.").Bool()
	if _, err := app.Parse(args); err != nil {
		return err
	}
	cfg, err := config(*file)
	if err != nil {
		return err
	}
	if *selector != "" {
		cfg.Selector = *selector
	}
	if *folder != "" {
		cfg.Folder = *folder
	}
	files, err := generate(cfg, *dir)
	if err != nil {
		return err
	}
	return write(files, *dir, *check)
}

func config(path string) (dashboards.Config, error) {
	if path == "" {
		return dashboards.Defaults(), nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return dashboards.Config{}, err
	}
	return dashboards.Load(bytes.NewReader(b))
}

func generate(cfg dashboards.Config, dir string) (dashboards.Files, error) {
	files, err := dashboards.Generate(cfg)
	if err != nil {
		return nil, err
	}
	all, err := dashboards.All(cfg)
	if err != nil {
		return nil, err
	}
	cfg.Rules.Selector, cfg.Rules.Folder, cfg.Rules.Panels = cfg.Selector, cfg.Folder, dashboards.PanelsOf(all)
	alerts, err := rules.Generate(cfg.Rules)
	if err != nil {
		return nil, err
	}
	maps.Copy(files, alerts)
	readme, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(dashboards.Readme)))
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	if table, err := dashboards.Document(readme, all); err == nil {
		files[dashboards.Readme] = table
	}
	return files, nil
}

func write(files dashboards.Files, dir string, check bool) error {
	var stale []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, files[name]) {
			continue
		}
		if check {
			stale = append(stale, fmt.Errorf("%s is not up to date", path))
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return errors.Join(stale...)
}
