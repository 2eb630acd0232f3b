package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// Family is the table of one metric. Series are appended in stream order; a series keeps its index and its labels for
// good. Not safe for concurrent use: the owner of the state serialises every call.
type Family interface {
	Def() *Def
	Len() int                            // number of series
	Labels(dst []string, i int) []string // appends the label values of series i, in the order of Def().Labels
	Start(i int) int64                   // fold clock in Unix nanoseconds when series i was born; 0 when unknown
}

// Scalars is a Family of counters or gauges.
type Scalars interface {
	Family
	// Read appends the value of every series as of now, in Unix nanoseconds. Only gauges depend on now.
	Read(dst []float64, now int64) []float64
}

// Stateful is a Family whose numbers are state of its own. Grow follows the pairs after one was added.
type Stateful interface {
	Family
	Grow()
	Save(*codec.Writer)
	Load(*codec.Reader)
}

// closed is the index arithmetic of a family whose labels beyond the pair are closed lists.
type closed struct {
	def    *Def
	pairs  *Pairs
	stride int // series for each pair
}

func (c *closed) Def() *Def { return c.def }

func (c *closed) series() int {
	if c.def.PerPair() {
		return c.pairs.Len() * c.stride
	}
	return c.stride
}

func (c *closed) Len() int { return c.series() }

func (c *closed) Start(i int) int64 {
	if c.def.PerPair() {
		return c.pairs.Start(Pair(i / c.stride))
	}
	return c.pairs.Origin
}

func (c *closed) Labels(dst []string, i int) []string {
	if c.def.PerPair() {
		bot, channel := c.pairs.Labels(Pair(i / c.stride))
		dst = append(dst, bot, channel)
	}
	rest := i % c.stride
	own := c.def.own()
	at := len(dst)
	dst = append(dst, make([]string, len(own))...)
	for k := len(own) - 1; k >= 0; k-- {
		n := len(own[k].Values)
		dst[at+k] = own[k].Values[rest%n]
		rest /= n
	}
	return dst
}

// counts is a closed family of counters.
type counts struct {
	closed
	v []uint64
}

func newCounts(d *Def, p *Pairs, sizes ...int) counts {
	c := counts{closed: closed{d, p, d.sizes(sizes...)}}
	c.Grow()
	return c
}

// Grow adds the series of new pairs, at zero.
func (c *counts) Grow() {
	for len(c.v) < c.series() {
		c.v = append(c.v, 0)
	}
}

// Read appends the values of all series.
func (c *counts) Read(dst []float64, _ int64) []float64 {
	for _, v := range c.v {
		dst = append(dst, float64(v))
	}
	return dst
}

// Save writes the values.
func (c *counts) Save(w *codec.Writer) {
	w.Uint(uint64(len(c.v)))
	for _, v := range c.v {
		w.Uint(v)
	}
}

// Load reads what Save wrote.
func (c *counts) Load(r *codec.Reader) {
	if r.Len(1) != len(c.v) {
		r.Fail()
		return
	}
	for i := range c.v {
		c.v[i] = r.Uint()
	}
}

// Count is a counter for each bot and channel.
type Count struct{ counts }

// NewCount returns the table of a counter without further labels.
func NewCount(d *Def, p *Pairs) *Count { return &Count{newCounts(d, p)} }

// Add adds n.
func (c *Count) Add(p Pair, n uint64) { c.v[p] += n }

// Inc adds one.
func (c *Count) Inc(p Pair) { c.v[p]++ }

// Count1 is a counter with one closed label.
type Count1[A Enum] struct{ counts }

// NewCount1 returns the table of a counter with one closed label.
func NewCount1[A Enum](d *Def, p *Pairs) *Count1[A] { return &Count1[A]{newCounts(d, p, size[A]())} }

// Inc adds one; for a stream counter the pair is 0.
func (c *Count1[A]) Inc(p Pair, a A) { c.v[int(p)*c.stride+int(a)-1]++ }

// Count2 is a counter with two closed labels.
type Count2[A, B Enum] struct {
	counts
	b int
}

// NewCount2 returns the table of a counter with two closed labels.
func NewCount2[A, B Enum](d *Def, p *Pairs) *Count2[A, B] {
	return &Count2[A, B]{newCounts(d, p, size[A](), size[B]()), size[B]()}
}

// Inc adds one.
func (c *Count2[A, B]) Inc(p Pair, a A, b B) { c.v[int(p)*c.stride+(int(a)-1)*c.b+int(b)-1]++ }

// Total is a counter of the stream without labels.
type Total struct{ counts }

// NewTotal returns the table of a stream counter without labels.
func NewTotal(d *Def, p *Pairs) *Total { return &Total{newCounts(d, p)} }

// Add adds n.
func (c *Total) Add(n uint64) { c.v[0] += n }
