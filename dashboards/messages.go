package dashboards

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func messagesBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-messages", "Messages", "Messages",
		"How many messages users exchange with the assistant: how engaged they are, the volume of conversations, and the type of interactions.")
	b.windows()
	sent := b.of(collectors.Messages)
	from := func(who string) promql.Selector { return sent.Is(sender, who) }
	daily, inChat := b.of(collectors.UserMessages), b.of(collectors.ChatUserMessages)

	b.row("Volume")
	b.line(5,
		number("Messages", "Messages exchanged by users, the assistant and operators, and the number in the previous time range."+exactRange).
			now("this period", total(sent)).
			now("previous", total(sent).Before(rangeWindow), color(neutral)).
			covers("volume of conversations"),
		number("Sent by users", "Messages sent by users, and the number in the previous time range."+exactRange).
			now("this period", total(from("user"))).
			now("previous", total(from("user")).Before(rangeWindow), color(neutral)),
		number("Messages per user", "Messages of users per distinct user, in the chosen rolling window. The messages are estimated from their increase.").
			now("", from("user").Increase(userWindow).Sum().Over(users(b.in(collectors.UsersActive)))).
			set(decimals(1)).none("No users").
			covers("number of messages sent by each user"),
		number("Messages per user and day", "Average number of messages that one user sent on one day, for the days that ended in the selected time range."+exactRange).
			now("", total(daily.Sum()).Over(total(daily.Count()))).
			set(decimals(1)).none("No day has ended"),
		number("User messages per chat", "Average number of messages of the user in one chat, for the chats that closed in the selected time range."+exactRange).
			now("", total(inChat.Sum()).Over(total(inChat.Count()))).
			set(decimals(1)).none("No chat has closed"),
	)
	b.line(8,
		bars("Messages over time", "Messages exchanged by sender, and all messages of the previous time range."+exactSteps).
			over("users", step(from("user")), color(primary)).
			over("assistant", step(from("bot")), color(positive)).
			over("operators", step(from("operator")), color(second)).
			over("previous period", before(sent), dashed()...).wide(16),
		breakdown("By sender", "Messages exchanged, by who sent them."+exactRange).
			now("users", total(from("user")), color(primary)).
			now("assistant", total(from("bot")), color(positive)).
			now("operators", total(from("operator")), color(second)),
	)
	b.row("Engagement and types of interaction")
	inputs := breakdown("Type of interaction", "Messages of users by kind of input: typed text, a button, voice, an attachment."+exactRange).
		covers("type of interactions taking place")
	for _, v := range inputLabel.Values {
		inputs.now(v, total(b.of(collectors.MessageInputs).Is(inputLabel, v)))
	}
	b.line(11, inputs,
		distribution("Messages of one user on one day", "How many users sent so many messages on one day, for the days that ended in the selected time range."+exactRange, "%s", daily).
			covers("how engaged users are"),
		distribution("Messages of the user in one chat", "How many chats had so many messages of the user, for the chats that closed in the selected time range."+exactRange, "%s", inChat),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	b.line(8, perChannel("Messages by sender, and averages, for each assistant and channel."+exactRange).
		column("Messages", total(sent, pair...), bar(primary)...).
		column("Of users", total(from("user"), pair...)).
		column("Of the assistant", total(from("bot"), pair...)).
		column("Of operators", total(from("operator"), pair...)).
		column("Of the user in each chat", total(inChat.Sum(), pair...).Over(total(inChat.Count(), pair...)), decimals(1)).
		sortBy("Messages"))
	return b.build()
}

// distribution shows how many observations lie in each bucket of a histogram.
func distribution(title, description, label string, s promql.Selector) *panel {
	p := breakdown(title, description)
	var lower promql.Expr
	last := 0.0
	for i, bound := range s.Def().Buckets {
		upper := total(s.UpTo(bound))
		name := fmt.Sprintf(label, fmt.Sprint(bound))
		switch {
		case i == 0:
			p.now(name, upper)
		default:
			if bound > last+1 {
				name = fmt.Sprintf(label, fmt.Sprintf("%v–%v", last+1, bound))
			}
			p.now(name, upper.Sub(lower))
		}
		lower, last = upper, bound
	}
	return p.now(fmt.Sprintf(label, fmt.Sprintf("%v+", last+1)), total(s.Count()).Sub(lower))
}
