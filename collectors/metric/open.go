package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// maxOpen is the largest number of labels beyond the pair that an open counter has.
const maxOpen = 4

// OpenCount is a counter with open labels: a series exists from its first increment.
type OpenCount struct {
	def   *Def
	pairs *Pairs
	index map[openKey]uint32
	keys  []openKey
	v     []uint64
	start []int64
}

type openKey struct {
	pair   Pair
	values [maxOpen]string
}

// NewOpenCount returns the table of a counter with at least one open label.
func NewOpenCount(d *Def, p *Pairs) *OpenCount {
	if len(d.own()) > maxOpen {
		panic("BUG: too many labels: " + d.String())
	}
	return &OpenCount{def: d, pairs: p, index: map[openKey]uint32{}}
}

// Inc adds one to the series with these label values beyond the pair, which are clean and admitted.
func (c *OpenCount) Inc(p Pair, clock int64, values ...string) {
	k := openKey{pair: p}
	copy(k.values[:], values)
	i, ok := c.index[k]
	if !ok {
		k = c.fits(k)
		i, ok = c.index[k]
	}
	if !ok {
		i = c.add(k, clock)
	}
	c.v[i]++
}

func (c *OpenCount) add(k openKey, clock int64) uint32 {
	for i, v := range k.values {
		k.values[i] = clone(v)
	}
	i := uint32(len(c.v))
	c.index[k] = i
	c.keys = append(c.keys, k)
	c.v = append(c.v, 0)
	c.start = append(c.start, clock)
	return i
}

// Def returns the metric's definition.
func (c *OpenCount) Def() *Def { return c.def }

// Len returns the number of series.
func (c *OpenCount) Len() int { return len(c.v) }

// Start returns the fold clock at the first increment of series i.
func (c *OpenCount) Start(i int) int64 { return c.start[i] }

// Labels appends the label values of series i.
func (c *OpenCount) Labels(dst []string, i int) []string {
	bot, channel := c.pairs.Labels(c.keys[i].pair)
	return append(append(dst, bot, channel), c.keys[i].values[:len(c.def.own())]...)
}

// Read appends the values of all series.
func (c *OpenCount) Read(dst []float64, _ int64) []float64 {
	for _, v := range c.v {
		dst = append(dst, float64(v))
	}
	return dst
}

// Grow does nothing: a new pair has no series yet.
func (c *OpenCount) Grow() {}

// Save writes the series in their order.
func (c *OpenCount) Save(w *codec.Writer) {
	w.Uint(uint64(len(c.v)))
	for i, k := range c.keys {
		w.Uint(uint64(k.pair))
		for _, v := range k.values[:len(c.def.own())] {
			w.String(v)
		}
		w.Uint(c.v[i])
		w.Int(c.start[i])
	}
}

// Load reads what Save wrote.
func (c *OpenCount) Load(r *codec.Reader) {
	for range r.Len(3) {
		k := openKey{pair: Pair(r.Uint())}
		for i := range c.def.own() {
			k.values[i] = r.String()
		}
		v, start := r.Uint(), r.Int()
		if int(k.pair) >= c.pairs.Len() {
			r.Fail()
			return
		}
		c.v[c.add(k, start)] = v
	}
}

// Admission limits the values, or the pairs of values, of open labels: the first max of them for each bot and
// channel, or in all.
type Admission struct {
	max     int
	perPair bool
	seen    map[admitted]struct{}
	order   []admitted
	used    map[Pair]int
}

type admitted struct {
	pair Pair
	a, b string
}

// NewAdmission returns an Admission of max values.
func NewAdmission(max int, perPair bool) *Admission {
	return &Admission{max: max, perPair: perPair, seen: map[admitted]struct{}{}, used: map[Pair]int{}}
}

// Admit tells whether the value, or the pair of values, may be a label. Both are clean.
func (l *Admission) Admit(p Pair, a, b string) bool {
	if !l.perPair {
		p = 0
	}
	k := admitted{p, a, b}
	if _, ok := l.seen[k]; ok {
		return true
	}
	if l.used[p] >= l.max || a == Other {
		return false
	}
	l.add(admitted{p, clone(a), clone(b)})
	return true
}

func (l *Admission) add(k admitted) {
	l.seen[k] = struct{}{}
	l.order = append(l.order, k)
	l.used[k.pair]++
}

// Save writes the admitted values in their order.
func (l *Admission) Save(w *codec.Writer) {
	w.Uint(uint64(len(l.order)))
	for _, k := range l.order {
		w.Uint(uint64(k.pair))
		w.String(k.a)
		w.String(k.b)
	}
}

// Load reads what Save wrote.
func (l *Admission) Load(r *codec.Reader) {
	for range r.Len(3) {
		l.add(admitted{Pair(r.Uint()), r.String(), r.String()})
	}
}
