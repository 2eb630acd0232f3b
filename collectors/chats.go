package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Chats: sessions, how long they last and what becomes of them (seed, "Chats").
var (
	ChatsStarted = metric.Counter("bot_chats_started_total",
		"Chats opened.")
	ChatsEnded = metric.Counter("bot_chats_ended_total",
		"Chats closed, by reason.", metric.Closed[session.Reason]("reason"))
	ChatsOutcome = metric.Counter("bot_chats_outcome_total",
		"Chats closed, by their one outcome.", metric.Closed[session.Outcome]("outcome"))
	ChatsOpen = metric.Gauge("bot_chats_open",
		"Chats open now.")
	ChatDuration = metric.Histogram("bot_chat_duration_seconds",
		"Time from the opening of a chat to its last activity, without the idle wait, observed when it closes.",
		[]float64{0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200})
	ChatUserMessages = metric.Histogram("bot_chat_user_messages",
		"Messages of the user in one chat, observed when it closes.", append([]float64{0}, messageBuckets...))
	ResponseTime = metric.Histogram("bot_response_seconds",
		"Time from the first unanswered message of a user to its first answer, by who answered.",
		[]float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}, metric.Closed[answerer]("sender"))
	Fallbacks = metric.Counter("bot_fallbacks_total",
		"Messages of the bot that say that it did not understand.")
)

// answerer is a sender that can answer a user.
type answerer uint8

const (
	answeredByBot answerer = iota + 1
	answeredByOperator
)

func (a answerer) String() string {
	return [...]string{"", event.SenderBot.String(), event.SenderOperator.String(), ""}[min(a, 3)]
}

type chats struct {
	started   *metric.Count
	ended     *metric.Count1[session.Reason]
	outcomes  *metric.Count1[session.Outcome]
	open      *openChats
	duration  *metric.Dist
	messages  *metric.Dist
	response  *metric.Dist1[answerer]
	fallbacks *metric.Count
}

func newChats(d deps) *chats {
	return &chats{
		started:   metric.NewCount(ChatsStarted, d.pairs),
		ended:     metric.NewCount1[session.Reason](ChatsEnded, d.pairs),
		outcomes:  metric.NewCount1[session.Outcome](ChatsOutcome, d.pairs),
		open:      &openChats{d.pairs, d.sessions},
		duration:  metric.NewDist(ChatDuration, d.pairs),
		messages:  metric.NewDist(ChatUserMessages, d.pairs),
		response:  metric.NewDist1[answerer](ResponseTime, d.pairs),
		fallbacks: metric.NewCount(Fallbacks, d.pairs),
	}
}

func (*chats) Name() string { return "chats" }

func (c *chats) Families() []metric.Family {
	return []metric.Family{c.started, c.ended, c.outcomes, c.open, c.duration, c.messages, c.response, c.fallbacks}
}

func (c *chats) Fold(f *session.Fact) {
	for i := range f.Closed {
		chat := &f.Closed[i]
		c.ended.Inc(chat.Pair, chat.Reason)
		c.outcomes.Inc(chat.Pair, chat.Outcome)
		c.duration.ObserveNanos(chat.Pair, chat.Duration)
		c.messages.Observe(chat.Pair, chat.Messages, 1)
	}
	if f.OpensChat {
		c.started.Inc(f.Pair)
	}
	if f.Answers {
		by := answeredByBot
		if f.Kind == event.MessageOperator {
			by = answeredByOperator
		}
		c.response.ObserveNanos(f.Pair, by, f.Response)
	}
	if f.Fallback && f.Kind == event.MessageBot {
		c.fallbacks.Inc(f.Pair)
	}
}

// openChats is a view of the sessions.
type openChats struct {
	pairs    *metric.Pairs
	sessions *session.Table
}

func (*openChats) Def() *metric.Def { return ChatsOpen }
func (o *openChats) Len() int       { return o.pairs.Len() }
func (*openChats) Start(int) int64  { return 0 }

func (o *openChats) Labels(dst []string, i int) []string {
	bot, channel := o.pairs.Labels(metric.Pair(i))
	return append(dst, bot, channel)
}

func (o *openChats) Read(dst []float64, now int64) []float64 { return o.sessions.OpenChats(dst, now) }
