package exporter

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// tallies are the values of all counters of a state, in the order of its families and series, which only ever grow.
type tallies struct {
	set    *collectors.Set
	values [][]float64
}

// tally reads all counters. It must not run beside the fold.
func tally(set *collectors.Set) *tallies {
	t := &tallies{set: set}
	var h metric.HistogramValue
	for _, f := range set.Families() {
		var v []float64
		switch t := f.(type) {
		case metric.Histograms:
			for i := range f.Len() {
				t.Read(i, &h)
				v = append(v, float64(h.Count))
			}
		case metric.Scalars:
			if f.Def().Type == metric.TypeCounter {
				v = t.Read(nil, 0)
			}
		}
		t.values = append(t.values, v)
	}
	return t
}

// fell returns an error that names the first counter that is lower than it was. No message lowers a counter: the state
// is broken, and the checkpoint that there is must not be replaced by it. It must not run beside the fold.
func (t *tallies) fell(was *tallies) error {
	if was == nil || was.set != t.set {
		return nil
	}
	for i, f := range t.set.Families() {
		for k, old := range was.values[i] {
			if k >= len(t.values[i]) {
				return fmt.Errorf("BUG: %s had %d series and has %d", f.Def().Name, len(was.values[i]), len(t.values[i]))
			}
			if now := t.values[i][k]; now < old {
				return fmt.Errorf("BUG: %s%q fell from %v to %v", f.Def().Name, f.Labels(nil, k), old, now)
			}
		}
	}
	return nil
}
