package metric

// GaugeFunc is a gauge without labels beyond bot and channel whose values a function reads, as of the time of a scrape.
type GaugeFunc struct {
	def   *Def
	pairs *Pairs
	read  func(dst []float64, now int64) []float64
}

// NewGaugeFunc returns a gauge of what read appends: one value for each pair, as of now in Unix nanoseconds.
func NewGaugeFunc(d *Def, p *Pairs, read func(dst []float64, now int64) []float64) *GaugeFunc {
	return &GaugeFunc{d, p, read}
}

// Def returns the metric's definition.
func (g *GaugeFunc) Def() *Def { return g.def }

// Len returns the number of series.
func (g *GaugeFunc) Len() int { return g.pairs.Len() }

// Start returns 0: a gauge has no start.
func (*GaugeFunc) Start(int) int64 { return 0 }

// Labels appends the label values of series i.
func (g *GaugeFunc) Labels(dst []string, i int) []string {
	bot, channel := g.pairs.Labels(Pair(i))
	return append(dst, bot, channel)
}

// Read appends the values of all series.
func (g *GaugeFunc) Read(dst []float64, now int64) []float64 { return g.read(dst, now) }
