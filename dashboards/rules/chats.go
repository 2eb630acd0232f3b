package rules

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// ChatAlerts are the settings of the alerts on answers and outcomes.
type ChatAlerts struct {
	FallbackRateHigh Share `yaml:"BotFallbackRateHigh"`
	ChatsAbandoned   Share `yaml:"BotChatsAbandoned"`
}

func chatDefaults(a *Alerts) {
	a.ChatAlerts = ChatAlerts{
		FallbackRateHigh: Share{Common{Severity: warning, For: 10 * minute}, []Duration{hour}, 0.2, 100},
		ChatsAbandoned:   Share{Common{Severity: warning, For: 15 * minute}, []Duration{6 * hour}, 0.3, 30},
	}
}

// messagesOf is the messages of one sender.
func (b *builder) messagesOf(s event.Sender) counter {
	return b.counter(collectors.Messages).with(s.String(), collectors.Messages.Labels[2], s)
}

func (b *builder) chats() {
	outcome, closed := collectors.ChatsOutcome.Labels[2], b.counter(collectors.ChatsOutcome)
	engaged := closed.without("engaged", outcome, session.Unengaged)
	abandoned := ratio{closed.with(session.Abandoned.String(), outcome, session.Abandoned), engaged}
	fallback := ratio{b.counter(collectors.Fallbacks), b.messagesOf(event.SenderBot)}

	b.volumes(b.counter(collectors.ChatsStarted))
	b.rates(
		fallback, abandoned,
		ratio{closed.with("contained_or_resolved", outcome, session.Contained, session.Resolved), engaged},
	)
	each(b, func(a *BotAlerts) *Share { return &a.FallbackRateHigh }, func(sel selection, s Share) {
		sel.share(shareAlert{
			name: "BotFallbackRateHigh", ratio: fallback,
			rate: "Fallback rate", parts: "were fallbacks", wholes: "bot messages",
			summary: "the bot often does not understand",
			meaning: "An unusual share of the bot's messages are fallbacks.",
			why:     "Below one in ten is usual. One in five means that the model, the knowledge base or the detection of languages is broken.",
		}, s)
	})
	each(b, func(a *BotAlerts) *Share { return &a.ChatsAbandoned }, func(sel selection, s Share) {
		sel.share(shareAlert{
			name: "BotChatsAbandoned", ratio: abandoned,
			rate: "Share of abandoned chats", parts: "ended without an answer or with a fallback", wholes: "engaged chats",
			summary: "many users leave without an answer",
			meaning: "Chats end after a user message without an answer, or after a fallback.",
			why:     "Chats are counted when they close: half an hour late on web, a day late on WhatsApp. Six hours even that out.",
		}, s)
	})
}
