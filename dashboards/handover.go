package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func handoverBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-handover", "Handover", "Handover",
		"How users ask for a human during a conversation, whether through Human Takeover or ticket creation.")
	b.windows()
	started, asked, requests := b.of(collectors.ChatsStarted), b.of(collectors.HandoverChats), b.of(collectors.HandoverRequests)
	wait, unanswered := b.of(collectors.HandoverWait), b.of(collectors.HandoverUnanswered)
	first, waiting, oldest := b.of(collectors.HandoverFirstResponse), b.of(collectors.HandoverWaiting), b.of(collectors.HandoverOldestWait)
	longest := highIsBad(cfg.limits().HandoverOldestWait)
	rate := func(e func(promql.Selector, ...metric.Label) promql.Expr) promql.Expr {
		return e(asked).Over(e(started))
	}
	limit := highIsBad(cfg.limits().HandoverRate)

	b.row("Who waits now")
	b.line(5,
		number("Users who wait now", "Open chats with a takeover request that no operator has accepted."+exactNow).
			now("", users(waiting)).none("Nobody waits"),
		number("Longest wait now", "For how long the user who has waited longest for an operator has waited."+exactNow).
			now("", oldest.Now().Max()).
			set(unit(unitSeconds), decimals(0), byThresholds(), limits(longest...)).none("Nobody waits"),
		samples("Users who wait over time", "Open chats with a takeover request that no operator has accepted, by channel.").
			over("{{channel}}", users(waiting, metric.Channel)).wide(8),
		samples("Longest wait over time", "For how long the user who has waited longest has waited, by channel.").
			over("{{channel}}", oldest.Now().Max(metric.Channel)).
			set(unit(unitSeconds)).wide(8),
	)
	b.row("Who asks for a human")
	b.line(5,
		number("Human handover rate of users", "Percentage of users requesting to speak with a human operator: of the distinct users of the chosen window."+exactWindow).
			now("", users(b.in(collectors.HandoverUsers)).Over(users(b.in(collectors.UsersActive)))).
			share(limit...).none("No users").covers("Human Handover Rate"),
		number("Human handover rate of chats", "Percentage of chats in which a human was requested, and in the previous time range."+exactRange).
			now("this period", rate(total)).
			now("previous", rate(total).Before(rangeWindow), color(neutral)).
			share(limit...).none("No chats").covers("Human Handover Rate"),
		number("Chats with requests", "Total number of chats where a human was requested, and the number in the previous time range."+exactRange).
			now("this period", total(asked)).
			now("previous", total(asked).Before(rangeWindow), color(neutral)).
			covers("Chats with Requests"),
		number("Chats without requests", "Total number of chats without any request for a human, and the number in the previous time range."+exactRange).
			now("this period", remainder(total(started), total(asked))).
			now("previous", remainder(total(started), total(asked)).Before(rangeWindow), color(neutral)).
			covers("Chats without Requests"),
	)
	b.line(8,
		lines("Handover rate of chats over time", "Percentage of chats in which a human was requested, and in the previous time range. Each point is exact for its step; the previous time range is estimated.").
			over("handover rate", rate(step), color(primary)).
			over("previous period", rate(before), dashed()...).
			set(unit(unitShare), decimals(1)),
		bars("Requests over time", "Requests for a human by cause."+exactSteps).
			over(causes[0].name, step(requests.Is(cause, causes[0].value)), color(causes[0].color)).
			over(causes[1].name, step(requests.Is(cause, causes[1].value)), color(causes[1].color)).
			over(causes[2].name, step(requests.Is(cause, causes[2].value)), color(causes[2].color)),
	)

	b.row("Breakdown of requests")
	why := breakdown("By cause", "Direct: users explicitly requested a human. After fallback: they did so after an AI-generated response failed. After operator button: they pressed a quick reply to request an operator after an automated response."+exactRange).
		covers("Direct Requests", "Requests After Fallback", "Request After Operator Button")
	how := breakdown("Takeover and ticket", "Requests through Human Takeover in the chat, and through ticket creation."+exactRange).
		covers("Human Takeover", "ticket creation")
	for _, c := range causes {
		why.now(c.name, total(requests.Is(cause, c.value)), color(c.color))
	}
	how.now("human takeover", total(requests.Is(via, "takeover")), color(primary))
	how.now("ticket", total(requests.Is(via, "ticket")), color(second))
	chats := breakdown("Chats by their first request", "Chats with requests, by the way of the first: Human Takeover or ticket creation."+exactRange).
		now("human takeover", total(asked.Is(via, "takeover")), color(primary)).
		now("ticket", total(asked.Is(via, "ticket")), color(second))
	b.line(7, why.wide(7), how.wide(5), chats.wide(5),
		list("Causes and ways", "Requests for a human by cause, and by the way they take."+exactRange).
			key("Cause", cause, mapped(text(causeNames)), minWidth(150)).
			column("Human takeover", total(requests.Is(via, "takeover"), cause)).
			column("Ticket", total(requests.Is(via, "ticket"), cause)).
			totals(),
	)

	b.row("How long they wait")
	slow := highIsBad(cfg.limits().HandoverWait)
	b.line(7,
		number("Wait for an operator", "Time from the first takeover request to the operator who accepts it. The average is exact, the others are estimated from buckets.").
			now("average", total(wait.Sum()).Over(total(wait.Count()))).
			now("median", quantile(0.5, wait)).
			now("p95", quantile(0.95, wait)).
			set(unit(unitSeconds), decimals(1), byThresholds(), limits(slow...)).none("Nobody waited").wide(6),
		number("First message of an operator", "Time from the first takeover request of a chat to the first message of an operator after it. The average is exact, the others are estimated from buckets.").
			now("average", total(first.Sum()).Over(total(first.Count()))).
			now("median", quantile(0.5, first)).
			now("p95", quantile(0.95, first)).
			set(unit(unitSeconds), decimals(1)).none("No operator wrote").wide(6),
		number("Accepted", "Takeover requests that an operator accepted."+exactRange).
			now("", total(wait.Count())).wide(3),
		number("Unanswered", "Chats that closed with a takeover request that nobody accepted, and their share of the requests that came to an end."+exactRange).
			now("chats", total(unanswered)).
			now("share", total(unanswered).Over(total(unanswered).Add(total(wait.Count()))), unit(unitShare), decimals(1), color(neutral)).wide(3),
		lines("Wait over time", "Median and p95 of the wait for an operator, and median time to the first message of an operator."+estimate).
			over("wait, median", stepQuantile(0.5, wait), color(primary)).
			over("wait, p95", stepQuantile(0.95, wait), color(warning)).
			over("first message, median", stepQuantile(0.5, first), color(second)).
			set(unit(unitSeconds), decimals(1)),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	b.line(8, perChannel("Handover for each assistant and channel."+exactRange).
		column("Chats with requests", total(asked, pair...)).
		column("Chats", total(started, pair...)).
		column("Handover rate", total(asked, pair...).Over(total(started, pair...)), unit(unitShare), decimals(1)).
		column("Requests", total(requests, pair...)).
		column("Unanswered", total(unanswered, pair...)).
		column("Waiting now", users(waiting, pair...)).
		column("Longest wait now", oldest.Now().Max(pair...), unit(unitSeconds), decimals(0), byThresholds(), limits(longest...)).
		column("Average wait", total(wait.Sum(), pair...).Over(total(wait.Count(), pair...)), unit(unitSeconds), decimals(1)).
		sortBy("Chats with requests"))
	return b.build()
}

var causes = []struct{ value, name, color string }{
	{"direct", "direct", primary},
	{"after_fallback", "after fallback", warning},
	{"operator_button", "after operator button", second},
}

var causeNames = map[string]string{"direct": "Direct", "after_fallback": "After fallback", "operator_button": "After operator button"}
