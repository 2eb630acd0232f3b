package main

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// series is what the peers count by.
type series struct{ kind, bot, channel string }

// tally is how many events there are of each series.
type tally map[series]float64

func (t tally) sum() (n float64) {
	for _, v := range t {
		n += v
	}
	return n
}

func (t tally) plus(other tally) tally {
	sum := tally{}
	for _, m := range []tally{t, other} {
		for s, v := range m {
			sum[s] += v
		}
	}
	return sum
}

// wrong returns by how many events t differs from the truth, too many and too few added up.
func (t tally) wrong(truth tally) (n float64) {
	for s := range t.plus(truth) {
		n += max(t[s]-truth[s], truth[s]-t[s])
	}
	return n
}

// store makes the stream, fills it with made-up events, and counts them.
func store(ctx context.Context, url string, events, bots int) (tally, error) {
	nc, err := nats.Connect(url)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	if _, err := jetstream.EnsureStream(ctx, nc, jetstream.StreamSettings{Name: stream, Subjects: subjects}); err != nil {
		return nil, err
	}
	truth := tally{}
	if events == 0 {
		return truth, nil
	}
	p, err := jetstream.NewPublisher(nc)
	if err != nil {
		return nil, err
	}
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Now(), Bots: fleet(bots)})
	err = sim.Publish(ctx, simulate.Pace{Rate: 1e9, Limit: events}, func(m simulate.Message) error {
		truth[series{event.DefaultTypePrefix + m.Event.Kind.String(), m.Event.Bot, m.Event.Channel}]++
		return p.Publish(m.Subject, m.Event.Source+" "+m.Event.ID, m.Data)
	})
	if err != nil {
		return nil, err
	}
	return truth, p.Flush(ctx)
}

// fleet returns n bots, of the two trades in turn.
func fleet(n int) (bots []simulate.Bot) {
	for i := range n {
		bots = append(bots, simulate.Bot{Name: fmt.Sprintf("bot-%03d", i), Role: simulate.Role(i % 2)})
	}
	return bots
}

// forget deletes all consumers, and with them the peers' positions.
func (b *bench) forget() error {
	nc, err := nats.Connect(b.url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := natsjs.New(nc)
	if err != nil {
		return err
	}
	s, err := js.Stream(b.ctx, stream)
	if err != nil {
		return err
	}
	names := s.ConsumerNames(b.ctx)
	for name := range names.Name() {
		if err := s.DeleteConsumer(b.ctx, name); err != nil {
			return err
		}
	}
	return names.Err()
}
