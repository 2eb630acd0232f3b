package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func usersModule() module {
	return module{board: usersBoard, headlines: func(b *board) headlines {
		active := b.in(collectors.UsersActive)
		return headlines{
			numbers: []*panel{
				number("Unique users"+lastWindow, "Users who interacted with the assistant, and the change against an earlier time."+exactWindow).
					signed().now("users", users(active), unit(unitCount)).
					now("% vs. "+comparedWith, promql.Number(100).Mul(users(active).Change(users(active.Ago(earlier)).Where(">=", promql.Number(b.cfg.Thresholds.Least.Compare)))), more.fields(2)...).
					none("No data on users in this window").link("Users", "bot-users"),
			},
			columns: []func(*panel){func(p *panel) {
				p.column("Users", users(active, pair...))
			}},
		}
	}}
}

// in selects users of the chosen rolling window.
func (b *board) in(d *metric.Def) promql.Selector {
	return b.of(d).Like(collectors.Window, userWindow.Text)
}

func usersBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-users", "Users", "Users",
		"Unique users who interacted with the assistant, by device and browser. A person who switches device or browser counts as a new user.")
	active, fresh := b.in(collectors.UsersActive), b.of(collectors.UsersNew)
	in := func(window string) promql.Expr {
		return users(b.of(collectors.UsersActive).Is(collectors.Window, window))
	}

	b.row("Who uses the assistant")
	first := []*panel{
		number("Unique users", "Users who interacted with the assistant in the last 24 hours, 7 days and 30 days, whatever time range is selected. One user can be in all three."+exactNow).
			now("24 hours", in("1d")).
			now("7 days", in("7d"), color(neutral)).
			now("30 days", in("30d"), color(neutral)).
			none("No user yet").covers("number of unique users"),
		number("New users (selected range)", "Users who interacted for the first time in the selected time range, and the change."+exactRange).
			counted(b, total(fresh), more).none("No user yet").covers("new users"),
	}
	b.lines(5, append(first, lent(b)...)...)
	b.line(8,
		lines("Unique users over time"+lastWindow, "Users who interacted in the window that ends at each point, and as they were at the earlier time."+exactWindow).
			over("unique users", users(active), color(primary)).
			over(comparedWith, users(active.Ago(earlier)), dashed()...).none("No data on users in this window"),
		bars("New users over time", "Users who interacted for the first time, and at the earlier time, which is estimated."+exactSteps).
			over("new users", step(fresh), color(positive)).
			over(comparedWith, before(fresh), dashed()...).none("No data on new users in a step that has passed"),
	)
	b.row("Devices, browsers and channels")
	by := func(title, what string, l metric.Label) *panel {
		return breakdown(title+lastWindow, "Unique users by "+what+"."+exactWindow).
			now("{{"+l.Name+"}}", users(active, l).Top(12).Func("sort_desc")).none("No data on users in this window")
	}
	b.line(9,
		by("Devices", "the device they used", collectors.Device).covers("broken down by the device"),
		by("Browsers", "the browser they used, the twelve most frequent", collectors.Browser).covers("browser used for interaction"),
		by("Channels", "channel", metric.Channel),
	)
	b.line(12,
		list("Device and browser"+lastWindow, "Unique users of the window, and new users of the selected time range, for each device and browser.").
			key("Device", collectors.Device, filterable(), mapped(text(otherName))).
			key("Browser", collectors.Browser, filterable(), mapped(text(otherName))).
			column("Unique users", users(active, collectors.Device, collectors.Browser), bar(primary)...).
			column("New in range", total(fresh, collectors.Device, collectors.Browser)).
			sortBy("Unique users").none("No data on users in this window"),
		perPair("Assistants and channels"+lastWindow, "Unique users of the window, and new users of the selected time range, for each assistant and channel.").
			column("Unique users", users(active, pair...), bar(primary)...).
			column("New in range", total(fresh, pair...)).
			sortBy("Unique users").none("No data on users in this window"),
	)
	return b.build()
}
