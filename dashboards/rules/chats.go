package rules

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// messages are those of one sender.
func (b *book) messagesOf(s event.Sender) tally {
	return b.of(collectors.Messages).with(s.String(), collectors.Messages.Labels[2], s)
}

func (b *book) chats() {
	outcome, closed := collectors.ChatsOutcome.Labels[2], b.of(collectors.ChatsOutcome)
	engaged := closed.without("engaged", outcome, session.Unengaged)
	abandoned := ratio{closed.with(session.Abandoned.String(), outcome, session.Abandoned), engaged}
	fallback := ratio{b.of(collectors.Fallbacks), b.messagesOf(event.SenderBot)}

	b.volumes(b.of(collectors.ChatsStarted))
	b.rates(
		fallback, abandoned,
		ratio{closed.with("contained_or_resolved", outcome, session.Contained, session.Resolved), engaged},
	)
	each(b, func(a *Alerts) *Share { return &a.FallbackRateHigh }, func(v view, s Share) {
		v.share(shareAlert{
			name: "BotFallbackRateHigh", ratio: fallback,
			parts: "say that it did not understand", wholes: "bot messages",
			summary: "The bot often does not understand.",
			meaning: "An unusual share of the bot's messages are fallbacks.",
			why:     "Under one in ten is usual; one in five is a broken model, knowledge base or language detection.",
		}, s)
	})
	each(b, func(a *Alerts) *Share { return &a.ChatsAbandoned }, func(v view, s Share) {
		v.share(shareAlert{
			name: "BotChatsAbandoned", ratio: abandoned,
			parts: "ended without an answer, or with a fallback", wholes: "engaged chats",
			summary: "Many chats are abandoned.",
			meaning: "Chats end after a user message without an answer, or after a fallback.",
			why:     "Seen when chats close, hence half an hour late on web and a day on WhatsApp; six hours even that out.",
		}, s)
	})
}
