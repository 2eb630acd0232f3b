package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Chats: how many there are, how long they last and how they end.
var (
	ChatsStarted = metric.Counter("bot_chats_started_total",
		"Chats that a user started, by whether the user or the bot wrote first.",
		metric.Closed[session.Initiator]("initiator"))
	ChatsEnded = metric.Counter("bot_chats_ended_total",
		"Closed chats that a user had started, by the reason for closing.", metric.Closed[session.Reason]("reason"))
	ChatsOutcome = metric.Counter("bot_chats_outcome_total",
		"Closed chats that a user had started, by outcome. Each chat has exactly one.", metric.Closed[session.Outcome]("outcome"))
	ChatsOpen = metric.Gauge("bot_chats_open",
		"Open chats that a user started.")
	ChatDuration = metric.Histogram("bot_chat_duration_seconds",
		"Time from the first to the last activity in a chat, without the idle timeout. Observed when the chat closes.",
		[]float64{0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200})
	ChatUserMessages = metric.Histogram("bot_chat_user_messages",
		"Messages that the user sent in a chat. Observed when the chat closes.", append([]float64{0}, messageBuckets...))
	ResponseTime = metric.Histogram("bot_response_seconds",
		"Time from a user's first unanswered message to the answer, by who answered.",
		[]float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}, metric.Closed[answerer]("sender"))
	Fallbacks = metric.Counter("bot_fallbacks_total",
		"Bot messages that say that the bot did not understand.")
	Outreach = metric.Counter("bot_outreach_total",
		"Chats in which the bot wrote first: replied is counted when the user replies, ignored when the chat closes without a reply.",
		metric.Closed[session.Outreach]("result"))
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
	started   *metric.CounterVec1[session.Initiator]
	ended     *metric.CounterVec1[session.Reason]
	outcomes  *metric.CounterVec1[session.Outcome]
	open      *metric.GaugeFunc
	duration  *metric.HistogramVec
	messages  *metric.HistogramVec
	response  *metric.HistogramVec1[answerer]
	fallbacks *metric.CounterVec
	outreach  *metric.CounterVec1[session.Outreach]
}

func newChats(d deps) *chats {
	return &chats{
		started:   metric.NewCounterVec1[session.Initiator](ChatsStarted, d.pairs),
		ended:     metric.NewCounterVec1[session.Reason](ChatsEnded, d.pairs),
		outcomes:  metric.NewCounterVec1[session.Outcome](ChatsOutcome, d.pairs),
		open:      metric.NewGaugeFunc(ChatsOpen, d.pairs, d.sessions.OpenChats),
		duration:  metric.NewHistogramVec(ChatDuration, d.pairs),
		messages:  metric.NewHistogramVec(ChatUserMessages, d.pairs),
		response:  metric.NewHistogramVec1[answerer](ResponseTime, d.pairs),
		fallbacks: metric.NewCounterVec(Fallbacks, d.pairs),
		outreach:  metric.NewCounterVec1[session.Outreach](Outreach, d.pairs),
	}
}

func (*chats) Name() string  { return "chats" }
func (*chats) Title() string { return "Chats" }

func (c *chats) Families() []metric.Family {
	return []metric.Family{c.started, c.ended, c.outcomes, c.open, c.duration, c.messages, c.response, c.fallbacks, c.outreach}
}

func (c *chats) Fold(f *session.Fact) {
	for i := range f.Closed {
		chat := &f.Closed[i]
		if chat.Outreach != session.NoOutreach {
			c.outreach.Inc(chat.Pair, chat.Outreach)
		}
		if !chat.Started {
			continue
		}
		c.ended.Inc(chat.Pair, chat.Reason)
		c.outcomes.Inc(chat.Pair, chat.Outcome)
		c.duration.ObserveNanos(chat.Pair, chat.Duration)
		c.messages.Observe(chat.Pair, chat.Messages, 1)
	}
	if f.Initiator != session.NotStarted {
		c.started.Inc(f.Pair, f.Initiator)
	}
	if f.Outreach != session.NoOutreach {
		c.outreach.Inc(f.Pair, f.Outreach)
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

func (*chats) Headlines(n Numbers) []Headline {
	return []Headline{
		count(n.Sum(ChatsOpen), "open now"),
		count(n.Sum(ChatsStarted), "started"),
		meanSeconds(n, ChatDuration, "mean duration"),
		share(n.Sum(Outreach, "result", session.Replied.String()), n.Sum(Outreach), "of outreach replied to"),
	}
}
