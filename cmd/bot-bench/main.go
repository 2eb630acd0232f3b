// Command bot-bench measures the exporter: against the fastest safe consumer that only counts, against other programs that
// count the same stream, alone, and as the state grows. It prints Markdown tables. Only ratios within a table mean
// anything: rates depend on the machine.
//
// The NATS server and every reader run as processes of their own, so that the CPU time of each is known. README.md holds
// the tables of the last full run, and how to repeat it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
)

// command is one subcommand.
type command func(context.Context) error

func main() {
	app := kingpin.New("bot-bench", "Measures the exporter. Each command prints tables in Markdown.")
	app.Flag("into", "Markdown file that gets the tables, between the marks of the command.").StringVar(&into)
	commands := map[string]command{}
	for _, add := range []func(*kingpin.Application) (string, command){
		runCommand, peersCommand, freshnessCommand, startCommand, checkpointsCommand, growCommand, profileCommand, allocsCommand,
		serverCommand, countCommand, publishCommand, bridgeCommand,
	} {
		name, run := add(app)
		commands[name] = run
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := commands[kingpin.MustParse(app.Parse(os.Args[1:]))](ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot-bench:", err)
		os.Exit(1)
	}
}
