package exporter

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// counters are the values of all counters of a state, by family and series. Both lists only ever grow.
type counters struct {
	set    *collectors.Set
	values [][]float64
}

// readCounters reads all counters. It must not run concurrently with the fold.
func readCounters(set *collectors.Set) *counters {
	c := &counters{set: set}
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
		c.values = append(c.values, v)
	}
	return c
}

// decreased returns an error that names the first counter lower than before. No message lowers a counter, so the state
// is broken and must not replace the existing checkpoint. It must not run concurrently with the fold.
func (c *counters) decreased(was *counters) error {
	if was == nil || was.set != c.set {
		return nil
	}
	for i, f := range c.set.Families() {
		for k, old := range was.values[i] {
			if k >= len(c.values[i]) {
				return fmt.Errorf("BUG: %s had %d series and has %d", f.Def().Name, len(was.values[i]), len(c.values[i]))
			}
			if now := c.values[i][k]; now < old {
				return fmt.Errorf("BUG: %s%q fell from %v to %v", f.Def().Name, f.Labels(nil, k), old, now)
			}
		}
	}
	return nil
}
