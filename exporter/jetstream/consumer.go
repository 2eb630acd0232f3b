package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	consumerPrefix    = "bot-exporter-"
	inactiveThreshold = 30 * time.Second // after which the server deletes a consumer that nobody asks
)

// consume creates a consumer that starts right after the position, and a subscription for what it delivers.
func (s *Source) consume(ctx context.Context, seen *verified, at exporter.Position) (*puller, error) {
	// A fixed name would collide with the consumer that a killed process left behind: the server refuses another start
	// sequence, or lets two processes share the messages.
	name := consumerPrefix + rand.Text()[:10] // every message carries it, so it is short: 50 bits
	s.replace(name)
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
		nc: s.nc, timing: s.timing, stream: s.opts.Stream, consumer: name, api: s.opts.API, filter: s.filter,
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
	// While the leader of a cluster changes, requests get lost, and a long wait for the answer only delays the next one.
	// A slow cluster gets the full time at the second attempt.
	limit := s.timing.request
	if !s.slow {
		limit /= 3
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := s.js.CreateConsumer(ctx, s.opts.Stream, cfg)
	s.slow = errors.Is(err, context.DeadlineExceeded)
	if err != nil {
		p.abandon()
		return nil, err
	}
	p.pending = c.CachedInfo().NumPending
	s.opts.Leftover = ""
	return p, nil
}

// replace deletes the consumer that may be left over, which counts against limits of stream and account, and announces the
// name of the next one. It does not wait: if a limit is hit all the same, the next attempt finds the old consumer gone.
func (s *Source) replace(name string) {
	if s.opts.Leftover != "" {
		//nolint:errcheck // else the server deletes it later
		s.nc.PublishRequest(s.opts.API.subject("CONSUMER.DELETE."+s.opts.Stream+"."+s.opts.Leftover), s.nc.NewInbox(), nil)
	}
	if s.opts.Creating != nil {
		s.opts.Creating(name)
	}
}

// delivery is what the reply subject of a message says.
type delivery struct {
	streamSeq   uint64
	consumerSeq uint64
	time        int64  // stored, Unix nanoseconds
	pending     uint64 // messages of the consumer after this one
}

// Reply subjects of delivered messages:
//
//	$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
//	$JS.ACK.<domain>.<account>.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>[.<more>]
const (
	ackPrefix = "$JS.ACK."
	tokensV1  = 9
	tokensV2  = 11 // at least
)

// deliveryPrefix returns the part of a reply subject before the numbers, which all messages of a consumer share, or "" when
// it is not the reply subject of a message.
func deliveryPrefix(reply string) string {
	if !strings.HasPrefix(reply, ackPrefix) {
		return ""
	}
	n, skip := strings.Count(reply, ".")+1, 4
	switch {
	case n >= tokensV2:
		skip = 6
	case n != tokensV1:
		return ""
	}
	end := 0
	for range skip {
		end += strings.IndexByte(reply[end:], '.') + 1
	}
	return reply[:end]
}

// parseDelivery parses the numbers after the prefix. It runs for each message, so it neither splits nor allocates.
func parseDelivery(numbers string) (d delivery, ok bool) {
	var v [5]uint64
	at := 0
	for i := range v {
		start := at
		for at < len(numbers) && numbers[at] != '.' {
			c := numbers[at] - '0'
			if c > 9 || at-start >= 19 { // 19 digits always fit
				return d, false
			}
			v[i] = v[i]*10 + uint64(c)
			at++
		}
		if at == start || i < len(v)-1 && at == len(numbers) {
			return d, false
		}
		at++ // the dot
	}
	return delivery{streamSeq: v[1], consumerSeq: v[2], time: int64(v[3]), pending: v[4]}, true //nolint:gosec // 19 digits
}
