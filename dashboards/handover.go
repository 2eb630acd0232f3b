package dashboards

import (
	"fmt"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var (
	cause = collectors.HandoverRequests.Labels[2]
	via   = collectors.HandoverRequests.Labels[3]
)

// handoverKPIs are the ratios of the module and their limits, the same wherever they are shown.
type handoverKPIs struct {
	rate, unanswered                   ratio
	limit, unansweredLimit, wait, open limit
}

func (b *board) handoverKPIs() handoverKPIs {
	a := &b.cfg.Rules.Alerts
	wait, unanswered := b.of(collectors.HandoverWait), b.of(collectors.HandoverUnanswered)
	return handoverKPIs{
		rate:            shareOf(b.of(collectors.HandoverChats), b.of(collectors.ChatsStarted)),
		unanswered:      ratio{part: tally(unanswered), whole: sumOf(unanswered, wait.Count())},
		limit:           rising(a.HandoverRateHigh.Above, a.HandoverRateHigh.MinCount, "BotHandoverRateHigh", "BotHandoverRateAboveLastWeek"),
		unansweredLimit: rising(a.HandoverUnanswered.Above, a.HandoverUnanswered.MinCount, "BotHandoverUnanswered"),
		wait:            rising(time.Duration(a.HandoverWaitLong.Above).Seconds(), a.HandoverWaitLong.MinCount, "BotHandoverWaitLong"),
		open:            rising(time.Duration(a.HandoverWaitingNow.Above).Seconds(), 0, "BotHandoverWaitingNow"),
	}
}

const saysHandover = "Share of chats in which a human was requested, and the change in percentage points."

func handoverModule() module {
	return module{board: handoverBoard, headlines: func(b *board) headlines {
		k := b.handoverKPIs()
		return headlines{
			numbers: []*panel{
				number("Handover rate of chats", saysHandover+exactRange).
					rated(b, k.rate, less, &k.limit).none(noneStarted).link("Handover", "bot-handover"),
				b.longestWait(k).link("Handover", "bot-handover"),
				b.unanswered(k).link("Handover", "bot-handover"),
			},
			trends: []*panel{b.handoverTrend(k).link("Handover", "bot-handover")},
			columns: []func(*panel){
				func(p *panel) { p.rateColumn(b, "Handover rate", k.rate, &k.limit) },
			},
		}
	}}
}

func (b *board) longestWait(k handoverKPIs) *panel {
	return number("Longest wait now", "How long the user who has waited longest for an operator has waited. Red is where its alert begins."+exactNow).
		now("", b.of(collectors.HandoverOldestWait).Now().Max()).
		set(append(k.open.fields(), unit(unitSeconds), decimals(0))...).watched(k.open.alerts...).none(unknown)
}

func (b *board) unanswered(k handoverKPIs) *panel {
	return number("Unanswered", "Share of takeover requests that came to an end without an operator, and the change in percentage points."+exactRange).
		rated(b, k.unanswered, less, &k.unansweredLimit).none("No data on takeover requests in this range")
}

func (b *board) handoverTrend(k handoverKPIs) *panel {
	return lines("Handover rate of chats over time", "Share of chats in which a human was requested, and at the earlier time, which is estimated. The line is where its alert begins."+sparse).
		trend(b, "handover rate", k.rate, &k.limit).set(anyDecimals()).none("Too few chats in each step")
}

func handoverBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-handover", "Handover", "Handover",
		"How users ask for a human during a conversation, whether through Human Takeover or ticket creation.")
	started, asked, requests := b.of(collectors.ChatsStarted), b.of(collectors.HandoverChats), b.of(collectors.HandoverRequests)
	wait, unanswered := b.of(collectors.HandoverWait), b.of(collectors.HandoverUnanswered)
	first, waiting, oldest := b.of(collectors.HandoverFirstResponse), b.of(collectors.HandoverWaiting), b.of(collectors.HandoverOldestWait)
	k, least := b.handoverKPIs(), cfg.Thresholds.Least
	const none = "No data on requests in this range"

	b.row("Waiting now")
	b.line(5,
		number("Waiting now", "Open chats with a takeover request that no operator has accepted."+exactNow).
			now("users", users(waiting)).none(unknown).wide(6),
		b.longestWait(k).wide(6),
		samples("Users who wait over time", "Open chats with a takeover request that no operator has accepted, by channel.").
			over("{{channel}}", users(waiting, metric.Channel)).none(unknown),
	)
	b.row("Who asks for a human")
	byUsers := users(b.in(collectors.HandoverUsers)).OverLeast(users(b.in(collectors.UsersActive)), least.Point)
	b.line(5,
		number("Human handover rate: of users"+lastWindow, "Share of the window's users who asked for a human operator."+exactWindow).
			now("", byUsers, unit(unitShare), decimals(1)).none("Too few users in this window").covers("Human Handover Rate"),
		number("Handover rate of chats", saysHandover+exactRange).
			rated(b, k.rate, less, &k.limit).none(noneStarted),
		number("Chats with requests", "Chats in which a human was requested, and the change."+exactRange).
			counted(b, total(asked), less).none(noneStarted).covers("Chats with Requests"),
		number("Without requests: chats", "Chats in which no human was requested, and the change."+exactRange).
			counted(b, remainder(total(started), total(asked)), neither).none(noneStarted).covers("Chats without Requests"),
	)
	over := bars("Requests over time", "Requests for a human, by cause."+exactSteps)
	causeStats := make([]*panel, len(causes))
	for i, c := range causes {
		over.over(c.name, step(requests.Is(cause, c.value)), color(c.color))
		causeStats[i] = number(c.title, c.says+exactRange).
			counted(b, total(requests.Is(cause, c.value)), less).none(none).covers(c.title)
	}
	b.line(8, b.handoverTrend(k), over.none("No data on requests in a step that has passed"))

	b.row("Breakdown of requests")
	b.line(5, causeStats...)
	why := breakdown("Requests by cause", "Requests for a human by cause: asked directly, after an answer that failed, or by the operator button."+exactRange).none(none)
	how := breakdown("Takeover and ticket", "Requests through Human Takeover in the chat, and through ticket creation."+exactRange).
		covers("Human Takeover", "ticket creation").none(none)
	for _, c := range causes {
		why.now(c.name, total(requests.Is(cause, c.value)), color(c.color))
	}
	how.now("human takeover", total(requests.Is(via, "takeover")), color(primary))
	how.now("ticket", total(requests.Is(via, "ticket")), color(second))
	b.line(7, why, how,
		breakdown("First request of a chat", "Chats with requests, by the way of the first: Human Takeover or ticket creation."+exactRange).
			now("human takeover", total(asked.Is(via, "takeover")), color(primary)).
			now("ticket", total(asked.Is(via, "ticket")), color(second)).none(none),
	)

	b.row("How long they wait")
	q := cfg.Rules.Alerts.HandoverWaitLong.Quantile
	p := fmt.Sprintf("p%g", 100*q)
	enough := total(wait.Count()).Where(">=", promql.Number(k.wait.least))
	b.line(6,
		number("Wait for an operator", "Time from the first takeover request to the operator who accepts it. The average is exact, "+p+" is estimated from buckets, and red where its alert begins.").
			now("average", total(wait.Sum()).Over(total(wait.Count()))).
			now(p, quantile(q, wait).And(enough), k.wait.fields()...).
			set(unit(unitSeconds), decimals(1)).watched(k.wait.alerts...).none("No data on accepted requests in this range"),
		number("Operator's first message", "Time from the first takeover request of a chat to the first message of an operator after it. The average is exact, the median is estimated from buckets.").
			now("average", total(first.Sum()).Over(total(first.Count()))).
			now("median", quantile(0.5, first), color(neutral)).
			set(unit(unitSeconds), decimals(1)).none("No data on operators in this range"),
		number("Accepted requests", "Takeover requests that an operator accepted, and chats that closed with one that nobody accepted."+exactRange).
			now("accepted", total(wait.Count())).
			now("unanswered", total(unanswered), color(neutral)).none(none),
		b.unanswered(k),
	)
	b.line(8,
		lines("Wait over time", "Median and "+p+" of the wait for an operator, and median time to the first message of an operator. The line is where the alert on "+p+" begins."+estimate+sparse).
			over("wait, median", inMinutes(stepQuantile(0.5, wait, least.Point)), color(primary)).
			over("wait, "+p, inMinutes(stepQuantile(q, wait, least.Point)), color(warning)).
			over("first message, median", inMinutes(stepQuantile(0.5, first, least.Point)), color(second)).
			set(unit(unitMinutes), anyDecimals()).limitLine(k.wait.inMinutes()).none("Too few accepted requests in each step"),
		samples("Longest wait over time", "How long the user who has waited longest has waited, by channel. The line is where its alert begins.").
			over("{{channel}}", inMinutes(oldest.Now().Max(metric.Channel))).
			set(unit(unitMinutes), anyDecimals()).limitLine(k.open.inMinutes()).none(unknown),
	)
	b.pairsTable(perPair("Assistants and channels", "Handover for each assistant and channel. A dash stands for too few to judge."+exactRange).
		column("With requests", total(asked, pair...), bar(primary)...).
		column("Chats", total(started, pair...)).
		rateColumn(b, "Handover rate", k.rate, &k.limit).
		rateColumn(b, "Unanswered", k.unanswered, &k.unansweredLimit).
		column("Waiting", users(waiting, pair...)).
		column("Longest", oldest.Now().Max(pair...), append(k.open.cell(), unit(unitSeconds), decimals(0))...).
		rateColumn(b, "Avg. wait", mean(wait, unitSeconds), nil).none(noneStarted),
		"With requests", "Handover rate", false, "Unanswered")
	return b.build()
}

var causes = []struct{ value, name, title, says, color string }{
	{"direct", "direct", "Direct Requests", "Times that users explicitly asked to speak with a human, and the change.", primary},
	{"after_fallback", "after fallback", "Requests After Fallback", "Times that users asked for a human after an AI-generated response failed, and the change.", warning},
	{"operator_button", "after operator button", "Request After Operator Button", "Times that users pressed a quick reply to request an operator after an automated response, and the change.", second},
}
