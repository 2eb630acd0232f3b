package dashboards

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var (
	sender     = collectors.Messages.Labels[2]
	inputLabel = collectors.MessageInputs.Labels[2]
)

var senders = []struct{ value, name, color string }{
	{"user", "users", primary},
	{"bot", "assistant", positive},
	{"operator", "operators", second},
}

func messagesModule() module {
	return module{board: messagesBoard, headlines: func(b *board) headlines {
		sent := b.of(collectors.Messages)
		return headlines{
			numbers: []*panel{
				number("Messages", "Messages of users, the assistant and operators, and the change."+exactRange).
					counted(b, total(sent), neither).none("No data on messages in this range").link("Messages", "bot-messages"),
			},
			columns: []func(*panel){func(p *panel) { p.column("Messages", total(sent, pair...)) }},
		}
	}}
}

func messagesBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-messages", "Messages", "Messages",
		"How many messages users exchange with the assistant: how engaged they are, the volume of conversations, and the type of interactions.")
	sent := b.of(collectors.Messages)
	from := func(who string) promql.Selector { return sent.Is(sender, who) }
	daily, inChat := b.of(collectors.UserMessages), b.of(collectors.ChatUserMessages)
	const none = "No data on messages in this range"

	b.row("Volume")
	b.lines(5,
		number("Messages", "Messages of users, the assistant and operators, and the change."+exactRange).
			counted(b, total(sent), neither).none(none).covers("volume of conversations"),
		number("Sent by users", "Messages of users, and the change."+exactRange).
			counted(b, total(from("user")), neither).none(none),
		number("Per user: messages"+lastWindow, "Messages of users in the window, for each of its unique users."+fromRates).
			now("", from("user").Increase(userWindow).Sum().Over(users(b.in(collectors.UsersActive)))).
			set(decimals(1)).none("No data on users in this window").
			covers("number of messages sent by each user"),
		number("Per user and day: messages", "Average number of messages that one user sent on one day, for the days that ended in the selected time range, and the change."+exactRange).
			rated(b, mean(daily, unitPlain), neither, nil).none("No data on full days in this range"),
		number("Per chat: messages of the user", "Average number of messages of the user in one chat, for the chats that closed in the selected time range, and the change."+exactRange).
			rated(b, mean(inChat, unitPlain), neither, nil).none("No data on closed chats in this range"),
	)
	over := bars("Messages over time", "Messages by who sent them, and all messages at the earlier time, which is estimated."+exactSteps)
	by := breakdown("Messages by sender", "Messages by who sent them: users, the assistant or operators."+exactRange)
	for _, s := range senders {
		over.over(s.name, step(from(s.value)), color(s.color))
		by.now(s.name, total(from(s.value)), color(s.color))
	}
	b.line(8, over.over(comparedWith, before(sent), dashed()...).wide(16).none("No data on messages in a step that has passed"), by.none(none))
	b.row("Engagement and types of interaction")
	inputs := breakdown("Type of interaction", "Messages of users by kind of input: typed text, a button, voice, an attachment."+exactRange).
		covers("type of interactions taking place").none(none)
	for _, v := range inputLabel.Values {
		inputs.now(v, total(b.of(collectors.MessageInputs).Is(inputLabel, v)))
	}
	b.line(11, inputs,
		distribution("Users of a day by messages", "Share of a day's users who sent so many messages on that day, for the days that ended in the selected time range."+exactRange, "%s", daily).
			covers("how engaged users are").none("No data on full days in this range"),
		distribution("Chats by messages of the user", "Share of chats with so many messages of the user, for the chats that closed in the selected time range."+exactRange, "%s", inChat).
			none("No data on closed chats in this range"),
	)
	b.pairsTable(perPair("Assistants and channels", "Messages by sender, and averages, for each assistant and channel."+exactRange).
		column("Messages", total(sent, pair...), bar(primary)...).
		column("Of users", total(from("user"), pair...)).
		column("Of operators", total(from("operator"), pair...)).
		rateColumn(b, "Of the user per chat", mean(inChat, unitPlain), nil).none(none),
		"Messages", "Of the user per chat", false)
	return b.build()
}

// distribution shows which share of the observations lies in each bucket of a histogram of whole numbers.
func distribution(title, description, label string, s promql.Selector) *panel {
	names := make([]string, 0, len(s.Def().Buckets)+1)
	last := -1.0
	for _, bound := range s.Def().Buckets {
		name := fmt.Sprint(bound)
		if last >= 0 && bound > last+1 {
			name = fmt.Sprintf("%v–%v", last+1, bound)
		}
		names, last = append(names, fmt.Sprintf(label, name)), bound
	}
	return shares(title, description, s, append(names, fmt.Sprintf(label, fmt.Sprintf("%v+", last+1))))
}

// shares shows which share of the observations lies in each bucket of a histogram, by the names of the buckets.
func shares(title, description string, s promql.Selector, names []string) *panel {
	p := breakdown(title, description).set(unit(unitShare), decimals(1))
	all := total(s.Count())
	var lower promql.Expr
	for i, bound := range s.Def().Buckets {
		upper := total(s.UpTo(bound))
		in := upper
		if i > 0 {
			in = upper.Sub(lower)
		}
		p.now(names[i], in.Over(all))
		lower = upper
	}
	return p.now(names[len(names)-1], all.Sub(lower).Over(all))
}
