package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Engagement: who is new and who comes back.
var (
	UsersCohort = metric.Gauge("bot_users_cohort",
		"Distinct users in the rolling window: all active users, new users, and users who came back for another visit.",
		metric.OneOf("cohort", "new", "returning", "active"), Window)
	UserReturns = metric.Counter("bot_user_returns_total",
		"Visits of users after their first. A visit begins when a user is seen again after a gap.")
)

type engagement struct {
	cohorts *cohorts
	returns *metric.CounterVec
}

func newEngagement(d deps) *engagement {
	return &engagement{
		cohorts: newCohorts(UsersCohort, d, session.CohortNew, session.CohortReturning, session.CohortActive),
		returns: metric.NewCounterVec(UserReturns, d.pairs),
	}
}

func (*engagement) Name() string                { return "engagement" }
func (*engagement) Title() string               { return "Engagement" }
func (e *engagement) Families() []metric.Family { return []metric.Family{e.cohorts, e.returns} }

func (e *engagement) Fold(f *session.Fact) {
	if f.Returns {
		e.returns.Inc(f.Pair)
	}
}

func (*engagement) Headlines(n Numbers) []Headline {
	week := func(c session.Cohort) float64 { return n.Sum(UsersCohort, "cohort", c.String(), Window.Name, "7d") }
	returning := week(session.CohortReturning)
	return []Headline{
		share(returning, week(session.CohortActive), "returning rate, 7 days"),
		count(week(session.CohortNew), "new users, 7 days"),
		count(returning, "returning users, 7 days"),
	}
}

// cohorts reads the sessions: the size of some cohorts in every window. A metric of one cohort has no label for it.
type cohorts struct {
	def      *metric.Def
	pairs    *metric.Pairs
	sessions *session.Table
	list     []session.Cohort
	windows  []string
	active   []float64 // scratch: by pair and window
}

func newCohorts(def *metric.Def, d deps, list ...session.Cohort) *cohorts {
	return &cohorts{def: def, pairs: d.pairs, sessions: d.sessions, list: list, windows: windowNames(d.cfg.Session.Windows)}
}

func (c *cohorts) Def() *metric.Def { return c.def }
func (c *cohorts) stride() int      { return len(c.list) * len(c.windows) }
func (c *cohorts) Len() int         { return c.pairs.Len() * c.stride() }
func (*cohorts) Start(int) int64    { return 0 }

func (c *cohorts) Labels(dst []string, i int) []string {
	bot, channel := c.pairs.Labels(metric.Pair(i / c.stride()))
	dst = append(dst, bot, channel)
	if len(c.list) > 1 {
		dst = append(dst, c.list[i%c.stride()/len(c.windows)].String())
	}
	return append(dst, c.windows[i%len(c.windows)])
}

func (c *cohorts) Read(dst []float64, now int64) []float64 {
	c.sumActive(now)
	for p := range c.pairs.Len() {
		for _, k := range c.list {
			for w := range c.windows {
				if k == session.CohortActive {
					dst = append(dst, c.active[p*len(c.windows)+w])
				} else {
					dst = append(dst, float64(c.sessions.CohortSize(metric.Pair(p), k, w, now)))
				}
			}
		}
	}
	return dst
}

// sumActive adds up the groups: a user is in one group only, so that their sum counts nobody twice.
func (c *cohorts) sumActive(now int64) {
	c.active = append(c.active[:0], make([]float64, c.pairs.Len()*len(c.windows))...)
	for g := range c.sessions.Groups() {
		p, _, _ := c.sessions.Group(g)
		for w := range c.windows {
			c.active[int(p)*len(c.windows)+w] += float64(c.sessions.GroupActive(g, w, now))
		}
	}
}
