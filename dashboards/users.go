package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

func usersBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-users", "Users", "Users",
		"Unique users who interacted with the assistant, by device and browser. Who switches device or browser counts as a new user.")
	b.windows()
	active, fresh := b.in(collectors.UsersActive), b.of(collectors.UsersNew)
	cohort := func(name string) metricOf { return metricOf{b.in(collectors.UsersCohort).Is(cohortLabel, name)} }

	b.row("Who uses the assistant")
	b.line(5,
		number("Distinct users", "Unique users who interacted with the assistant in the last 24 hours, 7 days and 30 days, whatever time range is selected."+exactNow).
			now("24 hours", users(b.of(collectors.UsersActive).Is(collectors.Window, "1d"))).
			now("7 days", users(b.of(collectors.UsersActive).Is(collectors.Window, "7d"))).
			now("30 days", users(b.of(collectors.UsersActive).Is(collectors.Window, "30d"))).
			sideBySide().wide(9).covers("number of unique users"),
		number("New users", "Users who interacted for the first time, and the number in the previous time range."+exactRange).
			now("this period", total(fresh)).
			now("previous", total(fresh).Before(rangeWindow), color(neutral)).
			covers("new users"),
		number("Seen before", "Distinct users of the chosen window who had interacted before it."+exactWindow).
			now("", cohort("active").users().Sub(cohort("new").users())).
			covers("distinct users (those who have interacted previously)"),
		number("Share of new users", "New users among the distinct users of the chosen window."+exactWindow).
			now("", cohort("new").users().Over(cohort("active").users())).
			set(unit(unitShare), decimals(1)).none("No users"),
	)
	b.line(8,
		lines("Distinct users over time", "Unique users of the chosen rolling window, and as they were one time range earlier."+exactWindow).
			over("distinct users", users(active), color(primary)).
			over("previous period", users(active.Ago(rangeWindow)), dashed()...),
		bars("New users over time", "Users who interacted for the first time, and the number in the previous time range."+exactSteps).
			over("new users", step(fresh), color(positive)).
			over("previous period", before(fresh), dashed()...),
	)
	b.row("Devices, browsers and channels")
	b.line(9,
		breakdown("By device", "Distinct users of the chosen window by the device they used."+exactWindow).
			now("{{device}}", users(active, collectors.Device).Func("sort_desc")).
			covers("broken down by the device"),
		breakdown("By browser", "Distinct users of the chosen window by the browser they used."+exactWindow).
			now("{{browser}}", users(active, collectors.Browser).Func("sort_desc")).
			covers("browser used for interaction"),
		breakdown("By channel", "Distinct users of the chosen window by channel."+exactWindow).
			now("{{channel}}", users(active, metric.Channel).Func("sort_desc")),
	)
	b.line(10,
		list("Devices and browsers", "Distinct users of the chosen window, and new users of the selected time range, for each device and browser.").
			key("Device", collectors.Device, filterable(), mapped(text(otherName))).
			key("Browser", collectors.Browser, filterable(), mapped(text(otherName))).
			column("Distinct users", users(active, collectors.Device, collectors.Browser), bar(primary)...).
			column("New users", total(fresh, collectors.Device, collectors.Browser)).
			sortBy("Distinct users").totals(),
		perChannel("Distinct and new users of the chosen window, and new users of the selected time range, for each assistant and channel.").
			column("Distinct users", users(active, metric.Bot, metric.Channel), bar(primary)...).
			column("New in window", users(cohort("new").Selector, metric.Bot, metric.Channel)).
			column("New in range", total(fresh, metric.Bot, metric.Channel)).
			sortBy("Distinct users").totals(),
	)
	return b.build()
}
