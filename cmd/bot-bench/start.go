package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

func startCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("start", "How long the exporter takes from the start of its process until it is ready.")
	rounds := cmd.Flag("rounds", "Starts.").Default("10").Int()
	binary := exporterFlag(cmd)
	return cmd.FullCommand(), func(ctx context.Context) error {
		b, err := newBench(ctx, 0, 0)
		if err != nil {
			return err
		}
		defer b.close()
		now := noteConditions(ctx)
		var lines []string
		for _, kind := range []struct {
			name  string
			flags []string
		}{
			{"empty stream", nil},
			{"empty storage, NATS server within", []string{"--nats.embedded", "--nats.embedded.address=127.0.0.1:0"}},
		} {
			var took []float64
			for range *rounds {
				t, err := b.ready(*binary, kind.flags)
				if err != nil {
					return err
				}
				took = append(took, ms(t))
			}
			lines = append(lines, fmt.Sprintf("| %s | %.0f | %.0f |\n", kind.name, quantile(took, 0.5), quantile(took, 1)))
		}
		return output("start", fmt.Sprintf("From the start of the process until /-/ready says so, %d times. %s\n\n"+
			"| start with | median ms | longest ms |\n| --- | --- | --- |\n%s", *rounds, now, strings.Join(lines, "")))
	}
}

// ready starts the exporter with new storage and returns after how long it was ready.
func (b *bench) ready(binary string, flags []string) (time.Duration, error) {
	storage := filepath.Join(b.dir, "state")
	defer os.RemoveAll(storage)
	p := b.exporter(binary, storage, flags...)
	start := time.Now()
	if err := p.start(); err != nil {
		return 0, err
	}
	defer p.kill()
	for p.page("/-/ready") == "" {
		if err := p.pause(b.ctx, 2*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
