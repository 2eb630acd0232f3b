package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// watched is what systemd is told about: an engine.
type watched interface {
	Status() exporter.Status
	Healthy() bool
}

const notifyInterval = time.Second

// notifySystemd tells a service manager, if there is one, when the numbers are complete for the first time, what the
// exporter is doing, and that it is alive: asking it takes the lock that a fold that hangs would hold. It returns when
// the context ends.
func notifySystemd(ctx context.Context, w watched, log *slog.Logger) {
	send := func(state ...string) bool {
		sent, err := systemd.SdNotify(false, strings.Join(state, "\n"))
		if err != nil {
			log.Warn("service manager not notified", "err", err)
		}
		return sent || err != nil
	}
	if !send("STATUS=starting") {
		return // started by somebody else
	}
	interval := notifyInterval
	watchdog, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("watchdog of the service manager is not served", "err", err)
	}
	if watchdog > 0 {
		interval = min(interval, watchdog/2)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	ready, told := false, ""
	for {
		status := w.Status()
		var state []string
		if ok, _ := status.Ready(); ok && !ready {
			ready = true
			state = append(state, systemd.SdNotifyReady)
		}
		if text := statusText(status); text != told {
			told = text
			state = append(state, "STATUS="+text)
		}
		if watchdog > 0 && w.Healthy() {
			state = append(state, systemd.SdNotifyWatchdog)
		}
		if len(state) > 0 {
			send(state...)
		}
		select {
		case <-ctx.Done():
			send(systemd.SdNotifyStopping, "STATUS=stopping")
			return
		case <-tick.C:
		}
	}
}

// statusText is one line for systemctl status.
func statusText(s exporter.Status) string {
	switch ok, why := s.Ready(); {
	case ok:
		return fmt.Sprintf("following stream %s", s.Position.Stream)
	case s.Phase == exporter.PhaseCatchingUp:
		return fmt.Sprintf("catching up: %d messages left", s.Remaining)
	default:
		return strings.ReplaceAll(why, "\n", "; ")
	}
}
