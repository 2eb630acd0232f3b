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

// statusSource is the part of an engine that systemd hears about.
type statusSource interface {
	Status() exporter.Status
	Healthy() bool
}

const notifyInterval = time.Second

// notifySystemd tells the service manager, if any, when the exporter is first ready, what it is doing, and that it is
// alive. Reading the status needs the lock that a hung fold would hold, so the watchdog notices. It returns when the
// context ends.
func notifySystemd(ctx context.Context, w statusSource, log *slog.Logger) {
	send := func(state ...string) bool {
		sent, err := systemd.SdNotify(false, strings.Join(state, "\n"))
		if err != nil {
			log.Warn("cannot notify service manager", "err", err)
		}
		return sent || err != nil
	}
	if !send("STATUS=starting") {
		return // no service manager
	}
	interval := notifyInterval
	watchdog, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("cannot serve watchdog of service manager", "err", err)
	}
	if watchdog > 0 {
		interval = min(interval, watchdog/2)
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	ready, lastText := false, ""
	for {
		status := w.Status()
		var state []string
		if ok, _ := status.Ready(); ok && !ready {
			ready = true
			state = append(state, systemd.SdNotifyReady)
		}
		if text := statusText(status); text != lastText {
			lastText = text
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

// statusText returns one line for systemctl status.
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
