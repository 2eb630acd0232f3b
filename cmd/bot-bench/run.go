package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kingpin/v2"
)

func runCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("run", "The exporter beside consumers that only count.").Default()
	events := cmd.Flag("events", "Events to store.").Default("1000000").Int()
	rounds := cmd.Flag("rounds", "Rounds; medians are printed.").Default("3").Int()
	binary := exporterFlag(cmd)
	return cmd.FullCommand(), func(ctx context.Context) error {
		b, err := newBench(ctx, *events, 2)
		if err != nil {
			return err
		}
		defer b.close()
		now := noteConditions(ctx)
		results, err := alternate(limitsAnd(b, *binary), *events, *rounds)
		if err != nil {
			return err
		}
		return output("run", limitsTable(now, limitsAnd(b, *binary), results, *events))
	}
}

func exporterFlag(cmd *kingpin.CmdClause) *string {
	return cmd.Flag("exporter", "The bot-exporter binary.").Default("bin/bot-exporter").ExistingFile()
}

// limitsAnd are the two consumers that only count, and the exporter.
func limitsAnd(b *bench, binary string) []reader {
	return []reader{
		{"count only, push (nats.OrderedConsumer)", b.counted("push")},
		{"count only, pull (our consumer)", b.counted("pull")},
		{"bot-exporter, all KPIs and checkpoints", b.exported(binary)},
	}
}

func limitsTable(now *conditions, readers []reader, results [][]result, events int) string {
	w := &strings.Builder{}
	base := limit(results[:2], events)
	fmt.Fprintf(w, "%d events, %d rounds, medians. %s\n\n", events, len(results[0]), now)
	fmt.Fprintln(w, "| reader | events/s | of limit | client CPU s/M | of limit | server CPU s/M | peak MiB |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- |")
	for i, r := range readers {
		m := medians(results[i], events)
		fmt.Fprintf(w, "| %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.0f |\n",
			r.name, m.rate, m.rate/base.rate, m.client, m.client/base.client, m.server, m.mib)
	}
	return w.String()
}

// limit is the faster one of those that only count.
func limit(results [][]result, events int) (base figures) {
	for _, list := range results {
		if m := medians(list, events); m.rate > base.rate {
			base = m
		}
	}
	return base
}
