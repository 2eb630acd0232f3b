package collectors

import (
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Clicks: which quick replies and links are clicked, and where they lead.
var (
	ClickTitle       = metric.Open("title", 500, metric.PerBotAndChannel+", together with destination")
	ClickDestination = metric.Open("destination", 500, metric.PerBotAndChannel+", together with title")
	Clicks           = metric.Counter("bot_clicks_total",
		"Clicks on quick replies and links, by title and destination.",
		metric.Closed[event.Element]("element"), ClickTitle, metric.Closed[event.Target]("target"), ClickDestination)
)

type clicks struct{ clicks *metric.OpenCounterVec }

func newClicks(d deps) *clicks {
	limit := metric.NewLabelLimit("admitted", d.cfg.MaxClicks, ClickTitle, ClickDestination)
	return &clicks{metric.NewOpenCounterVec(Clicks, d.pairs, d.overflow, limit)}
}

func (*clicks) Name() string                { return "clicks" }
func (*clicks) Title() string               { return "Clicks" }
func (c *clicks) Families() []metric.Family { return []metric.Family{c.clicks} }

func (c *clicks) Fold(f *session.Fact) {
	if f.Kind == event.ElementClicked {
		c.clicks.Inc(f.Pair, f.Clock, f.Element.String(), f.Title, f.Target.String(), reduce(f.Destination))
	}
}

func (*clicks) Headlines(n Numbers) []Headline {
	return []Headline{count(n.Sum(Clicks), "clicks"), most(n, Clicks, ClickTitle, "clicked most")}
}

// reduce takes from a destination what can hold personal data and any number of values: everything from the first ?, # or
// ; on, whatever it is, and from a URL its user info. It cuts text and does not parse: what is left stays as the bot
// wrote it. A URL is what begins with //, or has a colon right before its first //.
func reduce(destination string) string {
	if i := strings.IndexAny(destination, "?#;"); i >= 0 {
		destination = destination[:i]
	}
	scheme, rest, ok := strings.Cut(destination, "//")
	scheme = strings.TrimFunc(scheme, metric.IsBlank) // browsers skip line ends and tabs in a URL
	if !ok || scheme != "" && scheme[len(scheme)-1] != ':' {
		return destination
	}
	host, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(host, '@')
	if at < 0 {
		return destination // as it is, without an allocation
	}
	return destination[:len(destination)-len(rest)] + rest[at+1:]
}
