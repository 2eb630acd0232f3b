package collectors

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// TestAgainstReference folds hostile streams and compares every series with the slow implementation that was written
// from the definitions alone.
func TestAgainstReference(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	require.NoError(t, err)
	modes := []struct {
		name   string
		stream func(int64, int) []byte
		change func(*Config, *reference.Options)
	}{
		{"defaults", reference.Stream, func(*Config, *reference.Options) {}},
		{"stories", reference.Stories, func(*Config, *reference.Options) {}},
		{"wide", reference.WideStream, func(c *Config, o *reference.Options) {
			c.MaxAgents, c.MaxClicks, c.MaxCustom = 50, 50, 50
			o.MaxAgents, o.MaxClicks, o.MaxEvents = 50, 50, 50
		}},
		{"few chats", reference.OrderedStories, func(c *Config, o *reference.Options) {
			c.Session.MaxChats, c.Session.DedupMax, c.Session.MaxMessages = 8, 20, 10
			o.MaxChats, o.MaxIDs, o.FeedbackMax = 8, 20, 10
		}},
		{"small limits", reference.Stream, smallLimits},
		{"small limits in stories", reference.Stories, smallLimits},
		{"other times", reference.Stream, otherTimes},
		{"other times in stories", reference.Stories, otherTimes},
		{"berlin", reference.Stories, func(c *Config, o *reference.Options) { c.Session.Location, o.Location = berlin, berlin }},
		{"kathmandu", reference.Stream, func(c *Config, o *reference.Options) {
			c.Session.Location, o.Location = kathmandu, kathmandu
			c.IncludeTest, o.IncludeTest = true, true
		}},
	}
	seeds := int64(10)
	if testing.Short() {
		seeds = 2
	}
	for _, mode := range modes {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", mode.name, seed), func(t *testing.T) {
				t.Parallel()
				cfg, opt := Defaults(), reference.Options{}
				mode.change(&cfg, &opt)
				n := 200 + int(seed)*301
				ndjson := mode.stream(seed, n)
				f := newFolder(cfg)
				for _, line := range lines(ndjson) {
					f.fold(line)
				}
				compare(t, reference.Fold(ndjson, opt), series(f.set, f.set.Clock()))
			})
		}
	}
}

func smallLimits(c *Config, o *reference.Options) {
	c.MaxBots, c.MaxChannels, c.MaxAgents, c.MaxClicks, c.MaxCustom = 1, 2, 1, 2, 1
	o.MaxBots, o.MaxChannels, o.MaxAgents, o.MaxClicks, o.MaxEvents = 1, 2, 1, 2, 1
	c.Session.MaxDevices, c.Session.MaxBrowsers = 2, 2
	o.MaxDevices, o.MaxBrowsers = 2, 2
}

func otherTimes(c *Config, o *reference.Options) {
	c.Session.IdleTimeout, o.IdleTimeout = time.Minute, time.Minute
	c.Session.OperatorTimeout, o.OperatorTimeout = 10*time.Minute, 10*time.Minute
	c.Session.UserSessions, o.UserSessions = []string{"web", "sms"}, []string{"web", "sms"}
	c.Session.FeedbackWindow, o.FeedbackWindow = time.Hour, time.Hour
	c.Session.VisitGap, o.VisitGap = 7*time.Minute, 7*time.Minute
	c.Session.DedupWindow, o.DedupWindow = 10*time.Minute, 10*time.Minute
	c.Session.MaxPast, o.MaxPast = time.Hour, time.Hour
	c.Session.MaxFuture, o.MaxFuture = time.Minute, time.Minute
	c.Session.MaxJump, o.MaxJump = 2*time.Hour, 2*time.Hour
	c.Session.Retention, o.UserRetention = 720*time.Hour, 720*time.Hour
}

func compare(t *testing.T, want, have map[string]float64) {
	t.Helper()
	var wrong []string
	for k, w := range want {
		h, ok := have[k]
		near := h == w || strings.Contains(k, "_sum") && math.Abs(h-w) <= 1e-9*math.Max(1, math.Abs(w))
		if !ok || !near {
			wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", k, h, w))
		}
	}
	for k, h := range have {
		// The reference has overflow series only once they are incremented, and none for bots and channels.
		overflow := strings.HasPrefix(k, LabelOverflow.Name) && (h == 0 || strings.Contains(k, `metric="*"`))
		if _, ok := want[k]; !ok && !overflow {
			wrong = append(wrong, fmt.Sprintf("%s is %v, want no such series", k, h))
		}
	}
	require.Empty(t, wrong)
}
