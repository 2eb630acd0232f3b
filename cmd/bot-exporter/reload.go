package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// reload reads the configuration again while the daemon runs: on SIGHUP, and by HTTP if allowed. The zero value never
// reloads.
type reload struct {
	read   func() (exporter.Config, error) // as at the start
	apply  func(exporter.Config)           // applies settings outside the engine
	byHTTP bool
	hosts  []string // host names with dots under which HTTP may ask for it
	hangup chan os.Signal
}

// catchHangup catches SIGHUP, which would end the process otherwise, until stop is called. A signal that arrives before
// there is an engine waits for it.
func (r *reload) catchHangup() (stop func()) {
	r.hangup = make(chan os.Signal, 1)
	signal.Notify(r.hangup, syscall.SIGHUP)
	return func() { signal.Stop(r.hangup) }
}

// follow reloads on each SIGHUP until the context ends.
func (r *reload) follow(ctx context.Context, e *exporter.Engine) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.hangup:
			_ = e.Reload(r.read, r.apply) // it logs its error
		}
	}
}

// handler returns the function behind /-/reload, or nil if it is not allowed.
func (r *reload) handler(e *exporter.Engine) func() error {
	if !r.byHTTP {
		return nil
	}
	return func() error { return e.Reload(r.read, r.apply) }
}
