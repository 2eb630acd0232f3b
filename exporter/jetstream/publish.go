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

// Publish sends a message without waiting for the server to store it. id, the CloudEvents source and id together,
// lets the server drop a second copy within its duplicate window. The error may be that of an earlier message.
func (p *Publisher) Publish(subject, id string, data []byte) error {
	select {
	case err := <-p.failed:
		return fmt.Errorf("publish: %w", err)
	default:
	}
	_, err := p.js.PublishAsync(subject, data, jetstream.WithMsgID(id), jetstream.WithStallWait(10*time.Second))
	switch nc := p.js.Conn(); {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrHeadersNotSupported) && !nc.IsConnected(): // what a client that was never connected says
		return errors.Join(ErrNotConnected, nc.LastError())
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
		return fmt.Errorf("publish: %w", err)
	default:
		return nil
	}
}
