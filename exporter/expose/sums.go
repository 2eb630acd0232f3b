package expose

import (
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Sum adds up the series of a counter or gauge whose labels have the given values: name, value, name, value.
func (c *Cut) Sum(d *metric.Def, labels ...string) (sum float64) {
	f := c.family(d)
	matches := c.filter(f, labels)
	for _, i := range f.order {
		if matches(i) {
			sum += f.values[i]
		}
	}
	return sum
}

// Observed adds up the counts and the sums of a histogram.
func (c *Cut) Observed(d *metric.Def) (n, sum float64) {
	f := c.family(d)
	for _, i := range f.order {
		h := f.hist(i)
		n += float64(h.Count)
		sum += h.Sum
	}
	return n, sum
}

// Largest groups the series of a counter by some of its labels and returns the label values of the group with the largest
// sum, and false when no sum is above 0. Of equal sums it is the one whose values sort first.
func (c *Cut) Largest(d *metric.Def, names ...string) ([]string, bool) {
	f := c.family(d)
	columns := f.columns(names)
	sums := map[string]float64{}
	best, bestOf := "", 0.0
	var key []byte
	for _, i := range f.order {
		if f.values[i] == 0 {
			continue
		}
		ids, _ := f.row(i)
		key = key[:0]
		for _, k := range columns {
			key = append(append(key, c.words[ids[k]]...), 0)
		}
		sums[string(key)] += f.values[i]
	}
	for k, v := range sums {
		if v > bestOf || v == bestOf && k < best {
			best, bestOf = k, v
		}
	}
	if bestOf == 0 {
		return nil, false
	}
	values := make([]string, 0, len(names))
	for from, i := 0, 0; i < len(best); i++ {
		if best[i] == 0 { // values hold no control characters
			values, from = append(values, best[from:i]), i+1
		}
	}
	return values, true
}

// columns returns the places of labels in a row.
func (n *figures) columns(names []string) (list []int) {
	for _, name := range names {
		k, ok := slices.BinarySearch(n.names, name)
		if !ok {
			panic("BUG: " + n.def.String() + " has no label " + name)
		}
		list = append(list, k)
	}
	return list
}

func (c *Cut) filter(f *figures, labels []string) func(i uint32) bool {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	columns := f.columns(names)
	return func(i uint32) bool {
		ids, _ := f.row(i)
		for n, k := range columns {
			if c.words[ids[k]] != values[n] {
				return false
			}
		}
		return true
	}
}
