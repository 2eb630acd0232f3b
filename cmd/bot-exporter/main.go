// Command bot-exporter counts the events of virtual assistants from NATS JetStream, exactly once, for Prometheus.
//
// This package holds flags, wiring and exit codes. The work is done in packages exporter and collectors.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	_ "time/tzdata" // containers may have no time zones

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command runs a subcommand and returns its exit code. An error is printed and makes the code at least 1.
type command func(ctx context.Context, io stdio) (int, error)

type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// run runs the program and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	app := kingpin.New("bot-exporter",
		"Counts the events of virtual assistants from NATS JetStream, exactly once, for Prometheus.\n\n"+
			"Every flag can also be set by an environment variable: --nats.url is BOT_EXPORTER_NATS_URL.")
	app.Version(version.Print("bot-exporter"))
	app.HelpFlag.Short('h')
	app.UsageWriter(out)
	app.ErrorWriter(errOut)
	exited := -1
	app.Terminate(func(code int) { exited = code })
	app.DefaultEnvars()

	commands := map[string]command{}
	for _, add := range []func(*kingpin.Application) (string, command){
		serveCommand, healthCommand, demoCommand, simulateCommand, replayCommand, checkCommand,
		metricsCommand, checkConfigCommand, inspectCommand, verifyCommand, restoreCommand, eraseCommand, rekeyCommand,
	} {
		name, c := add(app)
		commands[name] = c
	}
	name, err := app.Parse(args)
	if exited >= 0 { // --help or --version
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "bot-exporter: %s; try --help\n", named(app, args, err))
		return 2
	}
	code, err := commands[name](ctx, stdio{in, out, errOut})
	if err != nil {
		fmt.Fprintf(errOut, "bot-exporter: %s\n", err)
		return max(code, 1)
	}
	return code
}

// named adds the flag and its value to an error of parsing, where one of the flags does not take its value: kingpin says
// only what is wrong with it.
func named(app *kingpin.Application, args []string, err error) error {
	parsed, _ := app.ParseContext(args)
	if parsed == nil {
		return err
	}
	for _, e := range parsed.Elements {
		flag, ok := e.Clause.(*kingpin.FlagClause)
		if !ok || e.Value == nil {
			continue
		}
		if m := flag.Model(); m.Value.Set(*e.Value) != nil {
			var number *strconv.NumError
			switch {
			case errors.As(err, &number):
				err = errors.New("it must be a number")
			case strings.HasPrefix(err.Error(), "time: "):
				err = errors.New("it must be a duration such as 3s or 5m")
			}
			return fmt.Errorf("--%s=%s: %w", m.Name, *e.Value, err)
		}
	}
	return err
}
