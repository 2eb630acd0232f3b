package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// maxOpen is the largest number of labels beyond bot and channel in a family with open labels.
const maxOpen = 4

// open finds the series of a family with open labels; each exists from its first use. It applies the limits of the
// labels, and counts what goes to Other.
type open struct {
	def       *Def
	pairs     *Pairs
	limits    []limited
	elsewhere []int // open labels without a limit here: their values have been limited before
	overflow  *Overflow
	rows      [maxOpen]Row // of the open labels
	index     map[openKey]uint32
	keys      []openKey
	start     []int64
}

// limited are the labels of one limit, by their place in the key.
type limited struct {
	*LabelLimit
	places []int
}

type openKey struct {
	pair   Pair
	values [maxOpen]string
}

func newOpen(d *Def, p *Pairs, overflow *Overflow, limits []*LabelLimit) open {
	own := d.own()
	if len(own) > maxOpen {
		panic("BUG: too many labels: " + d.String())
	}
	o := open{def: d, pairs: p, overflow: overflow, index: map[openKey]uint32{}}
	for _, l := range limits {
		o.limits = append(o.limits, limited{l, l.places(d)})
	}
	for i, l := range own {
		if l.Values != nil {
			continue
		}
		o.rows[i] = overflow.Row(d.Name, l.Name)
		if !o.limitsLabel(i) {
			o.elsewhere = append(o.elsewhere, i)
		}
	}
	return o
}

func (o *open) limitsLabel(place int) bool {
	for _, l := range o.limits {
		for _, i := range l.places {
			if i == place {
				return true
			}
		}
	}
	return false
}

// series returns the index of the series with these values of the labels beyond bot and channel, and makes it when it
// is new. The values need not be clean where a limit of the family applies.
func (o *open) series(p Pair, clock int64, values []string) int {
	k := openKey{pair: p}
	copy(k.values[:], values)
	for _, l := range o.limits {
		if !l.admit(&k, l.places) {
			for _, i := range l.places {
				k.values[i] = Other
				o.overflow.Inc(o.rows[i])
			}
		}
	}
	for _, i := range o.elsewhere {
		if k.values[i] == Other {
			o.overflow.Inc(o.rows[i])
		}
	}
	i, ok := o.index[k]
	if !ok && !o.pairs.Room(o.def.Samples()) {
		o.refuse(&k)
		i, ok = o.index[k]
	}
	if !ok {
		return o.add(k, clock)
	}
	return int(i)
}

// refuse sends all open labels to Other: there is no room for another series.
func (o *open) refuse(k *openKey) {
	for i, l := range o.def.own() {
		if l.Values == nil && k.values[i] != Other {
			k.values[i] = Other
			o.overflow.Inc(o.rows[i])
		}
	}
}

func (o *open) add(k openKey, clock int64) int {
	for i, v := range k.values {
		k.values[i] = clone(v)
	}
	i := len(o.keys)
	o.index[k] = uint32(i)
	o.keys = append(o.keys, k)
	o.start = append(o.start, clock)
	return i
}

// Def returns the metric's definition.
func (o *open) Def() *Def { return o.def }

// Len returns the number of series.
func (o *open) Len() int { return len(o.keys) }

// Start returns the fold clock at the first use of series i.
func (o *open) Start(i int) int64 { return o.start[i] }

// Labels appends the label values of series i.
func (o *open) Labels(dst []string, i int) []string {
	bot, channel := o.pairs.Labels(o.keys[i].pair)
	return append(append(dst, bot, channel), o.keys[i].values[:len(o.def.own())]...)
}

// Limits returns the limits that the family applies, which are state as well.
func (o *open) Limits() []*LabelLimit {
	var list []*LabelLimit
	for _, l := range o.limits {
		list = append(list, l.LabelLimit)
	}
	return list
}

// Grow does nothing: a new pair has no series yet.
func (o *open) Grow() {}

// save writes the series in their order, each with the value that write adds.
func (o *open) save(w *codec.Writer, write func(i int)) {
	w.Uint(uint64(len(o.keys)))
	for i, k := range o.keys {
		w.Uint(uint64(k.pair))
		for _, v := range k.values[:len(o.def.own())] {
			w.String(v)
		}
		write(i)
		w.Int(o.start[i])
	}
}

// load reads what save wrote; read appends the value of series i.
func (o *open) load(r *codec.Reader, read func(i int)) {
	for range r.Len(3) {
		k := openKey{pair: Pair(r.Uint())}
		for i := range o.def.own() {
			k.values[i] = r.String()
		}
		i := len(o.keys)
		read(i)
		start := r.Int()
		if int(k.pair) >= o.pairs.Len() {
			r.Fail()
			return
		}
		o.add(k, start)
	}
}

// OpenCounterVec is a counter with open labels.
type OpenCounterVec struct {
	open
	v []uint64
}

// NewOpenCounterVec returns the table of a counter with at least one open label. Labels without one of the limits get
// values that have been limited before.
func NewOpenCounterVec(d *Def, p *Pairs, overflow *Overflow, limits ...*LabelLimit) *OpenCounterVec {
	return &OpenCounterVec{open: newOpen(d, p, overflow, limits)}
}

// Inc adds one to the series with these values of the labels beyond bot and channel.
func (c *OpenCounterVec) Inc(p Pair, clock int64, values ...string) { c.Add(p, clock, 1, values...) }

// Add adds n to the series with these values of the labels beyond bot and channel.
func (c *OpenCounterVec) Add(p Pair, clock int64, n uint64, values ...string) {
	i := c.series(p, clock, values)
	if i == len(c.v) {
		c.v = append(c.v, 0)
	}
	c.v[i] += n
}

// Read appends the values of all series.
func (c *OpenCounterVec) Read(dst []float64, _ int64) []float64 {
	for _, v := range c.v {
		dst = append(dst, float64(v))
	}
	return dst
}

// Save writes the series in their order.
func (c *OpenCounterVec) Save(w *codec.Writer) { c.save(w, func(i int) { w.Uint(c.v[i]) }) }

// Load reads what Save wrote.
func (c *OpenCounterVec) Load(r *codec.Reader) {
	c.load(r, func(int) { c.v = append(c.v, r.Uint()) })
}

// OpenHistogramVec is a histogram with open labels.
type OpenHistogramVec struct {
	open
	histograms
}

// NewOpenHistogramVec returns the table of a histogram with at least one open label. Labels without one of the limits
// get values that have been limited before.
func NewOpenHistogramVec(d *Def, p *Pairs, overflow *Overflow, limits ...*LabelLimit) *OpenHistogramVec {
	return &OpenHistogramVec{newOpen(d, p, overflow, limits), histograms{bounds: d.Buckets}}
}

// Observe adds a number to the series with these values of the labels beyond bot and channel.
func (t *OpenHistogramVec) Observe(p Pair, clock, n int64, values ...string) {
	t.at(p, clock, values, n, 0)
}

// ObserveNanos adds a duration, exposed in seconds.
func (t *OpenHistogramVec) ObserveNanos(p Pair, clock, ns int64, values ...string) {
	t.at(p, clock, values, ns/1e9, ns%1e9)
}

func (t *OpenHistogramVec) at(p Pair, clock int64, values []string, whole, nano int64) {
	i := t.series(p, clock, values)
	t.grow(i + 1)
	t.observe(i, whole, nano, 1)
}

// Save writes the series in their order.
func (t *OpenHistogramVec) Save(w *codec.Writer) {
	t.open.save(w, func(i int) { t.histograms.save(w, i) })
}

// Load reads what Save wrote.
func (t *OpenHistogramVec) Load(r *codec.Reader) {
	t.open.load(r, func(i int) {
		t.grow(i + 1)
		t.histograms.load(r, i)
	})
}
