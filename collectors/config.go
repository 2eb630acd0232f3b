package collectors

import (
	"fmt"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Config is every setting that affects the numbers.
type Config struct {
	Session session.Config

	MaxBots     int // labels
	MaxChannels int // labels
	MaxClicks   int // title and destination pairs of each bot and channel
	MaxAgents   int // agents of each bot and channel
	MaxCustom   int // custom event keys
	MaxSeries   int // samples of all metrics together; beyond, new label values become metric.Other

	IncludeTest bool // count events with env "test" like all others
}

// Defaults returns the settings that the definitions in the README assume.
func Defaults() Config {
	return Config{
		Session: session.Defaults(),
		MaxBots: 100, MaxChannels: 20, MaxClicks: 500, MaxAgents: 500, MaxCustom: 200, MaxSeries: 500_000,
	}
}

// Validate returns an error that names the first setting that cannot work.
func (c Config) Validate() error {
	s := c.Session
	for _, v := range []struct {
		name string
		n    int
	}{
		{"limits.bots", c.MaxBots}, {"limits.channels", c.MaxChannels}, {"limits.clicks", c.MaxClicks},
		{"limits.agents", c.MaxAgents}, {"limits.custom_events", c.MaxCustom}, {"limits.series", c.MaxSeries}, {"limits.devices", s.MaxDevices},
		{"limits.browsers", s.MaxBrowsers}, {"chats.max_open", s.MaxChats}, {"feedback.max_messages", s.MaxMessages},
	} {
		if v.n < 1 {
			return fmt.Errorf("%s is %d; it must be at least 1", v.name, v.n)
		}
	}
	switch {
	case c.MaxBots > 2000 || c.MaxChannels > 30:
		return fmt.Errorf("limits.bots is %d and limits.channels %d; at most 2000 and 30", c.MaxBots, c.MaxChannels)
	case s.MaxDevices > 10_000 || s.MaxBrowsers > 10_000:
		return fmt.Errorf("limits.devices and limits.browsers are at most 10000")
	case s.MaxChats > session.MaxEntries || s.MaxMessages > session.MaxEntries:
		return fmt.Errorf("chats.max_open is %d and feedback.max_messages %d; both are at most %d", s.MaxChats, s.MaxMessages, session.MaxEntries)
	case s.IdleTimeout <= 0 || s.OperatorTimeout <= 0:
		return fmt.Errorf("chats.idle_timeout is %s and chats.operator_timeout %s; both must be positive", s.IdleTimeout, s.OperatorTimeout)
	case len(s.UserSessions) > 200:
		return fmt.Errorf("chats.user_sessions has %d channels; at most 200", len(s.UserSessions))
	case s.FeedbackWindow <= 0:
		return fmt.Errorf("feedback.window is %s; it must be positive", s.FeedbackWindow)
	case s.VisitGap < time.Minute || s.VisitGap%time.Minute != 0:
		return fmt.Errorf("users.visit_gap is %s; it must be whole minutes, at least one", s.VisitGap)
	case s.MaxJump <= 0:
		return fmt.Errorf("time.max_jump is %s; it must be positive", s.MaxJump)
	case len(s.IdleTimeouts) > 200:
		return fmt.Errorf("chats.idle_timeouts has %d channels; at most 200", len(s.IdleTimeouts))
	case s.Location == nil:
		return fmt.Errorf("time.zone is not set")
	case s.DedupWindow < 0 || s.DedupMax < 0 || s.MaxPast < 0 || s.MaxFuture < 0:
		return fmt.Errorf("dedup.window, dedup.max_ids, time.max_past and time.max_future must not be negative")
	case len(s.Windows) == 0:
		return fmt.Errorf("users.windows is empty")
	}
	for channel, timeout := range s.IdleTimeouts {
		if timeout <= 0 {
			return fmt.Errorf("chats.idle_timeouts.%s is %s; it must be positive", channel, timeout)
		}
	}
	var last time.Duration
	for _, w := range s.Windows {
		if w <= last || w%time.Hour != 0 {
			return fmt.Errorf("users.windows: %s; windows are whole hours in ascending order", w)
		}
		last = w
	}
	if s.Retention < last || s.Retention%time.Hour != 0 {
		return fmt.Errorf("users.retention is %s; it must be whole hours and at least the longest window, %s", s.Retention, last)
	}
	return nil
}
