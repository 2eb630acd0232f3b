package reference

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	other         = "__other__" // stands for every value beyond a limit
	maxLabelBytes = 128
)

// limits holds, for each limited label, the values that came first.
//
// Decision: what counts is the value as it would be shown (after cleaning), and it takes its place when a series is first
// incremented or set with it: a device when a user is seen on it, an agent when it is viewed or rated, not merely named.
// Decision: a value given as "__other__" takes a place like any other; a value that is empty after cleaning stays empty.
type limits map[string]map[string]bool

// allow reports whether value may keep its name within the scope, of which the first so many values may.
func (l limits) allow(scope, value string, most int) bool {
	if l[scope] == nil {
		l[scope] = map[string]bool{}
	}
	if l[scope][value] || len(l[scope]) < most {
		l[scope][value] = true
		return true
	}
	return false
}

// limited returns the label for a value; overflowed says that it is not the value's own.
func (l limits) limited(scope, value string, most int) (label string, overflowed bool) {
	label = cleanLabel(value)
	if l.allow(scope, label, most) {
		return label, false
	}
	return other, true
}

// pair is a bot and a channel as labelled. Limits, zero series and gauges go by it; chats and users go by the names given.
type pair struct{ bot, channel string }

func (f *fold) pairOf(bot, channel string) pair {
	var p pair
	p.bot, _ = f.limits.limited("bot", bot, f.opt.MaxBots)
	p.channel, _ = f.limits.limited("channel", channel, f.opt.MaxChannels)
	return p
}

// scope names a limit that each bot and channel, as labelled, has of its own.
func (p pair) scope(label string) string { return fmt.Sprintf("%s %q %q", label, p.bot, p.channel) }

func (p pair) labels(more labels) labels {
	all := labels{"bot": p.bot, "channel": p.channel}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// overflow counts an increment of a metric that went to __other__ because of one label.
func (f *fold) overflow(metric, label string) {
	f.series.add("bot_label_overflow_total", labels{"metric": metric, "label": label}, 1)
}

// cleanLabel makes runs of white space and control characters one space, none at the ends, and cuts to 128 bytes between two
// characters.
func cleanLabel(value string) string {
	value = squeeze(value)
	if len(value) <= maxLabelBytes {
		return value
	}
	end := maxLabelBytes
	for !utf8.RuneStart(value[end]) {
		end--
	}
	return strings.TrimSuffix(value[:end], " ")
}

func squeeze(value string) string {
	words := strings.FieldsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	return strings.Join(words, " ")
}

// authorityStart is what stands before the authority of a URL: anything up to a colon and the first two slashes, or these alone.
var authorityStart = regexp.MustCompile(`^(.*?:)?//`)

// cleanDestination takes everything from the first ?, # or ; on from a destination, whatever it is, and user info from a URL, and
// nothing else: no escaping, no change of case.
//
// Decision: white space and control characters go first, so that one at the start cannot hide a URL; the cut to 128 bytes comes
// last, so that it cannot cut off the @ behind user info.
// Decision: user info is what stands before the last @ of an authority, and an authority stands behind the first // where a
// colon or nothing comes before it; so "mailto:a@example.com" and "user@example.com/x" with target url keep theirs.
func cleanDestination(destination string) string {
	url := squeeze(destination)
	if i := strings.IndexAny(url, "?#;"); i >= 0 {
		url = url[:i]
	}
	prefix := authorityStart.FindString(url)
	if prefix == "" || strings.Contains(strings.TrimSuffix(prefix, "//"), "//") {
		return cleanLabel(url)
	}
	authority, path := url[len(prefix):], ""
	if i := strings.Index(authority, "/"); i >= 0 {
		authority, path = authority[:i], authority[i:]
	}
	authority = authority[strings.LastIndex(authority, "@")+1:]
	return cleanLabel(prefix + authority + path)
}
