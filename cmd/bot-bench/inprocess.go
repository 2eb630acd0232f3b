package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// engine is an exporter within this process that follows the stream of the server outside.
type engine struct {
	*exporter.Engine
	nc    *nats.Conn
	store exporter.Store
	stop  context.CancelFunc
	ended chan error
}

func (b *bench) engine(ctx context.Context) (*engine, error) {
	store, err := storage.Open(storage.Config{Dir: filepath.Join(b.dir, "state")})
	if err != nil {
		return nil, err
	}
	nc, err := jetstream.Connect(ctx, jetstream.Config{URLs: []string{b.url}})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	e := &engine{nc: nc, store: store, ended: make(chan error, 1)}
	source, err := jetstream.NewSource(nc, jetstream.Options{Stream: stream, Subjects: subjects})
	if err == nil {
		e.Engine, err = exporter.New(exporter.Defaults(), store, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		nc.Close()
		return nil, errors.Join(err, store.Close())
	}
	ctx, e.stop = context.WithCancel(ctx)
	go func() { e.ended <- e.Run(ctx, source) }()
	return e, nil
}

func (e *engine) close() error {
	e.stop()
	err := <-e.ended
	e.nc.Close()
	return errors.Join(err, e.store.Close())
}

// reaches waits until so many messages are applied.
func (e *engine) reaches(ctx context.Context, seq uint64) error {
	for {
		if s := e.Status(); s.CaughtUp && s.Position.Seq >= seq {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-e.ended:
			return errors.Join(errors.New("the engine has ended"), err)
		case <-time.After(time.Millisecond):
		}
	}
}
