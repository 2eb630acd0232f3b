package collectors

import (
	"strconv"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Satisfaction: CSAT votes of 1 (very unsatisfied) to 5 (very satisfied).
var (
	CSATScore = metric.Histogram("bot_csat_score",
		"First CSAT vote in each chat, from 1 (very unsatisfied) to 5 (very satisfied).", []float64{1, 2, 3, 4, 5})
	CSATChanges = metric.Counter("bot_csat_changes_total",
		"Changes of the CSAT vote for a chat, from one score to another.",
		metric.Closed[score]("from"), metric.Closed[score]("to"))
	CSATOffered = metric.Counter("bot_csat_offered_total",
		"CSAT surveys shown to users.")
)

// score is a vote as a label.
type score event.Score

func (s score) String() string {
	if s < 1 || s > 5 {
		return ""
	}
	return strconv.Itoa(int(s))
}

type satisfaction struct {
	score   *metric.HistogramVec
	changes *metric.CounterVec2[score, score]
	offered *metric.CounterVec
}

func newSatisfaction(d deps) *satisfaction {
	return &satisfaction{
		score:   metric.NewHistogramVec(CSATScore, d.pairs),
		changes: metric.NewCounterVec2[score, score](CSATChanges, d.pairs),
		offered: metric.NewCounterVec(CSATOffered, d.pairs),
	}
}

func (*satisfaction) Name() string  { return "satisfaction" }
func (*satisfaction) Title() string { return "User satisfaction" }

func (s *satisfaction) Families() []metric.Family {
	return []metric.Family{s.score, s.changes, s.offered}
}

func (s *satisfaction) Fold(f *session.Fact) {
	switch {
	case f.Kind == event.CSATOffered:
		s.offered.Inc(f.Pair)
	case f.FirstVote:
		s.score.Observe(f.Pair, int64(f.Score), 1)
	case f.VoteFrom != 0:
		s.changes.Inc(f.Pair, score(f.VoteFrom), score(f.Score))
	}
}

func (*satisfaction) Headlines(n Numbers) []Headline {
	votes, points := n.Observed(CSATScore)
	from, to := CSATChanges.Labels[2], CSATChanges.Labels[3]
	for _, before := range from.Values {
		for _, after := range to.Values {
			was, is := CSATChange(before, after)
			points += (is - was) * n.Sum(CSATChanges, from.Name, before, to.Name, after)
		}
	}
	return []Headline{
		{Label: "CSAT, 1 to 5", Unit: UnitScore, Value: quotient(points, votes)},
		count(votes, "votes"),
		share(votes, n.Sum(CSATOffered), "response rate"),
	}
}

// CSATChange returns the scores before and after one of CSATChanges, from the values of its labels from and to.
func CSATChange(scores ...string) (from, to float64) {
	before, _ := strconv.Atoi(scores[0]) // the labels are closed lists of numbers
	after, _ := strconv.Atoi(scores[1])
	return float64(before), float64(after)
}
