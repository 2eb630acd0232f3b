package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Satisfaction: CSAT votes of 1 (very unsatisfied) to 5 (very satisfied) (seed, "User Satisfaction").
var (
	CSATScore = metric.Histogram("bot_csat_score",
		"CSAT votes from 1, very unsatisfied, to 5, very satisfied.", []float64{1, 2, 3, 4, 5})
	CSATOffered = metric.Counter("bot_csat_offered_total",
		"CSAT surveys shown.")
)

type satisfaction struct {
	score   *metric.Dist
	offered *metric.Count
}

func newSatisfaction(d deps) *satisfaction {
	return &satisfaction{metric.NewDist(CSATScore, d.pairs), metric.NewCount(CSATOffered, d.pairs)}
}

func (*satisfaction) Name() string                { return "satisfaction" }
func (s *satisfaction) Families() []metric.Family { return []metric.Family{s.score, s.offered} }

func (s *satisfaction) Fold(f *session.Fact) {
	switch f.Kind {
	case event.CSATOffered:
		s.offered.Inc(f.Pair)
	case event.CSATSubmitted:
		s.score.Observe(f.Pair, int64(f.Score), 1)
	}
}
