package session

import (
	"strings"

	"github.com/mileusna/useragent"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// label is the index of an admitted device or browser label. 0 is none; values stand from firstLabel on.
type label uint16

const (
	noLabel label = iota
	otherLabel
	firstLabel
)

// unknown is the device or browser that nobody told.
const unknown = "unknown"

func admit(l *metric.Limit, v string) label {
	if i, ok := l.Index(metric.Clean(v)); ok {
		return firstLabel + label(i)
	}
	return otherLabel
}

func text(l *metric.Limit, v label) string {
	if v < firstLabel {
		return metric.Other
	}
	return l.Value(uint32(v - firstLabel))
}

// labels returns the device and browser that the event gives, itself or by its user agent; noLabel where it does not.
func (t *Table) labels(e *event.Event) (device, browser label) {
	d, b := e.Device, e.Browser
	if (d == "" || b == "") && e.UserAgent != "" {
		ua := t.agentOf.parse(e.UserAgent)
		if d == "" {
			d = ua.device
		}
		if b == "" {
			b = ua.browser
		}
	}
	if d != "" {
		device = admit(t.devices, d)
	}
	if b != "" {
		browser = admit(t.browsers, b)
	}
	return device, browser
}

// userAgents remembers what user agents were parsed to. It is a cache and not state: the parser is a function.
type userAgents map[string]parsed

type parsed struct{ device, browser string }

const maxUserAgents = 4096

func (c *userAgents) parse(header string) parsed {
	if p, ok := (*c)[header]; ok {
		return p
	}
	ua := useragent.Parse(header)
	p := parsed{device: unknown, browser: unknown}
	switch {
	case ua.Tablet:
		p.device = "tablet"
	case ua.Mobile:
		p.device = "mobile"
	case ua.Desktop:
		p.device = "desktop"
	case ua.Bot:
		p.device = "bot"
	}
	if ua.Name != "" {
		p.browser = strings.Clone(ua.Name)
	}
	if len(*c) >= maxUserAgents || *c == nil {
		*c = userAgents{}
	}
	(*c)[strings.Clone(header)] = p
	return p
}
