package collectors

import (
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Clicks: which quick replies and links are clicked, and where they lead (seed, "Clicks").
var (
	ClickTitle       = metric.Open("title", 500, "bot and channel, together with destination")
	ClickDestination = metric.Open("destination", 500, "bot and channel, together with title")
	Clicks           = metric.Counter("bot_clicks_total",
		"Clicks on quick replies and links, by their title and where they lead.",
		metric.Closed[event.Element]("element"), ClickTitle, metric.Closed[event.Target]("target"), ClickDestination)
)

type clicks struct {
	clicks           *metric.OpenCount
	admitted         *metric.Admission
	overflow         *metric.Overflow
	otherTitle       metric.Row
	otherDestination metric.Row
}

func newClicks(d deps) *clicks {
	return &clicks{
		clicks:           metric.NewOpenCount(Clicks, d.pairs),
		admitted:         metric.NewAdmission(d.cfg.MaxClicks, true),
		overflow:         d.overflow,
		otherTitle:       d.overflow.Row(Clicks.Name, ClickTitle.Name),
		otherDestination: d.overflow.Row(Clicks.Name, ClickDestination.Name),
	}
}

func (*clicks) Name() string                { return "clicks" }
func (c *clicks) Families() []metric.Family { return []metric.Family{c.clicks} }

func (c *clicks) limits() map[string]metric.Saver {
	return map[string]metric.Saver{"admitted": c.admitted}
}

func (c *clicks) Fold(f *session.Fact) {
	if f.Kind != event.ElementClicked {
		return
	}
	title, destination := metric.Clean(f.Title), metric.Clean(reduce(metric.Visible(f.Destination), f.Target))
	if !c.admitted.Admit(f.Pair, title, destination) {
		title, destination = metric.Other, metric.Other
		c.overflow.Inc(c.otherTitle)
		c.overflow.Inc(c.otherDestination)
	}
	c.clicks.Inc(f.Pair, f.Clock, f.Element.String(), title, f.Target.String(), destination)
}

// reduce takes user info, query and fragment from a URL: they can hold personal data and any number of values. Other
// destinations stay as they are. It cuts text and does not parse: what is left stays as the bot wrote it.
func reduce(destination string, target event.Target) string {
	authority := 0 // where it begins
	if scheme, _, ok := strings.Cut(destination, "://"); ok && isScheme(scheme) {
		authority = len(scheme) + len("://")
	} else if target != event.TargetURL {
		return destination
	} else if strings.HasPrefix(destination, "//") {
		authority = len("//")
	}
	if i := strings.IndexAny(destination, "?#"); i >= 0 {
		destination = destination[:i]
	}
	if authority == 0 || authority > len(destination) {
		return destination
	}
	host, _, _ := strings.Cut(destination[authority:], "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		return destination[:authority] + destination[authority+at+1:]
	}
	return destination
}

// isScheme follows RFC 3986, section 3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.')) {
			return false
		}
	}
	return s != ""
}
