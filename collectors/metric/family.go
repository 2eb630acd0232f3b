package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// Family is the table of one metric. Series are appended in stream order; a series keeps its index and its labels for
// good. Not safe for concurrent use: the owner of the state serialises every call.
type Family interface {
	Def() *Def
	Len() int                            // number of series
	Labels(dst []string, i int) []string // appends the label values of series i, in the order of Def().Labels
	Start(i int) int64                   // fold clock in Unix nanoseconds when series i was created; 0 when unknown
}

// Scalars is a Family of counters or gauges.
type Scalars interface {
	Family
	// Read appends the value of every series as of now, in Unix nanoseconds. Only gauges depend on now.
	Read(dst []float64, now int64) []float64
}

// Histograms is a Family of histograms.
type Histograms interface {
	Family
	// Read copies the value of series i into dst, whose slices are used again.
	Read(i int, dst *HistogramValue)
}

// Saver is state that goes into a checkpoint. Load reads what Save wrote into an empty state.
type Saver interface {
	Save(*codec.Writer)
	Load(*codec.Reader)
}

// Stateful is a Family whose numbers are state of its own. Grow adds the series of pairs that were added since.
type Stateful interface {
	Family
	Saver
	Grow()
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
