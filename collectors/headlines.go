package collectors

import (
	"math"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Headline is a number that a reader of a module looks for first. How it is written is up to whoever shows it.
type Headline struct {
	Label string
	Unit  Unit
	Value float64 // NaN when there is none; not used with UnitText
	Text  string  // with UnitText only; empty when there is none
}

// Unit is what a Headline is measured in.
type Unit uint8

// Units of headlines.
const (
	UnitCount   Unit = iota + 1
	UnitRatio        // of a whole: 0 to 1
	UnitSeconds      // a duration
	UnitScore        // points, 1 to 5
	UnitText         // a name or a label value, no number
)

func (u Unit) String() string {
	return [...]string{"", "count", "ratio", "seconds", "score", "text", ""}[min(u, 6)]
}

// Numbers are the values of all metrics at one moment, over all bots and channels. Labels that are
// not named are added up.
type Numbers interface {
	// Sum adds up the series of a counter or gauge whose labels have the given values: name, value, name, value.
	Sum(d *metric.Def, labels ...string) float64
	// Observed adds up the counts and the sums of a histogram.
	Observed(d *metric.Def) (count, sum float64)
	// Largest returns the values of the named labels for which a counter is largest, and false when it is 0 everywhere.
	Largest(d *metric.Def, names ...string) ([]string, bool)
}

// count is a number of things. A difference of two counters may come out below 0, where there are none.
func count(n float64, label string) Headline {
	return Headline{Label: label, Unit: UnitCount, Value: max(0, n)}
}

// share is a part of a whole; there is none of nothing.
func share(part, whole float64, label string) Headline {
	return Headline{Label: label, Unit: UnitRatio, Value: quotient(part, whole)}
}

// meanSeconds is the mean of a histogram of seconds.
func meanSeconds(n Numbers, d *metric.Def, label string) Headline {
	times, sum := n.Observed(d)
	return Headline{Label: label, Unit: UnitSeconds, Value: quotient(sum, times)}
}

// most is the value of a label for which a counter is largest.
func most(n Numbers, d *metric.Def, of metric.Label, label string) Headline {
	h := Headline{Label: label, Unit: UnitText}
	if values, ok := n.Largest(d, of.Name); ok {
		h.Text = values[0]
	}
	return h
}

func quotient(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}
