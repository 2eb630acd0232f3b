package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// reload is how the configuration file is read again while the daemon runs: on SIGHUP, and by HTTP where that is
// allowed. The zero value never does.
type reload struct {
	read   func() (exporter.Config, error) // as at the start
	apply  func(exporter.Config)           // what concerns the program and not the engine
	byHTTP bool
	hosts  []string // names under which that may be asked for, beside those that are always ours
	hangup chan os.Signal
}

// hangups catches SIGHUP from now on, which would end the process otherwise; one that comes before there is an engine
// waits for it. The function returned ends that.
func (r *reload) hangups() (stop func()) {
	r.hangup = make(chan os.Signal, 1)
	signal.Notify(r.hangup, syscall.SIGHUP)
	return func() { signal.Stop(r.hangup) }
}

// follow returns when the context ends.
func (r *reload) follow(ctx context.Context, e *exporter.Engine) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.hangup:
			_ = e.Reload(r.read, r.apply) // logged there
		}
	}
}

// handler returns what /-/reload does, nil when that is not allowed.
func (r *reload) handler(e *exporter.Engine) func() error {
	if !r.byHTTP {
		return nil
	}
	return func() error { return e.Reload(r.read, r.apply) }
}
