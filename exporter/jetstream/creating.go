package jetstream

import (
	"context"
	"errors"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// Tended is a Source that looks after its stream when it is opened: it creates one that is missing, if it may, and
// tells what is wrong with the settings of the one that is there.
type Tended struct {
	*Source
	nc     *nats.Conn
	create *StreamSettings
	advise func([]Advice)
	log    *slog.Logger
}

// Tend returns a Source that creates the stream with the given settings, unless they are nil, and passes advice on it
// to advise.
func Tend(s *Source, create *StreamSettings, advise func([]Advice), log *slog.Logger) *Tended {
	return &Tended{s, s.nc, create, advise, log}
}

// Open opens the source. A stream that the position knows and that is gone is not created again: it would be another
// one, and its messages are lost.
func (t *Tended) Open(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	info, err := t.Source.Open(ctx, at)
	if errors.Is(err, exporter.ErrNoStream) && t.create != nil && at.Created.IsZero() {
		created, createErr := EnsureStream(ctx, t.nc, *t.create)
		if createErr != nil {
			return info, createErr
		}
		if created {
			t.log.Info("created stream", "stream", t.create.Name, "subjects", t.create.Subjects)
		}
		info, err = t.Source.Open(ctx, at)
	}
	if err != nil {
		return info, err
	}
	advice, err := Inspect(ctx, t.nc, info.Name)
	if err != nil {
		return info, err
	}
	t.advise(advice)
	return info, nil
}
