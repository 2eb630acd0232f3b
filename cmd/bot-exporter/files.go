package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

func replayCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("replay", "Count a file of events, one CloudEvent per line, and print the KPIs as /metrics would show them.")
	fold := addFoldFlags(cmd)
	file := cmd.Arg("file", "File with events; - is standard input.").Required().String()
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		cfg, err := fold.config()
		if err != nil {
			return 2, err
		}
		var result exporter.Replayed
		err = withInput(*file, std.in, func(r io.Reader) error {
			result, err = exporter.Replay(cfg, r, std.out)
			return err
		})
		if err != nil {
			return 1, err
		}
		rejected := uint64(0)
		for _, n := range result.Rejected {
			rejected += n
		}
		fmt.Fprintf(std.err, "%d messages, %d rejected\n", result.Lines, rejected)
		reasons := make([]event.Reason, 0, len(result.Rejected))
		for r := range result.Rejected {
			reasons = append(reasons, r)
		}
		slices.Sort(reasons)
		for _, r := range reasons {
			fmt.Fprintf(std.err, "  %s: %d\n", r, result.Rejected[r])
		}
		return 0, nil
	}
}

func metricsCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("metrics", "Print a Markdown table of all metrics.")
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		return 0, expose.WriteCatalogue(std.out)
	}
}

func checkConfigCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("check-config", "Check the configuration and print every setting in force.")
	fold, live := addFoldFlags(cmd), addLiveFlags(cmd, addLogFlags(cmd, "info"))
	format := cmd.Flag("format", "yaml prints every setting, with comments. json prints the settings that affect the numbers, as checkpoints store them.").Default("yaml").Enum("yaml", "json")
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		cfg, err := live.config(fold)
		if err != nil {
			return 1, err
		}
		if *format == "json" {
			_, err = fmt.Fprintln(std.out, cfg.Fingerprint())
		} else {
			err = cfg.WriteYAML(std.out)
		}
		return 0, err
	}
}

// withInput calls f with a file, or with standard input for -, which kingpin turns into an empty argument.
func withInput(name string, in io.Reader, f func(io.Reader) error) error {
	if name == "-" || name == "" {
		return f(in)
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return f(file)
}
