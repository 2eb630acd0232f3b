package collectors

import (
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

var (
	referenceSeeds = flag.Int64("reference.seeds", 10, "streams of each mode that are compared with the reference; 2 with -short")
	referenceLines = flag.Int("reference.lines", 0, "lines of each of them; 0: more with each seed")
)

// referenceMode is a stream and a setting that both folds get.
type referenceMode struct {
	name   string
	stream func(seed int64, lines int) []byte
	option func(*reference.Options)
	config func(*Config)
}

func referenceModes() []referenceMode {
	berlin, kathmandu := location("Europe/Berlin"), location("Asia/Kathmandu")
	return []referenceMode{
		{"hostile", reference.Stream, func(*reference.Options) {}, func(*Config) {}},
		{"stories", reference.Stories, func(*reference.Options) {}, func(*Config) {}},
		{"wide", reference.WideStream,
			func(o *reference.Options) { o.MaxAgents, o.MaxClicks, o.MaxEvents = 20, 20, 20 },
			func(c *Config) { c.MaxAgents, c.MaxClicks, c.MaxCustom = 20, 20, 20 }},
		{"few chats", reference.OrderedStories,
			func(o *reference.Options) { o.MaxChats = 8 },
			func(c *Config) { c.Session.MaxChats = 8 }},
		{"few ids", reference.Stories,
			func(o *reference.Options) { o.MaxIDs = 20 },
			func(c *Config) { c.Session.DedupMax = 20 }},
		{"small limits, hostile", reference.Stream, smallLimits, smallLimitsOfConfig},
		{"small limits", reference.Stories, smallLimits, smallLimitsOfConfig},
		{"other times, hostile", reference.Stream, otherTimes, otherTimesOfConfig},
		{"other times", reference.Stories, otherTimes, otherTimesOfConfig},
		{"berlin", reference.Stories,
			func(o *reference.Options) { o.Location = berlin },
			func(c *Config) { c.Session.Location = berlin }},
		{"kathmandu", reference.Stream,
			func(o *reference.Options) { o.Location, o.IncludeTest = kathmandu, true },
			func(c *Config) { c.Session.Location, c.IncludeTest = kathmandu, true }},
		{"operator timeout", reference.Stories, func(o *reference.Options) { o.OperatorTimeout = 40 * time.Minute },
			func(c *Config) { c.Session.OperatorTimeout = 40 * time.Minute }},
		{"user sessions", reference.Stories, func(o *reference.Options) { o.UserSessions = []string{"web", "kiosk"} },
			func(c *Config) { c.Session.UserSessions = []string{"web", "kiosk"} }},
		{"visit gap", reference.Stories, func(o *reference.Options) { o.VisitGap = 2 * time.Minute },
			func(c *Config) { c.Session.VisitGap = 2 * time.Minute }},
		{"feedback window", reference.Stories, func(o *reference.Options) { o.FeedbackWindow = time.Hour },
			func(c *Config) { c.Session.FeedbackWindow = time.Hour }},
		{"few ratings", reference.Stories, func(o *reference.Options) { o.FeedbackMax = 5 },
			func(c *Config) { c.Session.MaxMessages = 5 }},
		{"few ratings, hostile", reference.Stream, func(o *reference.Options) { o.FeedbackMax = 2 },
			func(c *Config) { c.Session.MaxMessages = 2 }},
		{"jumps", reference.Stories, func(o *reference.Options) { o.MaxJump = 20 * time.Minute },
			func(c *Config) { c.Session.MaxJump = 20 * time.Minute }},
	}
}

func smallLimits(o *reference.Options) {
	o.MaxBots, o.MaxChannels, o.MaxAgents, o.MaxClicks, o.MaxEvents, o.MaxDevices, o.MaxBrowsers = 1, 2, 1, 2, 1, 2, 2
}

func smallLimitsOfConfig(c *Config) {
	c.MaxBots, c.MaxChannels, c.MaxAgents, c.MaxClicks, c.MaxCustom = 1, 2, 1, 2, 1
	c.Session.MaxDevices, c.Session.MaxBrowsers = 2, 2
}

func otherTimes(o *reference.Options) {
	o.IdleTimeout, o.DedupWindow, o.MaxPast, o.MaxFuture = time.Minute, 10*time.Minute, time.Hour, time.Minute
	o.UserRetention = 720 * time.Hour
}

func otherTimesOfConfig(c *Config) {
	s := &c.Session
	s.IdleTimeout, s.DedupWindow, s.MaxPast, s.MaxFuture = time.Minute, 10*time.Minute, time.Hour, time.Minute
	s.Retention = 720 * time.Hour
}

func location(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return l
}

// TestAgainstReference folds hostile streams and compares every series with the slow implementation that was written
// from the definitions alone.
func TestAgainstReference(t *testing.T) {
	seeds := *referenceSeeds
	if testing.Short() {
		seeds = min(seeds, 2)
	}
	for _, mode := range referenceModes() {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", mode.name, seed), func(t *testing.T) {
				t.Parallel()
				lines := 200 + int(seed)*301
				if *referenceLines > 0 {
					lines = *referenceLines
				}
				compareFolds(t, mode, reference.Messages(mode.stream(seed, lines)))
			})
			t.Run(fmt.Sprintf("%s/binary/%d", mode.name, seed), func(t *testing.T) {
				t.Parallel()
				compareFolds(t, mode, reference.Binary(seed, reference.Messages(mode.stream(seed, 200))))
			})
		}
	}
}

func compare(t *testing.T, want, have map[string]float64) {
	t.Helper()
	if wrong := reference.Differences(ofCatalogue(want), withoutNeedlessOverflow(have)); len(wrong) > 0 {
		t.Errorf("%d series differ:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
}

// shrinking is true once a failure has been made short: one at a time is enough, and each takes many folds.
var shrinking atomic.Bool

// compareFolds fails with what the two folds differ in, the first time with the least of the messages on which they do.
func compareFolds(t *testing.T, mode referenceMode, messages []reference.Message) {
	t.Helper()
	differences := func(messages []reference.Message) []string {
		cfg, opt := Defaults(), reference.Options{}
		mode.config(&cfg)
		mode.option(&opt)
		return reference.Differences(ofCatalogue(reference.FoldMessages(messages, opt)), withoutNeedlessOverflow(foldMessages(cfg, messages)))
	}
	wrong := differences(messages)
	if len(wrong) == 0 {
		return
	}
	t.Errorf("%d series differ:\n%s", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"))
	if shrinking.Swap(true) {
		return
	}
	least := reference.Shrink(messages, func(some []reference.Message) bool { return len(differences(some)) > 0 })
	t.Logf("%d of %d messages are enough:", len(least), len(messages))
	for _, m := range least {
		t.Logf("%s %v %.3000s", m.Stored.UTC().Format(time.RFC3339Nano), m.Header, m.Payload)
	}
	t.Log(strings.Join(differences(least), "\n"))
}

// foldMessages folds messages as a stream stores them, and returns the series at the last clock.
func foldMessages(cfg Config, messages []reference.Message) map[string]float64 {
	f := newFolder(cfg)
	for _, m := range messages {
		var e event.Event
		var reject *event.Reject
		if err := f.decoder.Decode(m.Header, m.Payload, &e); err != nil {
			reject = err.(*event.Reject) //nolint:errorlint // Decode returns nothing else
		}
		f.set.Fold(m.Stored.UnixNano(), &e, reject)
	}
	return series(f.set, f.set.Clock())
}

// metricOf matches the name of the metric in the id of a series, or that in the label of an overflow.
var metricOf = regexp.MustCompile(`^bot_label_overflow_total\{.*metric="(.*?)"|^(.*?)(?:_bucket|_sum|_count)?(?:\{|$)`)

// ofCatalogue drops the series of the reference whose metric is not in the catalogue.
func ofCatalogue(want map[string]float64) map[string]float64 {
	known := families(func(*metric.Def) bool { return true })
	maps.DeleteFunc(want, func(id string, _ float64) bool {
		m := metricOf.FindStringSubmatch(id)
		return !slices.Contains(known, m[1]+m[2])
	})
	return want
}

// withoutNeedlessOverflow drops overflow series that the reference has only once they are incremented, and those of bots
// and channels, which it does not have.
func withoutNeedlessOverflow(have map[string]float64) map[string]float64 {
	for k, h := range have {
		if strings.HasPrefix(k, LabelOverflow.Name) && (h == 0 || strings.Contains(k, `metric="*"`)) {
			delete(have, k)
		}
	}
	return have
}

// TestPrefixesAgainstReference compares after each message, in a stream short enough for it.
func TestPrefixesAgainstReference(t *testing.T) {
	mode := referenceModes()[slices.IndexFunc(referenceModes(), func(m referenceMode) bool { return m.name == "stories" })]
	messages := reference.Messages(mode.stream(99, 150))
	for n := range messages {
		if compareFolds(t, mode, messages[:n+1]); t.Failed() {
			return
		}
	}
}
