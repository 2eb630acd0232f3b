package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Messages: how much is said, by whom, and how many messages each user sends.
var (
	Messages = metric.Counter("bot_messages_total",
		"Messages exchanged, by sender.", metric.Closed[event.Sender]("sender"))
	MessageInputs = metric.Counter("bot_message_inputs_total",
		"Messages that users sent, by kind of input.", metric.Closed[event.Input]("input"))
	UserMessages = metric.Histogram("bot_user_messages",
		"Messages that one user sent on one local day. Observed when the day ends.", messageBuckets)
)

type messages struct {
	sent   *metric.CounterVec1[event.Sender]
	inputs *metric.CounterVec1[event.Input]
	daily  *metric.HistogramVec
}

func newMessages(d deps) *messages {
	return &messages{
		sent:   metric.NewCounterVec1[event.Sender](Messages, d.pairs),
		inputs: metric.NewCounterVec1[event.Input](MessageInputs, d.pairs),
		daily:  metric.NewHistogramVec(UserMessages, d.pairs),
	}
}

func (*messages) Name() string                { return "messages" }
func (*messages) Title() string               { return "Messages" }
func (m *messages) Families() []metric.Family { return []metric.Family{m.sent, m.inputs, m.daily} }

func (m *messages) Fold(f *session.Fact) {
	for _, d := range f.Days {
		m.daily.Observe(d.Pair, d.Messages, d.Users)
	}
	switch f.Kind {
	case event.MessageUser:
		m.sent.Inc(f.Pair, event.SenderUser)
		m.inputs.Inc(f.Pair, f.Input)
	case event.MessageBot:
		m.sent.Inc(f.Pair, event.SenderBot)
	case event.MessageOperator:
		m.sent.Inc(f.Pair, event.SenderOperator)
	}
}

func (*messages) Headlines(n Numbers) []Headline {
	return []Headline{
		count(n.Sum(Messages), "messages"),
		count(n.Sum(Messages, "sender", event.SenderUser.String()), "by users"),
		count(n.Sum(Messages, "sender", event.SenderBot.String()), "by the bot"),
	}
}
