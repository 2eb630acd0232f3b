package expose

import (
	"math"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Cut is the numbers of all KPIs as of one moment. It may be read concurrently until it is used for another copy.
type Cut struct {
	words, escaped []string // label values by id
	families       []figures
	scratch        metric.HistogramValue
}

// figures are the numbers of one family, by series.
type figures struct {
	*form
	series
	values []float64 // counters and gauges
	hists  []uint64  // histograms: the classic buckets and a head for each
	native []uint64  // native buckets of all histograms
}

// The head of a histogram, after its classic buckets.
const (
	histCount = iota
	histSum   // bits of a float64
	histZero
	histFirst // native index of the first of its native buckets
	histFrom  // where they begin in the list
	histTo
	histHead
)

// Of returns the numbers of a Set that nobody changes meanwhile, as of now, in Unix nanoseconds.
func Of(set *collectors.Set, now int64) *Cut {
	var l Layout
	c := &Cut{}
	for whole := false; !whole; l.Learn() {
		whole = l.Copy(c, set, now)
	}
	l.Place(c)
	return c
}

// Hide leaves all KPIs out.
func (c *Cut) Hide() { c.families = c.families[:0] }

func (c *Cut) copy(l *Layout, now int64) {
	if cap(c.families) < len(l.families) {
		c.families = make([]figures, len(l.families))
	}
	c.families = c.families[:len(l.families)]
	for i, f := range l.families {
		n := &c.families[i]
		n.form = f.form
		switch t := f.table.(type) {
		case metric.Scalars:
			n.values = t.Read(n.values[:0], now)
		case metric.Histograms:
			n.hists, n.native = n.hists[:0], n.native[:0]
			for i := range t.Len() {
				t.Read(i, &c.scratch)
				n.add(&c.scratch)
			}
		}
	}
}

func (n *figures) add(h *metric.HistogramValue) {
	from := len(n.native)
	n.native = append(n.native, h.Native...)
	n.hists = append(n.hists, h.Classic...)
	n.hists = append(n.hists, h.Count, math.Float64bits(h.Sum), h.Zero, uint64(h.First), uint64(from), uint64(len(n.native)))
}

// hist returns the value of series i of a histogram.
func (n *figures) hist(i uint32) metric.HistogramValue {
	classic := len(n.def.Buckets) + 1
	at := n.hists[int(i)*(classic+histHead):][:classic+histHead]
	head := at[classic:]
	return metric.HistogramValue{
		Classic: at[:classic], Count: head[histCount], Sum: math.Float64frombits(head[histSum]), Zero: head[histZero],
		First: int(head[histFirst]), Native: n.native[head[histFrom]:head[histTo]],
	}
}

// row returns the ids of the label values of series i, and when it began, in Unix nanoseconds.
func (n *figures) row(i uint32) (ids []uint32, start int64) {
	width := n.width()
	row := n.rows[int(i)*width:][:width]
	return row[:width-1], n.born[row[width-1]]
}

// family returns the figures of a metric; none when it is not shown.
func (c *Cut) family(d *metric.Def) *figures {
	for i := range c.families {
		if c.families[i].def == d {
			return &c.families[i]
		}
	}
	return &figures{form: newForm(d)}
}
