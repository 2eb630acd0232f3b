package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// Tended is a Source that looks after its stream: it creates one that is missing, if it may, and tells at each look what
// is wrong with the one that is there.
type Tended struct {
	*Source
	create *StreamSettings
	report func(Report)
	log    *slog.Logger
	refuse time.Time // when the cluster first had too few servers
}

// Tend returns a Source that creates the stream with the given settings, unless they are nil, and passes to report what
// it finds at each Open and Check.
func Tend(s *Source, create *StreamSettings, report func(Report), log *slog.Logger) *Tended {
	return &Tended{Source: s, create: create, report: report, log: log}
}

// Open opens the source. A stream that the position knows and that is gone is not created again: it would be another
// one, and its messages are lost.
func (t *Tended) Open(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	info, err := t.Source.Open(ctx, at)
	if errors.Is(err, exporter.ErrNoStream) && t.create != nil && at.Created.IsZero() {
		if err := t.ensure(ctx); err != nil {
			return info, err
		}
		info, err = t.Source.Open(ctx, at)
	}
	if err != nil {
		return info, err
	}
	return info, t.look(ctx, at)
}

// ensure creates the stream. Where a cluster has too few servers for it, one server must do after a while.
func (t *Tended) ensure(ctx context.Context) error {
	settings := *t.create
	created, err := EnsureStream(ctx, t.nc, settings)
	if errors.Is(err, ErrFewServers) {
		if t.refuse.IsZero() {
			t.refuse = time.Now()
		}
		if time.Since(t.refuse) < t.timing.servers {
			return err
		}
		t.log.Warn("create stream on one server only", "stream", settings.Name, "err", err)
		settings.Replicas = 1
		created, err = EnsureStream(ctx, t.nc, settings)
	}
	if err == nil && created {
		t.log.Info("created stream", "stream", settings.Name, "subjects", settings.Subjects)
	}
	return err
}

// Check checks the stream, and looks at it: it may be edited at any time.
func (t *Tended) Check(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	info, err := t.Source.Check(ctx, at)
	if err != nil {
		return info, err
	}
	return info, t.look(ctx, at)
}

func (t *Tended) look(ctx context.Context, at exporter.Position) error {
	r, err := t.Source.Look(ctx, at)
	if err != nil {
		return err
	}
	for _, e := range r.Edits {
		t.log.Warn("stream was edited", "stream", t.stream, "setting", e.Setting, "was", e.Was, "is", e.Is)
	}
	t.report(r)
	return nil
}
