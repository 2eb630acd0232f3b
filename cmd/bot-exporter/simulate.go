package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

func simulateCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("simulate", "Simulate the events of a shop and a bank assistant, and publish them to --nats.stream under the first of --nats.subjects. The same seed gives the same events.")
	logs, broker := addLogFlags(cmd, "info"), addNATSFlags(cmd)
	output := cmd.Flag("output", "nats publishes the events in simulated time; - prints them with their stored times, one per line.").Default("nats").Enum("nats", "-")
	seed := cmd.Flag("seed", "Random seed.").Default("1").Uint64()
	amounts := addAmountFlags(cmd)
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
		if err := errors.Join(amounts.validate(), outages.validate(amounts.rate)); err != nil {
			return 2, err
		}
		source, err := broker.source()
		if err != nil {
			return 2, err
		}
		pace := simulate.Pace{Speed: amounts.speed, Rate: amounts.rate, Limit: amounts.events}
		if pace.Subject, err = simulate.SubjectsLike(source.Subjects[0]); err != nil {
			return 2, fmt.Errorf("--nats.subjects: %w", err)
		}
		sim := simulate.New(simulate.Config{
			Seed: *seed, Start: begin, ChatsPerHour: amounts.chats, Adjust: adjust, OutageEvery: outages.every, OutageLength: outages.length,
		})
		if *output == "-" {
			return 0, printEvents(ctx, sim, pace, std.out)
		}
		log := logs.logger(std.err).Logger
		nc, err := jetstream.Connect(ctx, broker.config("bot-exporter simulate", log))
		if err != nil {
			return 1, err
		}
		defer nc.Close()
		return 0, publishEvents(ctx, sim, pace, nc, source.Stream, log)
	}
}

// amountFlags say how much traffic there is.
type amountFlags struct {
	rate, speed, chats float64
	events             int
	set                struct{ rate, events bool }
}

func addAmountFlags(c clause) *amountFlags {
	f := &amountFlags{}
	c.Flag("rate", "Events per second, evenly; without it, traffic follows day and week at --speed.").IsSetByUser(&f.set.rate).Float64Var(&f.rate)
	c.Flag("speed", "Simulated seconds per second.").Default("1").Float64Var(&f.speed)
	c.Flag("events", "How many events; without it, traffic goes on until stopped.").IsSetByUser(&f.set.events).IntVar(&f.events)
	c.Flag("chats-per-hour", "Mean number of chats begun in an hour.").Default("1200").Float64Var(&f.chats)
	return f
}

func (f *amountFlags) validate() error {
	if f.set.events && f.events <= 0 {
		return fmt.Errorf("--events=%d must be greater than 0; leave it out for traffic without end", f.events)
	}
	if f.set.rate {
		if err := positive("rate", f.rate); err != nil {
			return err
		}
	}
	return errors.Join(positive("speed", f.speed), positive("chats-per-hour", f.chats))
}

// positive returns an error unless the value of a flag is a number above 0.
func positive(flag string, v float64) error {
	if v > 0 && !math.IsInf(v, 1) {
		return nil
	}
	return fmt.Errorf("--%s=%g must be a number greater than 0", flag, v)
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

// publishEvents ends with a summary in the log. The first event is waited for: a stream that does not take it is an error
// at once, however seldom events come.
func publishEvents(ctx context.Context, sim *simulate.Simulator, pace simulate.Pace, nc *nats.Conn, stream string, log *slog.Logger) error {
	publisher, err := jetstream.NewPublisher(nc)
	if err != nil {
		return err
	}
	publisher.Stream = stream
	flush := func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		return publisher.Flush(ctx)
	}
	events, begin := 0, time.Now()
	err = sim.Publish(ctx, pace, func(m simulate.Message) error {
		if err := publisher.Publish(m.Subject, m.Event.Source+" "+m.Event.ID, m.Data); err != nil {
			return err
		}
		if events++; events == 1 {
			return flush()
		}
		return nil
	})
	if err = unlessStopped(ctx, err); err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	log.Info("published events", "stream", stream, "events", events, "took", time.Since(begin).Round(time.Millisecond))
	return nil
}

// unlessStopped returns err, or nil if it only says that the context has ended.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, ctx.Err())) {
		return nil
	}
	return err
}
