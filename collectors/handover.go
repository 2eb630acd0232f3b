package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Handover: how users ask for a human, by takeover or ticket, and how long they wait.
var (
	HandoverRequests = metric.Counter("bot_handover_requests_total",
		"Requests for a human, by cause and by whether a takeover or a ticket was asked for.",
		metric.Closed[event.Cause]("cause"), metric.Closed[event.Via]("via"))
	HandoverChats = metric.Counter("bot_handover_chats_total",
		"Chats with at least one request for a human, by whether the first asked for a takeover or a ticket.", metric.Closed[event.Via]("via"))
	HandoverUsers = metric.Gauge("bot_handover_users_active",
		"Distinct users who asked for a human in the rolling window.", Window)
	HandoverWait = metric.Histogram("bot_handover_wait_seconds",
		"Time that takeover requests waited until an operator accepted.", waitBuckets)
	HandoverFirstResponse = metric.Histogram("bot_handover_first_response_seconds",
		"Time from the first takeover request in a chat to the operator's first message after it.", waitBuckets)
	HandoverWaiting = metric.Gauge("bot_handover_waiting",
		"Open chats with a takeover request that nobody has accepted yet.")
	HandoverOldestWait = metric.Gauge("bot_handover_oldest_wait_seconds",
		"How long the open chat that has waited longest for an operator has waited; 0 when none waits.")
	HandoverUnanswered = metric.Counter("bot_handover_unanswered_total",
		"Chats that closed before anybody accepted their takeover request.")
)

var waitBuckets = []float64{5, 15, 30, 60, 120, 300, 600, 1800, 3600}

type handover struct {
	requests   *metric.CounterVec2[event.Cause, event.Via]
	chats      *metric.CounterVec1[event.Via]
	users      *cohorts
	wait       *metric.HistogramVec
	response   *metric.HistogramVec
	waiting    *metric.GaugeFunc
	oldest     *metric.GaugeFunc
	unanswered *metric.CounterVec
}

func newHandover(d deps) *handover {
	return &handover{
		requests:   metric.NewCounterVec2[event.Cause, event.Via](HandoverRequests, d.pairs),
		chats:      metric.NewCounterVec1[event.Via](HandoverChats, d.pairs),
		users:      newCohorts(HandoverUsers, d, session.CohortAsked),
		wait:       metric.NewHistogramVec(HandoverWait, d.pairs),
		response:   metric.NewHistogramVec(HandoverFirstResponse, d.pairs),
		waiting:    metric.NewGaugeFunc(HandoverWaiting, d.pairs, d.sessions.Waiting),
		oldest:     metric.NewGaugeFunc(HandoverOldestWait, d.pairs, d.sessions.OldestWait),
		unanswered: metric.NewCounterVec(HandoverUnanswered, d.pairs),
	}
}

func (*handover) Name() string  { return "handover" }
func (*handover) Title() string { return "Handover" }

func (h *handover) Families() []metric.Family {
	return []metric.Family{h.requests, h.chats, h.users, h.wait, h.response, h.waiting, h.oldest, h.unanswered}
}

func (h *handover) Fold(f *session.Fact) {
	for i := range f.Closed {
		if f.Closed[i].Unanswered {
			h.unanswered.Inc(f.Closed[i].Pair)
		}
	}
	if f.Kind == event.HandoverRequested {
		h.requests.Inc(f.Pair, f.Cause, f.Via)
		if f.FirstRequest {
			h.chats.Inc(f.Pair, f.Via)
		}
	}
	if f.Accepted {
		h.wait.ObserveNanos(f.Pair, f.Wait)
	}
	if f.Responds {
		h.response.ObserveNanos(f.Pair, f.FirstResponse)
	}
}

func (*handover) Headlines(n Numbers) []Headline {
	started, requested := n.Sum(ChatsStarted), n.Sum(HandoverChats)
	return []Headline{
		count(n.Sum(HandoverWaiting), "waiting now"),
		share(requested, started, "of chats with a request"),
		count(requested, "chats with a request"),
		count(started-requested, "chats without"),
		meanSeconds(n, HandoverWait, "mean wait"),
	}
}
