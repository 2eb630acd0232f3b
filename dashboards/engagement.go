package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var cohortLabel = collectors.UsersCohort.Labels[2]

func engagementModule() module {
	return module{
		board: engagementBoard,
		headlines: func(b *board) headlines {
			return headlines{numbers: []*panel{
				b.cohortRate("Returning rate"+lastWindow, "Share of the window's users who came back for another visit, and the change in percentage points.", "returning").
					link("Engagement", "bot-engagement"),
			}}
		},
		lends: map[string]func(*board) []*panel{
			"bot-users": func(b *board) []*panel {
				return []*panel{
					number("Distinct users: seen before"+lastWindow, "Users of the window who had interacted before it began: unique users without the new ones."+exactWindow).
						now("", b.cohort("active").Sub(b.cohort("new"))).
						none("No data on users in this window").covers("distinct users (those who have interacted previously)"),
					b.cohortRate("Share of new users"+lastWindow, "Users of the window who were never seen before it, among all, and the change in percentage points.", "new"),
				}
			},
			"bot-chats": func(b *board) []*panel {
				returns, active := b.of(collectors.UserReturns), b.in(collectors.UsersActive)
				visits := returns.Increase(userWindow).Sum().Add(b.cohort("new"))
				return []*panel{
					number("Return visits", "Visits of users after their first, and the change. A visit begins half an hour or more after the user was last seen."+exactRange).
						counted(b, total(returns), more).none("No user yet").covers("how often users return"),
					number("Days between visits"+lastWindow, "Average time from one visit of a user to the next: the days of the window, for each user, over the visits in it. Few days mean that users come often."+fromRates).
						now("", promql.Days(userWindow).Mul(users(active)).OverLeast(visits, b.cfg.Thresholds.Least.Point), decimals(1), unit("d")).
						none("Too few visits in this window").covers("how often users return"),
				}
			},
		},
	}
}

// cohort is a number of users of the chosen window: new, returning or all.
func (b *board) cohort(name string, by ...metric.Label) promql.Expr {
	return users(b.in(collectors.UsersCohort).Is(cohortLabel, name), by...)
}

func (b *board) cohortAgo(name string, w promql.Window) promql.Expr {
	return users(b.in(collectors.UsersCohort).Is(cohortLabel, name).Ago(w))
}

// cohortRate is the share of a cohort among all users of the window, and its change.
func (b *board) cohortRate(title, description, name string) *panel {
	least := b.cfg.Thresholds.Least
	return number(title, description+exactWindow).signed().
		now("share", b.cohort(name).Over(b.cohort("active")), unit(unitShare), decimals(1)).
		now("pp vs. "+comparedWith, promql.Number(100).Mul(
			b.cohort(name).OverLeast(b.cohort("active"), least.Compare).
				Sub(b.cohortAgo(name, earlier).OverLeast(b.cohortAgo("active", earlier), least.Compare))), more.fields(1)...).
		none("No data on users in this window")
}

func engagementBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-engagement", "Engagement", "Engagement",
		"User engagement and retention: new and returning users. In a rolling window, a user is new who was seen for the first time, and returning who came back for another visit: half an hour or more after they were last seen. One user can be both.")
	returns, least := b.of(collectors.UserReturns), cfg.Thresholds.Least
	of := func(title, description, name string, good better) *panel {
		was := b.cohortAgo(name, earlier).Where(">=", promql.Number(least.Compare))
		return number(title+lastWindow, description+" Below it, the change against an earlier time."+exactWindow).signed().
			now("users", b.cohort(name), unit(unitCount)).
			now("% vs. "+comparedWith, promql.Number(100).Mul(b.cohort(name).Change(was)), good.fields(2)...).
			none("No data on users in this window")
	}

	b.row("New and returning users")
	b.line(5,
		b.cohortRate("Returning rate"+lastWindow, "Ratio of returning users to total users: how often users come back to engage with the assistant. Below it, the change in percentage points.", "returning").
			covers("Returning Rate"),
		of("New users", "Users who interacted with the assistant for the first time.", "new", more).covers("New Users"),
		of("Returning users", "Users who have interacted before and returned to chat again.", "returning", more).covers("Returning Users"),
		of("Total users", "All unique users.", "active", more),
	)
	b.line(8,
		lines("New and returning users over time"+lastWindow, "New, returning and all unique users of the window that ends at each point."+exactWindow).
			over("all", b.cohort("active"), color(neutral)).
			over("new", b.cohort("new"), color(positive)).
			over("returning", b.cohort("returning"), color(primary)).none("No data on users in this window"),
		lines("Returning rate over time"+lastWindow, "Returning users to total users of the window that ends at each point, and as it was at the earlier time."+exactWindow+sparse).
			over("returning rate", b.cohort("returning").OverLeast(b.cohort("active"), least.Point), color(primary)).
			over(comparedWith, b.cohortAgo("returning", earlier).OverLeast(b.cohortAgo("active", earlier), least.Point), dashed()...).
			set(unit(unitShare), anyDecimals()).none("Too few users in this window"),
	)
	b.line(8,
		bars("Return visits over time", "Visits of users after their first, and at the earlier time, which is estimated."+exactSteps).
			over("return visits", step(returns), color(primary)).
			over(comparedWith, before(returns), dashed()...).none("No data on return visits in a step that has passed"),
	)
	b.pairsTable(perPair("Assistants and channels"+lastWindow, "New and returning users for each assistant and channel."+exactWindow).
		column("Users", b.cohort("active", pair...), bar(primary)...).
		column("New", b.cohort("new", pair...)).
		column("Returning", b.cohort("returning", pair...)).
		column("Returning rate", b.cohort("returning", pair...).OverLeast(b.cohort("active", pair...), least.Point), unit(unitShare), decimals(1)).
		none("No data on users in this window"),
		"Users", "Returning rate", true)
	return b.build()
}
