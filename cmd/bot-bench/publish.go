package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// publish runs a child that publishes events, and returns when it handed each of them to the client library, in Unix
// nanoseconds.
func (b *bench) publish(rate float64, events int) ([]int64, error) {
	var out bytes.Buffer
	p := b.child("publish", b.url, strconv.FormatFloat(rate, 'f', -1, 64), strconv.Itoa(events))
	p.Stdout = &out
	if err := p.start(); err != nil {
		return nil, err
	}
	<-p.ended
	if !p.ProcessState.Success() {
		return nil, errors.New("publish: " + p.ProcessState.String())
	}
	times := make([]int64, events)
	return times, binary.Read(&out, binary.LittleEndian, times)
}

func publishCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("publish", "A publisher of made-up events; started by the others.").Hidden()
	url := cmd.Arg("url", "").Required().String()
	rate := cmd.Arg("rate", "").Required().Float64()
	events := cmd.Arg("events", "").Required().Int()
	return cmd.FullCommand(), func(ctx context.Context) error { return publishEvents(ctx, *url, *rate, *events) }
}

// publishEvents is that child.
func publishEvents(ctx context.Context, url string, rate float64, events int) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	p, err := jetstream.NewPublisher(nc)
	if err != nil {
		return err
	}
	times := make([]int64, 0, events)
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Now()})
	err = sim.Publish(ctx, simulate.Pace{Rate: rate, Limit: events}, func(m simulate.Message) error {
		times = append(times, time.Now().UnixNano())
		return p.Publish(m.Subject, m.Event.Source+" "+m.Event.ID, m.Data)
	})
	if err == nil {
		err = p.Flush(ctx)
	}
	if err != nil {
		return err
	}
	return binary.Write(os.Stdout, binary.LittleEndian, times)
}
