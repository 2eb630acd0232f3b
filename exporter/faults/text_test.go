package faults

import (
	"strconv"
	"strings"
)

// series reads the text format: values by name and labels as they stand there.
func series(text string) map[string]float64 {
	m := map[string]float64{}
	for line := range strings.Lines(text) {
		if line[0] == '#' {
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		if i < 0 {
			continue
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(line[i+1:]), 64); err == nil {
			m[line[:i]] = v
		}
	}
	return m
}

func nameOf(id string) string {
	name, _, _ := strings.Cut(id, "{")
	return name
}

func sumOf(m map[string]float64, metric string, labels ...string) (total float64) {
next:
	for id, v := range m {
		if nameOf(id) != metric {
			continue
		}
		for _, l := range labels {
			if !strings.Contains(id, l) {
				continue next
			}
		}
		total += v
	}
	return total
}

// isKPI reports whether a series is a function of the stream.
func isKPI(id string) bool {
	return strings.HasPrefix(id, "bot_") && !strings.HasPrefix(id, "bot_exporter_")
}

// only goes up: counters, and what histograms consist of.
func isCounter(id string) bool {
	name := nameOf(id)
	for _, suffix := range []string{"_total", "_count", "_sum", "_bucket"} {
		if strings.HasSuffix(name, suffix) {
			return isKPI(id)
		}
	}
	return false
}

// kpis returns the part of a page that is a function of the stream.
func kpis(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if isKPI(strings.TrimPrefix(strings.TrimPrefix(line, "# HELP "), "# TYPE ")) {
			b.WriteString(line)
		}
	}
	return b.String()
}
