// Command bench measures how fast the exporter reads a stream, beside the fastest safe consumer that only counts, on the
// same stored events and in alternation. It prints medians as Markdown. Only ratios mean anything: the machine is the
// reader's.
//
// It runs the NATS server and every reader as processes of their own, so that the CPU time of each is known.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"
)

func main() {
	app := kingpin.New("bench", "Measures the exporter against a consumer that only counts.")
	run := app.Command("run", "Run everything.").Default()
	events := run.Flag("events", "Events to store.").Default("1000000").Int()
	rounds := run.Flag("rounds", "Rounds; medians are printed.").Default("3").Int()
	exporter := run.Flag("exporter", "The bot-exporter binary.").Default("bin/bot-exporter").ExistingFile()
	state := app.Command("state", "Measure what users and open chats cost.")
	users := state.Flag("users", "Numbers of users.").Default("10000", "100000", "1000000", "10000000").Ints()
	chats := state.Flag("chats", "Numbers of open chats.").Default("10000", "100000", "1000000").Ints()
	server := app.Command("server", "The NATS server; started by run.").Hidden()
	serverDir := server.Arg("dir", "").Required().String()
	count := app.Command("count", "A consumer that only counts; started by run.").Hidden()
	countKind := count.Arg("kind", "").Required().Enum("push", "pull")
	countURL := count.Arg("url", "").Required().String()
	countEvents := count.Arg("events", "").Required().Uint64()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch kingpin.MustParse(app.Parse(os.Args[1:])) {
	case run.FullCommand():
		err = bench(ctx, *exporter, *events, *rounds)
	case state.FullCommand():
		if err = benchState(os.Stdout, "users", *users); err == nil {
			fmt.Println()
			err = benchState(os.Stdout, "chats", *chats)
		}
	case server.FullCommand():
		err = serveNATS(ctx, *serverDir)
	case count.FullCommand():
		err = countEventsOf(ctx, *countKind, *countURL, *countEvents)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, binary string, events, rounds int) error {
	dir, err := os.MkdirTemp("", "bot-exporter-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(ctx, filepath.Join(dir, "nats"))
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Fprintf(os.Stderr, "storing %d events\n", events)
	if err := store(ctx, s.url, events); err != nil {
		return err
	}
	readers := []reader{
		{"count only, push (nats.OrderedConsumer)", func() (result, error) { return s.counted(ctx, "push", events) }},
		{"count only, pull (our consumer)", func() (result, error) { return s.counted(ctx, "pull", events) }},
		{"bot-exporter, all KPIs and checkpoints", func() (result, error) { return s.exported(ctx, binary, filepath.Join(dir, "state"), events) }},
	}
	return alternate(os.Stdout, readers, events, rounds)
}
