package jetstream

import (
	"context"
	"errors"
	"time"
)

// ensure creates the stream. Where a cluster has too few servers for it, one server must do after a while.
func (s *Source) ensure(ctx context.Context) error {
	settings := *s.opts.Create
	settings.API = s.opts.API
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
	if err != nil || !created {
		return err
	}
	domain := s.domain(ctx)
	s.opts.Logger.Info("created stream", "stream", settings.Name, "subjects", settings.Subjects, "domain", domain)
	if domain != "" && s.opts.API == (API{}) {
		s.opts.Logger.Warn("created stream in the domain of the server connected to; if the events go to another one, delete the stream and set --nats.jetstream-domain",
			"stream", settings.Name, "domain", domain)
	}
	return nil
}

// domain returns the JetStream domain that a stream is created in, or "" when there is none or it is not known.
func (s *Source) domain(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, s.timing.request)
	defer cancel()
	account, err := s.js.AccountInfo(ctx)
	if err != nil {
		return s.opts.API.Domain
	}
	return account.Domain
}
