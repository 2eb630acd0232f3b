package session

import (
	"strings"

	"github.com/mileusna/useragent"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// name is a device or browser that an event named: its index, from 1, among all that were ever named. It becomes a
// label, and takes one of the places there are for labels, only when a user is seen with it.
type name uint32

// maxNames bounds what is kept of names; further ones are all alike.
const maxNames = 1 << 16

// Labels of a device or browser that has no name: none was given, or a user agent names one that is not known.
const (
	unknown = "unknown"
	unnamed = "other"
)

func (t *Table) name(s string) name {
	if s == "" {
		return 0
	}
	i, ok := t.names.Index(metric.Clean(s))
	if !ok {
		return maxNames + 1
	}
	return name(i) + 1
}

// label is the index of an admitted device or browser label; 0 is the overflow value.
type label uint16

func (t *Table) label(l *metric.Limit, n name) label {
	value := unknown
	switch {
	case n > maxNames:
		return 0
	case n > 0:
		value = t.names.Value(uint32(n - 1))
	}
	if i, ok := l.Index(value); ok {
		return label(i) + 1
	}
	return 0
}

func text(l *metric.Limit, v label) string {
	if v == 0 {
		return metric.Other
	}
	return l.Value(uint32(v - 1))
}

// given returns the device and browser that the event names, itself or by its user agent; 0 where it does not.
func (t *Table) given(e *event.Event) (device, browser name) {
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
	return t.name(d), t.name(b)
}

// browsers are those that a user agent can name, as the parser spells them. Anybody can make up a user agent, and label
// values stay for good: so the list is closed, and shorter than the limit.
var browsers = func() map[string]string {
	known := map[string]string{}
	for _, name := range []string{
		// what the parser knows
		useragent.Chrome, useragent.Firefox, useragent.Safari, useragent.Edge, useragent.Opera, useragent.OperaMini, useragent.OperaTouch,
		useragent.Vivaldi, useragent.InternetExplorer, useragent.SamsungBrowser, "Huawei Browser", "Miui Browser", "Android browser",
		useragent.BlackBerry, useragent.NetFront, useragent.HeadlessChrome, useragent.FacebookApp, useragent.InstagramApp, useragent.TiktokApp,
		useragent.Googlebot, useragent.GoogleAdsBot, useragent.Applebot, useragent.Bingbot, useragent.YandexBot, useragent.YandexAdNet,
		useragent.Twitterbot, useragent.FacebookExternalHit, "Bytespider",
		// what it takes from the header
		"MicroMessenger", "Whale", "YaBrowser",
	} {
		known[name] = name
	}
	return known
}()

// userAgents remembers what user agents were parsed to. It is a cache and not state: the parser is a function.
type userAgents map[string]parsed

type parsed struct{ device, browser string }

const maxUserAgents = 4096

func (c *userAgents) parse(header string) parsed {
	if p, ok := (*c)[header]; ok {
		return p
	}
	ua := useragent.Parse(header)
	p := parsed{device: unnamed, browser: unnamed}
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
	if known, ok := browsers[ua.Name]; ok {
		p.browser = known // not ua.Name, which holds on to the header
	}
	if len(*c) >= maxUserAgents || *c == nil {
		*c = userAgents{}
	}
	(*c)[strings.Clone(header)] = p
	return p
}
