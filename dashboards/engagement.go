package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

func engagementBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-engagement", "Engagement", "Engagement",
		"User engagement and retention: new and returning users. In a rolling window, a user is new who was seen for the first time, and returning who came back for another visit: half an hour or more after they were last seen. One user can be both.")
	b.windows()
	cohort := func(name string) metricOf { return metricOf{b.in(collectors.UsersCohort).Is(cohortLabel, name)} }
	earlier := func(name string) metricOf {
		return metricOf{cohort(name).Ago(userWindow)}
	}
	returns, fresh := b.of(collectors.UserReturns), b.of(collectors.UsersNew)

	b.row("New and returning users")
	b.line(5,
		number("Returning rate", "Ratio of returning users to total users: how often users come back to engage with the assistant. Beside it, one window earlier."+exactWindow).
			now("this window", cohort("returning").users().Over(cohort("active").users())).
			now("one window earlier", earlier("returning").users().Over(earlier("active").users()), color(neutral)).
			set(unit(unitShare), decimals(1)).none("No users").covers("Returning Rate"),
		number("New users", "Users who interacted with the assistant for the first time. Beside it, one window earlier."+exactWindow).
			now("this window", cohort("new").users()).
			now("one window earlier", earlier("new").users(), color(neutral)).
			covers("New Users"),
		number("Returning users", "Users who have previously interacted and returned to chat again. Beside it, one window earlier."+exactWindow).
			now("this window", cohort("returning").users()).
			now("one window earlier", earlier("returning").users(), color(neutral)).
			covers("Returning Users"),
		number("Total users", "All distinct users. Beside it, one window earlier."+exactWindow).
			now("this window", cohort("active").users()).
			now("one window earlier", earlier("active").users(), color(neutral)),
		number("Return visits", "Visits of users after their first, and the number in the previous time range."+exactRange).
			now("this period", total(returns)).
			now("previous", total(returns).Before(rangeWindow), color(neutral)),
	)
	b.line(8,
		lines("New and returning users over time", "New, returning and all distinct users of the chosen rolling window."+exactWindow).
			over("all", cohort("active").users(), color(neutral)).
			over("new", cohort("new").users(), color(positive)).
			over("returning", cohort("returning").users(), color(primary)),
		lines("Returning rate over time", "Returning users to total users of the chosen rolling window, and as it was one time range earlier."+exactWindow).
			over("returning rate", cohort("returning").users().Over(cohort("active").users()), color(primary)).
			over("previous period", metricOf{cohort("returning").Ago(rangeWindow)}.users().
				Over(metricOf{cohort("active").Ago(rangeWindow)}.users()), dashed()...).
			set(unit(unitShare), decimals(1)),
	)
	b.line(8,
		bars("Return visits over time", "Visits of users after their first, and in the previous time range."+exactSteps).
			over("return visits", step(returns), color(primary)).
			over("previous period", before(returns), dashed()...),
		bars("New users over time", "Users who interacted for the first time."+exactSteps).
			over("new users", step(fresh), color(positive)).
			over("previous period", before(fresh), dashed()...),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	b.line(8, perChannel("New and returning users for each assistant and channel."+exactWindow).
		column("Users", cohort("active").users(pair...), bar(primary)...).
		column("New", cohort("new").users(pair...)).
		column("Returning", cohort("returning").users(pair...)).
		column("Returning rate", cohort("returning").users(pair...).Over(cohort("active").users(pair...)), unit(unitShare), decimals(1)).
		sortBy("Users"))
	return b.build()
}
