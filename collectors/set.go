package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Set is the whole state: the sessions and every module. It is a function of the messages folded into it and of the
// configuration. Not safe for concurrent use.
type Set struct {
	cfg        Config
	pairs      *metric.Pairs
	sessions   *session.Table
	overflow   *metric.Overflow
	otherBot   metric.Row
	otherChan  metric.Row
	collectors []Collector
	families   []metric.Family
	stream     *stream
	grow       []metric.Stateful
}

// New returns an empty Set.
func New(cfg Config) *Set {
	s, probe := newSet(cfg), newSet(cfg)
	probe.pairs.Intern("bot", "channel", 0)
	pair := probe.Samples() - s.Samples()
	s.pairs.SetBudget(metric.NewBudget(cfg.MaxSeries, pair, s.families))
	return s
}

// Samples returns how many samples the text format has for all metrics.
func (s *Set) Samples() int { return metric.Samples(s.families) }

func newSet(cfg Config) *Set {
	s := &Set{cfg: cfg, pairs: metric.NewPairs(cfg.MaxBots, cfg.MaxChannels)}
	s.sessions = session.New(cfg.Session, s.pairs)
	s.overflow = metric.NewOverflow(LabelOverflow, s.pairs)
	s.otherBot, s.otherChan = s.overflow.Row("*", metric.Bot.Name), s.overflow.Row("*", metric.Channel.Name)
	s.collectors = modules(deps{cfg, s.pairs, s.sessions, s.overflow})
	for _, c := range s.collectors {
		if c, ok := c.(*stream); ok {
			s.stream = c
		}
		s.families = append(s.families, c.Families()...)
		for _, f := range c.Families() {
			if f, ok := f.(metric.Stateful); ok {
				s.grow = append(s.grow, f)
			}
		}
	}
	return s
}

// Fold folds one message of the stream: its stored time in Unix nanoseconds, and what Decode made of it, an event
// or a reject. Nothing of the event is kept.
func (s *Set) Fold(stored int64, e *event.Event, reject *event.Reject) {
	witness := e
	if reject != nil {
		witness = nil
	}
	stored, doubted := s.sessions.Witness(stored, witness)
	if doubted {
		s.stream.doubted.Inc(0)
	}
	if f := s.sessions.Advance(stored); f != nil {
		s.count(f)
	}
	switch {
	case reject != nil:
		s.stream.rejected.Inc(0, reject.Reason)
	case e.Env == "test" && !s.cfg.IncludeTest:
		s.stream.ignored.Inc(0, ignoredTest)
	case s.sessions.Duplicate(e):
		s.stream.duplicates.Inc(0)
	default:
		s.apply(e, stored)
	}
}

func (s *Set) apply(e *event.Event, stored int64) {
	pairs := s.pairs.Len()
	f := s.sessions.Apply(e, stored)
	if s.pairs.Len() > pairs {
		for _, g := range s.grow {
			g.Grow()
		}
	}
	if f.OtherBot {
		s.overflow.Inc(s.otherBot)
	}
	if f.OtherChannel {
		s.overflow.Inc(s.otherChan)
	}
	s.count(f)
}

func (s *Set) count(f *session.Fact) {
	for _, c := range s.collectors {
		c.Fold(f)
	}
}

// Lost counts messages that the stream dropped before they were read.
func (s *Set) Lost(n uint64) { s.stream.lost.Add(0, n) }

// Clock returns the fold clock: the largest stored time so far, in Unix nanoseconds; 0 before the first message.
func (s *Set) Clock() int64 { return s.sessions.Clock() }

// Families returns the tables of all metrics, by module. They stay the same for the life of the Set.
func (s *Set) Families() []metric.Family { return s.families }
