package jetstream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// doubt measures for how long the server that we are connected to cannot answer about the stream. A server that is cut off
// from its cluster keeps its clients, and its consumers seem alive but deliver nothing; another server may know better.
type doubt struct {
	nc       *nats.Conn
	received atomic.Uint64 // messages

	mu    sync.Mutex
	since time.Time // time of the first failure in a row
	had   uint64    // messages received by then
}

// note records the outcome of a request and returns it. When failures last longer than the limit it reconnects to another
// server, unless messages arrived meanwhile: then this one still serves us.
func (d *doubt) note(err error, limit time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var mismatch *exporter.Mismatch
	switch {
	case err == nil, errors.As(err, &mismatch), errors.Is(err, exporter.ErrNoStream), errors.Is(err, ErrNotConnected),
		errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, context.Canceled):
		d.since = time.Time{}
	case d.since.IsZero(), d.had != d.received.Load():
		d.since, d.had = time.Now(), d.received.Load()
	case time.Since(d.since) > limit && d.others():
		d.since = time.Time{}
		return errors.Join(err, d.nc.ForceReconnect())
	}
	return err
}

// others reports whether there may be another server: one name may stand for all servers of a cluster.
func (d *doubt) others() bool { return len(d.nc.Servers()) > 1 || d.nc.ConnectedClusterName() != "" }

// open reports whether the last outcome left a doubt.
func (d *doubt) open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.since.IsZero()
}
