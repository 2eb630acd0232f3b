package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

func simulateCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("simulate", "Simulate the events of a shop and a bank assistant. The same seed gives the same events.")
	logs, broker := addLogFlags(cmd, "info"), addNATSFlags(cmd)
	output := cmd.Flag("output", "nats publishes the events in simulated time; - prints them with their stored times, one per line.").Default("nats").Enum("nats", "-")
	seed := cmd.Flag("seed", "Random seed.").Default("1").Uint64()
	rate := cmd.Flag("rate", "Events per second, evenly spaced. 0 follows the hours of the day and week at --speed.").Default("0").Float64()
	speed := cmd.Flag("speed", "Simulated seconds per real second.").Default("1").Float64()
	events := cmd.Flag("events", "Number of events; 0 means no limit.").Default("0").Int()
	chats := cmd.Flag("chats-per-hour", "Mean number of chats started per hour.").Default("1200").Float64()
	start := cmd.Flag("start", "Start of the simulated time, RFC 3339. Empty means now.").String()
	outages, behavior := addOutageFlags(cmd), addBehaviorFlags(cmd)
	return cmd.FullCommand(), func(ctx context.Context, std stdio) (int, error) {
		begin := time.Now()
		if *start != "" {
			var err error
			if begin, err = time.Parse(time.RFC3339, *start); err != nil {
				return 2, fmt.Errorf("--start=%s is not an RFC 3339 time, such as 2026-01-31T09:00:00Z", *start)
			}
		}
		adjust, err := behavior.adjust()
		if err != nil {
			return 2, err
		}
		if err := outages.validate(*rate); err != nil {
			return 2, err
		}
		sim := simulate.New(simulate.Config{
			Seed: *seed, Start: begin, ChatsPerHour: *chats, Adjust: adjust, OutageEvery: outages.every, OutageLength: outages.length,
		})
		pace := simulate.Pace{Speed: *speed, Rate: *rate, Limit: *events}
		if *output == "-" {
			return 0, printEvents(ctx, sim, pace, std.out)
		}
		log := logs.logger(std.err).Logger
		nc, err := jetstream.Connect(ctx, broker.config("bot-exporter simulate", log))
		if err != nil {
			return 1, err
		}
		defer nc.Close()
		return 0, publishEvents(ctx, sim, pace, nc, log)
	}
}

// outageFlags delay events.
type outageFlags struct {
	every, length time.Duration
}

func addOutageFlags(c clause) *outageFlags {
	f := &outageFlags{}
	c.Flag("outage-every", "Simulated time from the start of one outage to the start of the next, such as 6h; needs --outage-length. Events of an outage are stored at its end, with their own event times. 0 means no outages.").Default("0s").DurationVar(&f.every)
	c.Flag("outage-length", "Length of each outage in simulated time, such as 20m; shorter than --outage-every.").Default("0s").DurationVar(&f.length)
	return f
}

func (f *outageFlags) validate(rate float64) error {
	switch {
	case f.every < 0 || f.length < 0:
		return fmt.Errorf("--outage-every=%v and --outage-length=%v must not be negative", f.every, f.length)
	case f.every == 0 && f.length == 0:
		return nil
	case f.every == 0 || f.length == 0:
		return errors.New("--outage-every and --outage-length need each other; give both or neither")
	case f.length >= f.every:
		return fmt.Errorf("--outage-length=%v must be shorter than --outage-every=%v", f.length, f.every)
	case rate > 0:
		return errors.New("--outage-every does not work with --rate, which publishes evenly; use --speed or --chats-per-hour for more traffic")
	}
	return nil
}

// behaviorFlags change how all bots and their users behave.
type behaviorFlags struct {
	handover, csat       float64
	handoverSet, csatSet bool
}

func addBehaviorFlags(c clause) *behaviorFlags {
	f := &behaviorFlags{}
	c.Flag("handover-share", "Share of chats in which the user asks for a human, 0 to 1; about 0.13 by default.").IsSetByUser(&f.handoverSet).Float64Var(&f.handover)
	c.Flag("csat-mean", "Mean CSAT vote, 1 to 5; about 4 by default.").IsSetByUser(&f.csatSet).Float64Var(&f.csat)
	return f
}

func (f *behaviorFlags) adjust() (func(time.Time, string, string, *simulate.Behavior), error) {
	if f.handoverSet && (f.handover < 0 || f.handover > 1) {
		return nil, fmt.Errorf("--handover-share=%g is not between 0 and 1", f.handover)
	}
	if f.csatSet && (f.csat < 1 || f.csat > 5) {
		return nil, fmt.Errorf("--csat-mean=%g is not between 1 and 5", f.csat)
	}
	return func(_ time.Time, _, _ string, b *simulate.Behavior) {
		if f.handoverSet {
			b.HandoverShare = f.handover
		}
		if f.csatSet {
			b.CSATMean = f.csat
		}
	}, nil
}

// printEvents prints at the rate, or as fast as possible without one.
func printEvents(ctx context.Context, sim *simulate.Simulator, pace simulate.Pace, w io.Writer) error {
	if pace.Rate <= 0 {
		n := pace.Limit
		if n <= 0 {
			n = -1
		}
		return sim.NDJSON(w, n)
	}
	out := bufio.NewWriter(w)
	err := sim.Publish(ctx, pace, func(m simulate.Message) error {
		_, _ = out.Write(append(m.Data, '\n'))
		return out.Flush()
	})
	return unlessStopped(ctx, err)
}

func publishEvents(ctx context.Context, sim *simulate.Simulator, pace simulate.Pace, nc *nats.Conn, log *slog.Logger) error {
	publisher, err := jetstream.NewPublisher(nc)
	if err != nil {
		return err
	}
	err = sim.Publish(ctx, pace, func(m simulate.Message) error {
		return publisher.Publish(m.Subject, m.Event.Source+" "+m.Event.ID, m.Data)
	})
	if err = unlessStopped(ctx, err); err != nil {
		return err
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	log.Debug("waiting for last acks")
	return publisher.Flush(flush)
}

// unlessStopped returns err, or nil if it only says that the context has ended.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err())) {
		return nil
	}
	return err
}
