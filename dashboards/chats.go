package dashboards

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var (
	reasonLabel  = collectors.ChatsEnded.Labels[2]
	outcomeLabel = collectors.ChatsOutcome.Labels[2]
	initiator    = collectors.ChatsStarted.Labels[2]
	result       = collectors.Outreach.Labels[2]
)

// chatKPIs are the ratios of the module and their limits, the same wherever they are shown.
type chatKPIs struct {
	containment, abandoned, fallback             ratio
	containmentLimit, abandonedLimit, fallenback limit
}

func (b *board) chatKPIs() chatKPIs {
	outcome := func(names ...string) promql.Selector { return b.of(collectors.ChatsOutcome).Is(outcomeLabel, names...) }
	engaged := outcome("escalated", "resolved", "abandoned", "contained")
	a, own := &b.cfg.Rules.Alerts, b.cfg.Thresholds
	return chatKPIs{
		containment:      shareOf(outcome("contained", "resolved"), engaged),
		abandoned:        shareOf(outcome("abandoned"), engaged),
		fallback:         shareOf(b.of(collectors.Fallbacks), b.of(collectors.Messages).Is(sender, "bot")),
		containmentLimit: limit{own.Containment, true, own.Least.Compare, nil},
		abandonedLimit:   rising(a.ChatsAbandoned.Above, a.ChatsAbandoned.MinCount, "BotChatsAbandoned"),
		fallenback:       rising(a.FallbackRateHigh.Above, a.FallbackRateHigh.MinCount, "BotFallbackRateHigh"),
	}
}

const (
	saysContainment = "Share of the chats with a user message that were resolved, or answered to the end without a human, and the change in percentage points."
	saysAbandoned   = "Share of the chats with a user message that the user left without an answer, or after the assistant did not understand, and the change in percentage points."
	saysFallback    = "Share of the assistant's messages that say that it did not understand, and the change in percentage points."
	noneClosed      = "No data on closed chats in this range"
	noneStarted     = "No data on chats in this range"
)

func chatsModule() module {
	return module{board: chatsBoard, headlines: func(b *board) headlines {
		k, started := b.chatKPIs(), b.of(collectors.ChatsStarted)
		return headlines{
			numbers: []*panel{
				number("Chats", "Chat sessions that users started, and the change."+exactRange).
					counted(b, total(started), neither).none(noneStarted).link("Chats", "bot-chats"),
				number("Containment", saysContainment+exactRange).
					rated(b, k.containment, more, &k.containmentLimit).none(noneClosed).link("Chats", "bot-chats"),
				number("Abandoned", saysAbandoned+exactRange).
					rated(b, k.abandoned, less, &k.abandonedLimit).none(noneClosed).link("Chats", "bot-chats"),
				number("Fallback rate", saysFallback+exactRange).
					rated(b, k.fallback, less, &k.fallenback).none("No data on messages in this range").link("Chats", "bot-chats"),
			},
			trends: []*panel{
				bars("Chats over time", "Chat sessions that users started, and at the earlier time, which is estimated."+exactSteps).
					over("chats", step(started), color(primary)).
					over(comparedWith, before(started), dashed()...).none(noneStarted).link("Chats", "bot-chats"),
			},
			columns: []func(*panel){
				func(p *panel) { p.column("Chats", total(started, pair...)) },
				func(p *panel) { p.rateColumn(b, "Abandoned", k.abandoned, &k.abandonedLimit) },
			},
		}
	}}
}

func chatsBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-chats", "Chats", "Chats",
		"Chat sessions: a chat starts when a user does something in it, and ends by closing or by silence. The assistant opened in another window or page is a new chat. How long a silence ends a chat depends on the channel.")
	started := b.of(collectors.ChatsStarted)
	duration, inChat := b.of(collectors.ChatDuration), b.of(collectors.ChatUserMessages)
	k, least := b.chatKPIs(), cfg.Thresholds.Least

	b.row("Sessions")
	b.lines(5, append([]*panel{
		number("Chats", "Chat sessions that users started, and the change."+exactRange).
			counted(b, total(started), neither).none(noneStarted).
			covers("number of chat sessions initiated by users"),
		number("Open chats", "Chats that a user started and that are open now."+exactNow).
			now("", users(b.of(collectors.ChatsOpen))).none("No chat yet"),
		number("Length of a chat", "Time from the first to the last activity of a chat, without the silence that ended it, for chats that closed in the selected time range. The average is exact, the median is estimated from buckets.").
			now("average", total(duration.Sum()).Over(total(duration.Count()))).
			now("median", quantile(0.5, duration), color(neutral)).
			set(unit(unitSeconds), decimals(1)).none(noneClosed).
			covers("how long each session lasts"),
		number("Messages of the user per chat", "Average number of messages of the user in one chat, for chats that closed in the selected time range, and the change."+exactRange).
			rated(b, mean(inChat, unitPlain), neither, nil).none(noneClosed),
		number("Per user: chats"+lastWindow, "Chats that started in the window, for each of its unique users."+fromRates).
			now("", started.Increase(userWindow).Sum().OverLeast(users(b.in(collectors.UsersActive)), least.Point), decimals(2)).
			none("Too few users in this window").covers("how often users return"),
	}, lent(b)...)...)
	ended := breakdown("How chats ended", "Chats that closed, by how: the user or the assistant ended them, silence did, or too many were open at once."+exactRange).
		covers("a user starting and ending a conversation").none(noneClosed)
	for _, v := range []struct{ value, name string }{{"explicit", "ended"}, {"idle", "by silence"}, {"evicted", "too many open"}} {
		ended.now(v.name, total(b.of(collectors.ChatsEnded).Is(reasonLabel, v.value)))
	}
	b.line(8,
		bars("Chats over time", "Chat sessions that users started, by channel, and all of the earlier time, which is estimated."+exactSteps).
			largest(started, pair[1]).
			over(comparedWith, before(started), dashed()...).wide(16).none("No data on chats in a step that has passed").
			covers("session concept can differ depending on the channel"),
		ended,
	)
	b.line(11,
		shares("Chats by length", "Share of chats that lasted up to so long, and longer than the bar above, for chats that closed in the selected time range."+exactRange, duration, lengths(duration.Def().Buckets)).
			none(noneClosed).wide(8).covers("how long each session lasts"),
		lines("Length of chats over time", "Median and p90 of the length of the chats that closed in each step."+estimate+sparse).
			over("median", inMinutes(stepQuantile(0.5, duration, least.Point)), color(primary)).
			over("p90", inMinutes(stepQuantile(0.9, duration, least.Point)), color(warning)).
			set(unit(unitMinutes), anyDecimals()).none("Too few chats closed in each step"),
	)
	b.row("Outcomes")
	what := breakdown("Outcome of chats", "Chats that closed, by their one outcome: a human was requested or took part; the user said nothing; it was marked as resolved; the user left without an answer; or the assistant answered to the end."+exactRange)
	for _, o := range chatOutcomes {
		what.now(o.name, total(b.of(collectors.ChatsOutcome).Is(outcomeLabel, o.value)), color(o.color))
	}
	response := b.of(collectors.ResponseTime)
	by := func(who string) promql.Selector { return response.Is(sender, who) }
	b.line(5,
		number("Containment", saysContainment+exactRange).rated(b, k.containment, more, &k.containmentLimit).none(noneClosed),
		number("Abandoned", saysAbandoned+exactRange).rated(b, k.abandoned, less, &k.abandonedLimit).none(noneClosed),
		number("Fallback rate", saysFallback+exactRange).rated(b, k.fallback, less, &k.fallenback).none("No data on messages in this range"),
		number("Time to the first answer", "Median time from an unanswered message of a user to the answer of the assistant, or of an operator."+estimate).
			now("assistant", quantile(0.5, by("bot"))).
			now("operators", quantile(0.5, by("operator")), color(neutral)).
			set(unit(unitSeconds), decimals(1)).none("No data on answers in this range"),
	)
	b.line(9, what.wide(8).none(noneClosed),
		lines("Containment over time", "Share of the chats with a user message that were resolved or contained, for the chats that closed in each step, and at the earlier time, which is estimated."+sparse).
			trend(b, "contained or resolved", k.containment, &k.containmentLimit).set(upTo(1), anyDecimals()).none("Too few chats closed in each step"),
		lines("Abandoned over time", "Share of the chats with a user message that were abandoned, for the chats that closed in each step, and at the earlier time, which is estimated. The line is where its alert begins."+sparse).
			trend(b, "abandoned", k.abandoned, &k.abandonedLimit).set(anyDecimals()).none("Too few chats closed in each step"),
	)
	b.row("Answers")
	b.line(8,
		lines("Time to the first answer over time", "Median and p95 of the time that the assistant's answers took, and the median of the operators' answers."+estimate+sparse).
			over("assistant, median", stepQuantile(0.5, by("bot"), least.Point), color(primary)).
			over("assistant, p95", stepQuantile(0.95, by("bot"), least.Point), color(warning)).
			over("operators, median", stepQuantile(0.5, by("operator"), least.Point), color(second)).
			set(unit(unitSeconds), anyDecimals()).none("Too few answers in each step"),
		lines("Fallback rate over time", "Share of the assistant's messages that say that it did not understand, and at the earlier time, which is estimated. The line is where its alert begins."+sparse).
			trend(b, "fallback rate", k.fallback, &k.fallenback).set(anyDecimals()).none("Too few messages in each step"),
	)
	b.row("Outreach: the assistant writes first")
	outreach := b.of(collectors.Outreach)
	of := func(r string) promql.Selector { return outreach.Is(result, r) }
	reply, begun := shareOf(of("replied"), outreach), shareOf(started.Is(initiator, "bot"), started)
	const none = "No data on outreach in this range"
	b.line(5,
		number("Outreach", "Chats in which the assistant wrote first, unasked, such as with a template or a reminder: those that a user replied to, and those that closed without a reply."+exactRange).
			now("replied", total(of("replied")), color(positive)).
			now("ignored", total(of("ignored")), color(neutral)).none(none),
		number("Reply rate", "Share of the outreach that users replied to, and the change in percentage points. An outreach counts as ignored when its chat closes."+exactRange).
			rated(b, reply, more, nil).none(none),
		number("Begun by the assistant", "Share of chats that started with a reply to the assistant, and the change in percentage points."+exactRange).
			rated(b, begun, neither, nil).none(noneStarted),
	)
	b.line(8, bars("Outreach over time", "Outreach that users replied to, and that closed without a reply."+exactSteps).
		over("replied", step(of("replied")), color(positive)).
		over("ignored", step(of("ignored")), color(neutral)).none("No data on outreach in a step that has passed"))
	b.pairsTable(perPair("Assistants and channels", "Chats, their outcomes and length, for each assistant and channel."+exactRange).
		column("Chats", total(started, pair...), bar(primary)...).
		column("Open", users(b.of(collectors.ChatsOpen), pair...)).
		rateColumn(b, "Containment", k.containment, &k.containmentLimit).
		rateColumn(b, "Abandoned", k.abandoned, &k.abandonedLimit).
		rateColumn(b, "Fallback rate", k.fallback, &k.fallenback).
		rateColumn(b, "Avg. length", mean(duration, unitSeconds), nil).none(noneStarted),
		"Chats", "Abandoned", false, "Fallback rate")
	return b.build()
}

// lengths names the buckets of a histogram of seconds by their upper bounds.
func lengths(bounds []float64) []string {
	var names []string
	short := func(seconds float64) string {
		return promql.Duration(time.Duration(seconds) * time.Second)
	}
	for _, bound := range bounds {
		names = append(names, "≤ "+short(bound))
	}
	return append(names, "> "+short(bounds[len(bounds)-1]))
}

var chatOutcomes = []struct{ value, name, color string }{
	{"resolved", "resolved", positive},
	{"contained", "contained", primary},
	{"escalated", "with a human", second},
	{"abandoned", "abandoned", negative},
	{"unengaged", "said nothing", neutral},
}
