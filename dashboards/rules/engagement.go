package rules

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// windowed is the labels of recorded numbers of users.
var windowed = append(pair[:3:3], collectors.Window)

// perWindow records the number of distinct users in each rolling window.
func (b *builder) perWindow(name string, s promql.Selector) promql.Selector {
	return b.record(windowed, name, "sum", 0, s.Now().Aggregate("sum", windowed...))
}

// active records the number of all distinct users.
func (b *builder) active() promql.Selector {
	defer b.in("engagement")()
	return b.perWindow(base(collectors.UsersActive), b.scope.Of(collectors.UsersActive))
}

// byUsers records users of a kind, and their share of the active users.
func (b *builder) byUsers(d *metric.Def, cohort string) {
	name, s := base(d), b.scope.Of(d)
	if cohort != "" {
		name, s = name+"_"+cohort, s.Is(collectors.UsersCohort.Labels[2], cohort)
	}
	part, whole := b.perWindow(name, s), b.active()
	b.record(windowed, name+"_per_"+short(base(collectors.UsersActive)), "ratio", 0, part.Recorded().Over(whole.Recorded()))
}

func (b *builder) engagement() {
	b.byUsers(collectors.UsersCohort, session.CohortReturning.String())
	b.byUsers(collectors.UsersCohort, session.CohortNew.String())
}
