package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func overviewBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-overview", "Assistant overview", "",
		"One number of each module, with its change against the previous time range. Click a number to open its module.")
	b.windows()
	active := b.in(collectors.UsersActive)
	cohort := func(name string, w ...promql.Window) promql.Expr {
		s := b.in(collectors.UsersCohort).Is(cohortLabel, name)
		for _, w := range w {
			s = s.Ago(w)
		}
		return users(s)
	}
	count := func(title, description, uid string, s promql.Selector, good better) *panel {
		return number(title, description+" The change is against the previous time range."+exactRange).
			now("this period", total(s)).
			now("vs. previous", total(s).Change(total(s).Before(rangeWindow)), good.fields(0.02)...).
			link(title, uid)
	}
	ratio := func(title, description, uid string, e promql.Expr, good better) *panel {
		return number(title, description+" The change is in points against the previous time range."+exactRange).
			now("this period", e, unit(unitShare), decimals(1)).
			now("points vs. previous", e.Sub(e.Before(rangeWindow)), good.fields(0.01)...).
			link(title, uid)
	}
	started, asked := b.of(collectors.ChatsStarted), b.of(collectors.HandoverChats)
	score := b.of(collectors.CSATScore)
	outcome := func(names ...string) promql.Expr {
		return total(b.of(collectors.ChatsOutcome).Is(outcomeLabel, names...))
	}
	csat := averageScore(b, total)

	b.row("Modules")
	b.line(4,
		number("Users", "Distinct users of the chosen window. The change is against one window earlier."+exactWindow).
			now("this window", users(active)).
			now("vs. previous", users(active).Change(users(active.Ago(userWindow))), more.fields(0.02)...).
			link("Users", "bot-users"),
		count("Messages", "Messages exchanged by users, the assistant and operators.", "bot-messages", b.of(collectors.Messages), neither),
		count("Chats", "Chat sessions that users started.", "bot-chats", started, neither),
		ratio("Handover rate", "Percentage of chats in which a human was requested.", "bot-handover", total(asked).Over(total(started)), less).
			none("No chats"),
		number("Returning rate", "Ratio of returning users to total users of the chosen window. The change is in points against one window earlier."+exactWindow).
			now("this window", cohort("returning").Over(cohort("active")), unit(unitShare), decimals(1)).
			now("points vs. previous", cohort("returning").Over(cohort("active")).
				Sub(cohort("returning", userWindow).Over(cohort("active", userWindow))), more.fields(0.01)...).
			none("No users").link("Engagement", "bot-engagement"),
	)
	b.line(4,
		ratio("Positive feedback", "Positive ratings among the positive and negative ones, as the ratings stand.", "bot-feedback",
			positiveShare(b, total), more).none("No ratings"),
		number("CSAT score", "Average of all CSAT votes as they stand, from 1 to 5. The change is in scores against the previous time range."+exactRange).
			now("this period", csat, append([]field{unit(unitScore), decimals(2)}, coloured(lowIsBad(cfg.limits().CSAT))...)...).
			now("vs. previous", csat.Sub(csat.Before(rangeWindow)), append(more.fields(0.05), unit(unitScore), decimals(2))...).
			none("No votes").link("User satisfaction", "bot-satisfaction"),
		peak("Peak time", "The hour of the week with the most messages, and their number."+exactRange, b.of(collectors.Traffic)).
			link("Traffic", "bot-traffic"),
		count("Clicks", "Clicks on buttons and links.", "bot-clicks", b.of(collectors.Clicks), neither).none("No clicks"),
		count("Agent views", "How often agents and workflows were triggered.", "bot-agents", b.of(collectors.AgentViews), neither).none("No agent ran"),
	)

	b.row("Trends")
	b.line(8,
		bars("Chats", "Chat sessions that users started, and in the previous time range."+exactSteps).
			over("chats", step(started), color(primary)).
			over("previous period", before(started), dashed()...).link("Chats", "bot-chats"),
		lines("Handover rate", "Percentage of chats in which a human was requested, and in the previous time range, which is estimated.").
			over("handover rate", step(asked).Over(step(started)), color(primary)).
			over("previous period", before(asked).Over(before(started)), dashed()...).
			set(unit(unitShare), decimals(1)).link("Handover", "bot-handover"),
		lines("CSAT score", "Average CSAT rating, and in the previous time range, which is estimated.").
			over("score", averageScore(b, step), color(primary)).
			over("previous period", averageScore(b, before), dashed()...).
			set(unit(unitScore), decimals(2), upTo(5)).from(1).link("User satisfaction", "bot-satisfaction"),
	)
	b.row("Quality")
	engaged := outcome("escalated", "resolved", "abandoned", "contained")
	fallback := total(b.of(collectors.Fallbacks)).Over(total(b.of(collectors.Messages).Is(sender, "bot")))
	b.line(4,
		ratio("Containment", "Share of the chats with a user message that were resolved, or answered to the end without a human.", "bot-chats",
			outcome("contained", "resolved").Over(engaged), more).none("No chat has closed"),
		ratio("Abandoned", "Share of the chats with a user message that the user left without an answer.", "bot-chats",
			outcome("abandoned").Over(engaged), less).none("No chat has closed"),
		ratio("Fallback rate", "Share of the assistant's messages that say that it did not understand.", "bot-chats", fallback, less).none("No messages"),
		ratio("CSAT response rate", "Votes among the surveys that were shown.", "bot-satisfaction",
			total(score.Count()).Over(total(b.of(collectors.CSATOffered))), more).none("No surveys"),
		number("Longest wait now", "For how long the user who has waited longest for an operator has waited."+exactNow).
			now("", b.of(collectors.HandoverOldestWait).Now().Max(),
				append(coloured(highIsBad(cfg.limits().HandoverOldestWait)), unit(unitSeconds), decimals(0))...).
			none("Nobody waits").link("Handover", "bot-handover"),
		count("Unanswered", "Chats that closed with a takeover request that nobody accepted.", "bot-handover", b.of(collectors.HandoverUnanswered), less),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	limit := append(coloured(lowIsBad(cfg.limits().CSAT)), unit(unitScore), decimals(2))
	b.line(8, perChannel("The modules for each assistant and channel: users of the chosen window, everything else of the selected time range.").
		column("Users", users(active, pair...)).
		column("Messages", total(b.of(collectors.Messages), pair...)).
		column("Chats", total(started, pair...)).
		column("Handover rate", total(asked, pair...).Over(total(started, pair...)), unit(unitShare), decimals(1)).
		column("Positive", positiveShare(b, total, pair...), unit(unitShare), decimals(1)).
		column("CSAT score", averageScore(b, total, pair...), limit...).
		column("Clicks", total(b.of(collectors.Clicks), pair...)).
		column("Agent views", total(b.of(collectors.AgentViews), pair...)).
		sortBy("Chats"))
	return b.build()
}

// coloured colours a value by thresholds.
func coloured(l []threshold) []field {
	return []field{{Id: "color", Value: dashboard.FieldColor{Mode: dashboard.FieldColorModeIdThresholds}}, limits(l...)}
}
