package main

import (
	"context"
	"net"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

func bridgeCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("bridge", "What statsd_exporter needs to read a stream; started by the others.").Hidden()
	url := cmd.Arg("url", "").Required().String()
	address := cmd.Arg("address", "").Required().String()
	return cmd.FullCommand(), func(ctx context.Context) error { return bridge(ctx, *url, *address) }
}

// bridge sends a DogStatsD line for each event of the stream over TCP, in large writes, and acknowledges all events of a
// write together: the fastest durable way.
func bridge(ctx context.Context, url, address string) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := natsjs.New(nc)
	if err != nil {
		return err
	}
	consumer, err := js.CreateOrUpdateConsumer(ctx, stream, natsjs.ConsumerConfig{
		Durable: "bridge", AckPolicy: natsjs.AckAllPolicy, MaxAckPending: 100_000,
	})
	if err != nil {
		return err
	}
	messages := make(chan natsjs.Msg, 1000)
	reading, err := consumer.Consume(func(m natsjs.Msg) { messages <- m }, natsjs.PullMaxMessages(10_000))
	if err != nil {
		return err
	}
	defer reading.Stop()
	return forward(ctx, messages, &line{address: address})
}

func forward(ctx context.Context, messages <-chan natsjs.Msg, to *line) error {
	const full = 60_000
	decoder := event.NewDecoder(event.Config{})
	var e event.Event
	var last natsjs.Msg
	var text []byte
	flush := func() error {
		if len(text) == 0 {
			return nil
		}
		if err := to.send(ctx, text); err != nil {
			return err
		}
		text = text[:0]
		return last.Ack()
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			err = flush()
		case last = <-messages:
			if decoder.Decode(nil, last.Data(), &e) == nil {
				text = append(text, "bot_events:1|c|#type:"+event.DefaultTypePrefix...)
				text = append(text, e.Kind.String()...)
				text = append(text, ",bot:"...)
				text = append(text, e.Bot...)
				text = append(text, ",channel:"...)
				text = append(text, e.Channel...)
				text = append(text, '\n')
			}
			if len(text) > full {
				err = flush()
			}
		}
		if err != nil {
			return err
		}
	}
}

// line is a connection that reconnects when it breaks.
type line struct {
	address string
	conn    net.Conn
}

func (l *line) send(ctx context.Context, text []byte) error {
	for {
		if l.conn != nil {
			if _, err := l.conn.Write(text); err == nil {
				return nil
			}
			_ = l.conn.Close()
		}
		var err error
		var d net.Dialer
		if l.conn, err = d.DialContext(ctx, "tcp", l.address); err != nil {
			l.conn = nil
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}
