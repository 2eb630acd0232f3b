package collectors

import "github.com/bot-exporter/bot-exporter/collectors/metric"

// gauge is a view of the sessions: one value for each bot and channel, as of the time of a scrape. It only reads.
type gauge struct {
	def   *metric.Def
	pairs *metric.Pairs
	read  func(dst []float64, now int64) []float64
}

func newGauge(def *metric.Def, d deps, read func([]float64, int64) []float64) *gauge {
	return &gauge{def, d.pairs, read}
}

func (g *gauge) Def() *metric.Def { return g.def }
func (g *gauge) Len() int         { return g.pairs.Len() }
func (*gauge) Start(int) int64    { return 0 }

func (g *gauge) Labels(dst []string, i int) []string {
	bot, channel := g.pairs.Labels(metric.Pair(i))
	return append(dst, bot, channel)
}

func (g *gauge) Read(dst []float64, now int64) []float64 { return g.read(dst, now) }
