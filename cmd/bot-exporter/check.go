package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/collectors/event/explain"
	"github.com/bot-exporter/bot-exporter/exporter/eventfile"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
)

func checkCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("check", "Check events against the contract, from a file or the stream. Exit code 1 when any is rejected.")
	fold, broker := addFoldFlags(cmd), addNATSFlags(cmd)
	files := cmd.Arg("file", "File of events: one in each line, pretty-printed, or in arrays. - is standard input.").Strings() // none, or one: - is an empty one
	live := cmd.Flag("nats", "Read the stream instead of a file.").Bool()
	last := cmd.Flag("last", "With --nats: how many messages to read, counted from the end of the stream.").Default("1000").Uint64()
	strict := cmd.Flag("strict", "Exit code 1 for hints, too.").Bool()
	return cmd.FullCommand(), func(ctx context.Context, std stdio) (int, error) {
		cfg, err := fold.config()
		source, wrong := broker.source()
		switch err = errors.Join(err, wrong); {
		case err != nil:
			return 2, err
		case *live && len(*files) > 0 || !*live && len(*files) != 1:
			return 2, errors.New("give one file, - for standard input, or --nats")
		}
		c := &checker{explain.New(cfg.Events), std.out, 0, 0, 0}
		if *live {
			err = c.stream(ctx, broker.config("bot-exporter-check", nil), source, *last)
		} else {
			err = withInput((*files)[0], std.in, c.file)
		}
		if err != nil {
			return 1, err
		}
		fmt.Fprintf(std.err, "%d events, %d rejected, %d hints\n", c.events, c.rejected, c.hints)
		if c.rejected > 0 || *strict && c.hints > 0 {
			return 1, nil
		}
		return 0, nil
	}
}

// checker prints what there is to say about messages, and counts.
type checker struct {
	*explain.Explainer
	out                     io.Writer
	events, rejected, hints int
}

func (c *checker) file(r io.Reader) error {
	return eventfile.Read(r, func(m eventfile.Message) error {
		c.message(fmt.Sprintf("line %d", m.Line), m.Header, m.Payload)
		return nil
	})
}

func (c *checker) stream(ctx context.Context, to jetstream.Config, from jetstream.Options, last uint64) error {
	from.Failed = &jetstream.LastError{}
	to.Observer.Failed = from.Failed.Set
	nc, err := jetstream.Connect(ctx, to)
	if err != nil {
		return err
	}
	defer nc.Close()
	return jetstream.ReadLast(ctx, nc, from, last, func(m jetstream.Stored) {
		c.message(fmt.Sprintf("message %d on %s", m.Sequence, m.Subject), m.Header, m.Data)
	})
}

func (c *checker) message(where string, header map[string][]string, payload []byte) {
	_, findings := c.Message(where, header, payload)
	c.events++
	for _, f := range findings {
		if f.Reason != 0 {
			c.rejected++
		} else {
			c.hints++
		}
		fmt.Fprintf(c.out, "%s: %s\n", where, f)
	}
}
