package main

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors"
)

// value returns the value of a series without labels on a page in the text format; 0 when it is not there.
func value(page, name string) float64 {
	_, rest, _ := strings.Cut("\n"+page, "\n"+name+" ")
	text, _, _ := strings.Cut(rest, "\n")
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

var label = regexp.MustCompile(`[{,](type|bot|channel|kind)="([^"]*)"`)

// counts returns the counters of a page whose lines begin with a name and contain a text.
func counts(page, name, contains string) tally {
	t := tally{}
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, name+"{") || !strings.Contains(line, contains) {
			continue
		}
		var s series
		for _, l := range label.FindAllStringSubmatch(line, -1) {
			switch l[1] {
			case "bot":
				s.bot = l[2]
			case "channel":
				s.channel = l[2]
			default:
				s.kind = l[2]
			}
		}
		_, text, _ := strings.Cut(line, "} ")
		text, _, _ = strings.Cut(text, " ") // a timestamp may follow
		v, _ := strconv.ParseFloat(text, 64)
		t[s] += v
	}
	return t
}

// applied returns how many events the exporter's page counts.
func applied(page string) float64 {
	return counts(page, collectors.Events.Name, "").sum() + counts(page, collectors.EventsIgnored.Name, "").sum()
}

// kpis returns the lines of the exporter's page about the stream, without those about the process.
func kpis(page string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "bot_") && !strings.HasPrefix(line, "bot_exporter_") {
			at := strings.LastIndexByte(line, ' ')
			m[line[:at]] = strings.TrimSpace(line[at:])
		}
	}
	return m
}
