package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Publisher stores messages in a stream, many at a time. Not safe for concurrent use.
type Publisher struct {
	Stream string // that must store the messages; any when empty

	js     jetstream.JetStream
	failed chan error
}

const maxUnacknowledged = 4096

// NewPublisher returns a Publisher over the connection, which stays the caller's.
func NewPublisher(nc *nats.Conn) (*Publisher, error) {
	p := &Publisher{failed: make(chan error, 1)}
	js, err := jetstream.New(nc,
		jetstream.WithDefaultTimeout(requestTimeout),
		jetstream.WithPublishAsyncMaxPending(maxUnacknowledged),
		jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, _ *nats.Msg, err error) {
			select {
			case p.failed <- err:
			default:
			}
		}))
	p.js = js
	return p, err
}

// Publish sends a message without waiting for the server to store it. id is made of the CloudEvents source and id, and lets
// the server drop a second copy within its duplicate window. The error may be that of an earlier message.
func (p *Publisher) Publish(subject, id string, data []byte) error {
	select {
	case err := <-p.failed:
		return p.explained(err)
	default:
	}
	opts := []jetstream.PublishOpt{jetstream.WithMsgID(id), jetstream.WithStallWait(10 * time.Second)}
	if p.Stream != "" {
		opts = append(opts, jetstream.WithExpectStream(p.Stream))
	}
	_, err := p.js.PublishAsync(subject, data, opts...)
	switch nc := p.js.Conn(); {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrHeadersNotSupported) && !nc.IsConnected(): // what a client that was never connected says
		return notConnected(nc, nil)
	}
	return fmt.Errorf("publish: %w", err)
}

// explained says what to do about a message that the server did not store.
func (p *Publisher) explained(err error) error {
	var refused *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrNoStreamResponse):
		return fmt.Errorf("publish: no stream stores the subject; create one, or set --nats.subjects: %w", err)
	case errors.As(err, &refused) && refused.ErrorCode == codeOtherStream:
		return fmt.Errorf("publish: another stream than %s stores the subject; set --nats.stream or --nats.subjects: %w", p.Stream, err)
	}
	return fmt.Errorf("publish: %w", err)
}

// Flush waits until the server has stored everything that was published.
func (p *Publisher) Flush(ctx context.Context) error {
	select {
	case <-p.js.PublishAsyncComplete():
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-p.failed:
		return p.explained(err)
	default:
		return nil
	}
}
