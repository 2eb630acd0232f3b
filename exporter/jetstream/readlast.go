package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Stored is a message as the stream holds it.
type Stored struct {
	Subject  string
	Sequence uint64
	Time     time.Time
	Header   map[string][]string
	Data     []byte
}

// ReadLast calls f with the last messages of a stream on subjects, at most n of them, in order, and returns at the end
// of the stream. It is for people who look at events: it keeps no position and leaves nothing behind.
func ReadLast(ctx context.Context, nc *nats.Conn, o Options, n uint64, f func(Stored)) error {
	js, err := o.API.client(nc)
	if err != nil {
		return err
	}
	if err := connected(ctx, nc, requestTimeout, o.Failed); err != nil {
		return err
	}
	stream := o.Stream
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	last := s.CachedInfo().State.LastSeq
	if last == 0 || s.CachedInfo().State.Msgs == 0 {
		return nil
	}
	c, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{
		FilterSubjects: o.Subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: last - min(last, n) + 1,
	})
	if err != nil {
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	info, err := c.Info(ctx)
	if err != nil {
		return fmt.Errorf("stream %s: %w", stream, err)
	}
	for left := info.NumPending; left > 0; {
		batch, err := c.FetchNoWait(int(min(left, 500)))
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		for m := range batch.Messages() {
			at, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("read stream %s: %w", stream, err)
			}
			f(Stored{m.Subject(), at.Sequence.Stream, at.Timestamp, m.Headers(), m.Data()})
			left = at.NumPending
		}
		if err := batch.Error(); err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
