package jetstream

import (
	"context"
	"errors"
	"time"
)

// ensure creates the stream. Where a cluster has too few servers for it, one server must do after a while.
func (s *Source) ensure(ctx context.Context) error {
	settings := *s.opts.Create
	created, err := EnsureStream(ctx, s.nc, settings)
	if errors.Is(err, ErrFewServers) {
		if s.few.IsZero() {
			s.few = time.Now()
		}
		if time.Since(s.few) < s.timing.servers {
			return err
		}
		s.opts.Logger.Warn("creating stream on one server only", "stream", settings.Name, "err", err)
		settings.Replicas = 1
		created, err = EnsureStream(ctx, s.nc, settings)
	}
	if err == nil && created {
		s.opts.Logger.Info("created stream", "stream", settings.Name, "subjects", settings.Subjects)
	}
	return err
}
