package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func chatsBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-chats", "Chats", "Chats",
		"Chat sessions: a chat starts when a user does something in it, and ends by closing or by silence. The assistant opened in another window or page is a new chat. How long a silence ends a chat depends on the channel.")
	started, outcomes := b.of(collectors.ChatsStarted), b.of(collectors.ChatsOutcome)
	duration, inChat := b.of(collectors.ChatDuration), b.of(collectors.ChatUserMessages)
	returns := b.of(collectors.UserReturns)
	outcome := func(names ...string) promql.Selector { return outcomes.Is(outcomeLabel, names...) }
	fallbacks, ofBot := b.of(collectors.Fallbacks), b.of(collectors.Messages).Is(sender, "bot")

	b.row("Sessions")
	b.line(5,
		number("Chats", "Chat sessions that users started, and the number in the previous time range."+exactRange).
			now("this period", total(started)).
			now("previous", total(started).Before(rangeWindow), color(neutral)).
			covers("number of chat sessions initiated by users"),
		number("Open chats", "Chats that a user started and that are open now."+exactNow).
			now("", users(b.of(collectors.ChatsOpen))),
		number("Return visits", "Visits of users after their first, and the number in the previous time range. A visit begins half an hour or more after the user was last seen."+exactRange).
			now("this period", total(returns)).
			now("previous", total(returns).Before(rangeWindow), color(neutral)).
			covers("how often users return"),
		number("Length of a chat", "Time from the first to the last activity of a chat, without the silence that ended it, for chats that closed in the selected time range. The average is exact, the median is estimated from buckets.").
			now("average", total(duration.Sum()).Over(total(duration.Count()))).
			now("median", quantile(0.5, duration), color(neutral)).
			set(unit(unitSeconds), decimals(1)).none("No chat has closed").
			covers("how long each session lasts"),
		number("User messages per chat", "Average number of messages of the user in one chat, for chats that closed in the selected time range."+exactRange).
			now("", total(inChat.Sum()).Over(total(inChat.Count()))).
			set(decimals(1)).none("No chat has closed"),
	)
	ended := breakdown("How chats ended", "Chats that closed, by how: the user or the assistant ended them, silence did, or there were too many open at once."+exactRange).
		covers("a user starting and ending a conversation")
	for _, v := range []struct{ value, name string }{{"explicit", "ended"}, {"idle", "by silence"}, {"evicted", "too many open"}} {
		ended.now(v.name, total(b.of(collectors.ChatsEnded).Is(reasonLabel, v.value)))
	}
	b.line(8,
		bars("Chats over time", "Chat sessions that users started, by channel, and all of the previous time range."+exactSteps).
			over("{{channel}}", step(started, metric.Channel)).
			over("previous period", before(started), dashed()...).wide(16).
			covers("session concept can differ depending on the channel"),
		ended,
	)
	b.row("What became of them")
	what := breakdown("Outcomes", "Chats that closed, by their one outcome: a human was requested or took part; the user said nothing; it was marked as resolved; the user left without an answer; or the assistant answered to the end."+exactRange)
	for _, o := range chatOutcomes {
		what.now(o.name, total(outcome(o.value)), color(o.color))
	}
	engaged := outcome("escalated", "resolved", "abandoned", "contained")
	response := b.of(collectors.ResponseTime)
	by := func(who string) promql.Selector { return response.Is(sender, who) }
	b.line(4,
		number("Containment", "Share of the chats with a user message that were resolved, or contained: answered to the end without a human."+exactRange).
			now("", total(outcome("contained", "resolved")).Over(total(engaged))).
			share(lowIsBad(cfg.Thresholds.Containment)...).none("No chat has closed"),
		number("Abandoned", "Share of the chats with a user message that the user left without an answer, or after the assistant did not understand."+exactRange).
			now("", total(outcome("abandoned")).Over(total(engaged))).
			share(highIsBad(cfg.limits().AbandonedRate)...).none("No chat has closed"),
		number("Fallback rate", "Share of the assistant's messages that say that it did not understand."+exactRange).
			now("", total(fallbacks).Over(total(ofBot))).
			share(highIsBad(cfg.limits().FallbackRate)...).none("No messages"),
		number("Time to the first answer", "Median time from an unanswered message of a user to the answer of the assistant, or of an operator."+estimate).
			now("assistant", quantile(0.5, by("bot"))).
			now("operators", quantile(0.5, by("operator")), color(neutral)).
			set(unit(unitSeconds), decimals(1)).none("No answers"),
	)
	b.line(9, what.wide(8),
		lines("Containment over time", "Share of the chats with a user message that were resolved or contained, and that were abandoned, for the chats that closed in each step.").
			over("contained or resolved", step(outcome("contained", "resolved")).Over(step(engaged)), color(positive)).
			over("abandoned", step(outcome("abandoned")).Over(step(engaged)), color(negative)).
			set(unit(unitShare), decimals(1), upTo(1)),
	)
	b.row("Answers")
	b.line(8,
		lines("Time to the first answer over time", "Median, and what 95 of 100 answers stay below, of the assistant's answers, and the median of the operators' answers."+estimate).
			over("assistant, median", stepQuantile(0.5, by("bot")), color(primary)).
			over("assistant, 95 %", stepQuantile(0.95, by("bot")), color(warning)).
			over("operators, median", stepQuantile(0.5, by("operator")), color(second)).
			set(unit(unitSeconds), decimals(1)),
		bars("Fallbacks over time", "Messages of the assistant that say that it did not understand, and in the previous time range."+exactSteps).
			over("fallbacks", step(fallbacks), color(negative)).
			over("previous period", before(fallbacks), dashed()...),
	)
	b.row("Outreach: the assistant writes first")
	outreach := b.of(collectors.Outreach)
	of := func(r string) promql.Selector { return outreach.Is(result, r) }
	b.line(5,
		number("Messages that began an outreach", "Chats in which the assistant wrote first, unasked, such as with a template or a reminder: those that a user replied to, and those that closed without a reply."+exactRange).
			now("replied", total(of("replied")), color(positive)).
			now("ignored", total(of("ignored")), color(neutral)).none("No outreach"),
		number("Reply rate", "Share of the outreach that users replied to, and in the previous time range. An outreach counts as ignored when its chat closes."+exactRange).
			now("this period", total(of("replied")).Over(total(outreach))).
			now("previous", total(of("replied")).Over(total(outreach)).Before(rangeWindow), color(neutral)).
			set(unit(unitShare), decimals(1)).none("No outreach"),
		number("Chats from outreach", "Chats that started with a reply to the assistant, and their share of all chats."+exactRange).
			now("chats", total(started.Is(initiator, "bot"))).
			now("of all", total(started.Is(initiator, "bot")).Over(total(started)), unit(unitShare), decimals(1), color(neutral)).
			none("No chats"),
		bars("Outreach over time", "Outreach that users replied to, and that closed without a reply."+exactSteps).
			over("replied", step(of("replied")), color(positive)).
			over("ignored", step(of("ignored")), color(neutral)).wide(12).none("No outreach"),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	b.line(8, perChannel("Chats, their outcomes and length, for each assistant and channel."+exactRange).
		column("Chats", total(started, pair...), bar(primary)...).
		column("Reply rate of outreach", total(of("replied"), pair...).Over(total(outreach, pair...)), unit(unitShare), decimals(1)).
		column("Open now", users(b.of(collectors.ChatsOpen), pair...)).
		column("Containment", total(outcome("contained", "resolved"), pair...).Over(total(engaged, pair...)), unit(unitShare), decimals(1)).
		column("Abandoned", total(outcome("abandoned"), pair...).Over(total(engaged, pair...)), unit(unitShare), decimals(1)).
		column("Average length", total(duration.Sum(), pair...).Over(total(duration.Count(), pair...)), unit(unitSeconds), decimals(1)).
		column("Fallback rate", total(fallbacks, pair...).Over(total(ofBot, pair...)), unit(unitShare), decimals(1)).
		sortBy("Chats"))
	return b.build()
}

var chatOutcomes = []struct{ value, name, color string }{
	{"resolved", "resolved", positive},
	{"contained", "contained", primary},
	{"escalated", "with a human", second},
	{"abandoned", "abandoned", negative},
	{"unengaged", "said nothing", neutral},
}
