package collectors

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"limits.bots":               func(c *Config) { c.MaxBots = 0 },
		"limits.bots is 2001":       func(c *Config) { c.MaxBots = 2001 },
		"limits.channels":           func(c *Config) { c.MaxChannels = 31 },
		"limits.clicks":             func(c *Config) { c.MaxClicks = 0 },
		"limits.agents":             func(c *Config) { c.MaxAgents = -1 },
		"limits.series":             func(c *Config) { c.MaxSeries = 0 },
		"limits.custom_events":      func(c *Config) { c.MaxCustom = 0 },
		"limits.devices":            func(c *Config) { c.Session.MaxDevices = 0 },
		"limits.browsers":           func(c *Config) { c.Session.MaxBrowsers = 10_001 },
		"chats.max_open":            func(c *Config) { c.Session.MaxChats = 0 },
		"chats.max_open is 167":     func(c *Config) { c.Session.MaxChats = 1 << 24 },
		"feedback.max_messages":     func(c *Config) { c.Session.MaxMessages = 0 },
		"feedback.max_messages 167": func(c *Config) { c.Session.MaxMessages = 1 << 24 },
		"feedback.window":           func(c *Config) { c.Session.FeedbackWindow = 0 },
		"chats.operator_timeout":    func(c *Config) { c.Session.OperatorTimeout = -1 },
		"chats.user_sessions":       func(c *Config) { c.Session.UserSessions = make([]string, 201) },
		"users.visit_gap is 30s":    func(c *Config) { c.Session.VisitGap = 30 * time.Second },
		"users.visit_gap is 1m30s":  func(c *Config) { c.Session.VisitGap = 90 * time.Second },
		"time.max_jump":             func(c *Config) { c.Session.MaxJump = 0 },
		"chats.idle_timeout":        func(c *Config) { c.Session.IdleTimeout = 0 },
		"chats.idle_timeouts.web":   func(c *Config) { c.Session.IdleTimeouts = map[string]time.Duration{"web": -1} },
		"chats.idle_timeouts has 300": func(c *Config) {
			c.Session.IdleTimeouts = map[string]time.Duration{}
			for i := range 300 {
				c.Session.IdleTimeouts[fmt.Sprint(i)] = time.Duration(i + 1)
			}
		},
		"time.zone":                func(c *Config) { c.Session.Location = nil },
		"dedup.window":             func(c *Config) { c.Session.DedupWindow = -1 },
		"time.max_future":          func(c *Config) { c.Session.MaxFuture = -1 },
		"users.windows is empty":   func(c *Config) { c.Session.Windows = nil },
		"users.windows: 1h0m1s":    func(c *Config) { c.Session.Windows = []time.Duration{time.Hour + time.Second} },
		"users.windows: 24h":       func(c *Config) { c.Session.Windows = []time.Duration{48 * time.Hour, 24 * time.Hour} },
		"users.retention":          func(c *Config) { c.Session.Retention = c.Session.Windows[2] - time.Hour },
		"users.retention is 960h1": func(c *Config) { c.Session.Retention = 960*time.Hour + time.Minute },
	} {
		c := Defaults()
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
	}
}
