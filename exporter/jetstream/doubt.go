package jetstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// doubt is how long the server that we are connected to has not been able to tell about the stream. One that is cut
// off from its cluster keeps its clients, and the consumers that it hosts seem alive but have nothing to deliver;
// another server may know
// better.
type doubt struct {
	nc    *nats.Conn
	mu    sync.Mutex
	since time.Time // of the first failure in a row
	seq   uint64    // position at that time
}

// note takes the outcome of a request and returns it. After some seconds of failures it leaves the server for another
// one, unless the position moved, so that the server is good for something.
func (d *doubt) note(err error, seq uint64, limit time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var mismatch *exporter.Mismatch
	switch {
	case err == nil, errors.As(err, &mismatch), errors.Is(err, exporter.ErrNoStream), errors.Is(err, ErrNotConnected),
		errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, context.Canceled):
		d.since = time.Time{}
	case d.since.IsZero(), d.seq != seq:
		d.since, d.seq = time.Now(), seq
	case time.Since(d.since) > limit && len(d.nc.Servers()) > 1:
		d.since = time.Time{}
		return errors.Join(err, d.nc.ForceReconnect())
	}
	return err
}

// open tells whether the last outcome left a doubt.
func (d *doubt) open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.since.IsZero()
}
