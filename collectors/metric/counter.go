package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// counters is a closed family of counters.
type counters struct {
	closed
	v []uint64
}

func newCounters(d *Def, p *Pairs, sizes ...int) counters {
	c := counters{closed: closed{d, p, d.sizes(sizes...)}}
	c.Grow()
	return c
}

// Grow adds the series of new pairs, at zero.
func (c *counters) Grow() {
	for len(c.v) < c.series() {
		c.v = append(c.v, 0)
	}
}

// Read appends the values of all series.
func (c *counters) Read(dst []float64, _ int64) []float64 {
	for _, v := range c.v {
		dst = append(dst, float64(v))
	}
	return dst
}

// Save writes the values.
func (c *counters) Save(w *codec.Writer) {
	w.Uint(uint64(len(c.v)))
	for _, v := range c.v {
		w.Uint(v)
	}
}

// Load reads what Save wrote. The list of a stream counter's values may have grown since, at its end.
func (c *counters) Load(r *codec.Reader) {
	n := r.Len(1)
	if n > len(c.v) || n < len(c.v) && c.def.PerPair() {
		r.Fail()
		return
	}
	for i := range n {
		c.v[i] = r.Uint()
	}
}

// CounterVec is a counter without labels beyond bot and channel.
type CounterVec struct{ counters }

// NewCounterVec returns the table of a counter without further labels.
func NewCounterVec(d *Def, p *Pairs) *CounterVec { return &CounterVec{newCounters(d, p)} }

// Add adds n; the pair of a stream counter is 0.
func (c *CounterVec) Add(p Pair, n uint64) { c.v[p] += n }

// Inc adds one.
func (c *CounterVec) Inc(p Pair) { c.v[p]++ }

// CounterVec1 is a counter with one closed label.
type CounterVec1[A Enum] struct{ counters }

// NewCounterVec1 returns the table of a counter with one closed label.
func NewCounterVec1[A Enum](d *Def, p *Pairs) *CounterVec1[A] {
	return &CounterVec1[A]{newCounters(d, p, size[A]())}
}

// Inc adds one; the pair of a stream counter is 0.
func (c *CounterVec1[A]) Inc(p Pair, a A) { c.v[int(p)*c.stride+int(a)-1]++ }

// CounterVec2 is a counter with two closed labels.
type CounterVec2[A, B Enum] struct {
	counters
	b int // values of the second label
}

// NewCounterVec2 returns the table of a counter with two closed labels.
func NewCounterVec2[A, B Enum](d *Def, p *Pairs) *CounterVec2[A, B] {
	return &CounterVec2[A, B]{newCounters(d, p, size[A](), size[B]()), size[B]()}
}

// Inc adds one.
func (c *CounterVec2[A, B]) Inc(p Pair, a A, b B) {
	c.v[int(p)*c.stride+(int(a)-1)*c.b+int(b)-1]++
}
