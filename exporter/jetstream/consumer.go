package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	consumerPrefix    = "bot-exporter-"
	inactiveThreshold = 2 * time.Minute // after which the server deletes a consumer that nobody asks
)

// consume creates a consumer that starts right after the position, and a subscription for what it delivers.
func (s *Source) consume(ctx context.Context, seen *verified, at exporter.Position) (*puller, error) {
	// A fixed name would meet the consumer that a killed process left behind: the server refuses another start
	// sequence, or lets two processes share the messages.
	name := consumerPrefix + rand.Text()
	cfg := jetstream.ConsumerConfig{
		Name:              name,
		Description:       "reads the stream for the bot exporter",
		AckPolicy:         jetstream.AckNonePolicy,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       at.Seq + 1,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: inactiveThreshold,
	}
	if most := seen.Config.ConsumerLimits.InactiveThreshold; most > 0 {
		cfg.InactiveThreshold = min(cfg.InactiveThreshold, most)
	}
	switch len(seen.inForce) {
	case 0:
	case 1:
		cfg.FilterSubject = seen.inForce[0]
	default:
		cfg.FilterSubjects = seen.inForce
	}
	p := &puller{
		nc: s.nc, timing: s.timing, stream: s.stream, consumer: name, filter: s.filter,
		inbox:   s.nc.NewInbox(),
		ch:      make(chan *nats.Msg, channelSize),
		lastSeq: at.Seq,
		idle:    time.NewTimer(time.Hour),
	}
	if len(seen.inForce) > 0 {
		p.filter = nil // the server filters
	}
	var err error
	if p.sub, err = s.nc.ChanSubscribe(p.inbox+".*", p.ch); err != nil {
		return nil, err
	}
	p.down = s.nc.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	// While the leader of a cluster changes, requests get lost, and to wait long for their answer only delays the next
	// one. A cluster that is slow gets the time at the second try.
	limit := s.timing.request
	if !s.slow {
		limit /= 3
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := s.js.CreateConsumer(ctx, s.stream, cfg)
	s.slow = errors.Is(err, context.DeadlineExceeded)
	if err != nil {
		p.abandon()
		return nil, err
	}
	p.pending = c.CachedInfo().NumPending
	return p, nil
}
