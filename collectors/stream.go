package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Stream: what became of each message of the stream. Nothing is dropped without a count.
var (
	Events = metric.StreamCounter("bot_events_total",
		"Events counted, by kind.", metric.Closed[event.Kind]("kind"))
	EventsRejected = metric.StreamCounter("bot_events_rejected_total",
		"Messages rejected, by the first reason found.", metric.Closed[event.Reason]("reason"))
	EventsDuplicate = metric.StreamCounter("bot_events_duplicate_total",
		"Events left out because their source and id were already counted within the deduplication window.")
	EventsIgnored = metric.StreamCounter("bot_events_ignored_total",
		"Valid events left out, by reason.", metric.Closed[ignored]("reason"))
	EventsClamped = metric.StreamCounter("bot_events_clamped_total",
		"Events counted at their stored time because their own time lies too far in the past or future.",
		metric.Closed[session.Clamp]("direction"))
	ClockDoubted = metric.StreamCounter("bot_events_clock_doubted_total",
		"Messages whose stored time was not believed: it lies too far ahead, and neither the event time nor the message before confirms it.")
	EventDelay = metric.Histogram("bot_event_delay_seconds",
		"Time from an event to its storage in the stream, of events with a plausible time of their own.",
		[]float64{0.1, 1, 10, 60, 300, 1800, 3600, 21600, 86400})
	EventsLost = metric.StreamCounter("bot_events_lost_total",
		"Messages that the stream dropped before the exporter read them.")
	LabelOverflow = metric.StreamCounter("bot_label_overflow_total",
		"Increments counted under __other__ because a label had reached its limit; metric * stands for all metrics.",
		metric.Label{Name: "metric"}, metric.Label{Name: "label"})
)

// ignored is why a valid event is not counted.
type ignored uint8

const ignoredTest ignored = 1 // env is test

func (i ignored) String() string { return [...]string{"", "test", ""}[min(i, 2)] }

type stream struct {
	events     *metric.CounterVec1[event.Kind]
	rejected   *metric.CounterVec1[event.Reason]
	duplicates *metric.CounterVec
	ignored    *metric.CounterVec1[ignored]
	clamped    *metric.CounterVec1[session.Clamp]
	doubted    *metric.CounterVec
	delay      *metric.HistogramVec
	lost       *metric.CounterVec
	overflow   *metric.Overflow
}

func newStream(d deps) *stream {
	return &stream{
		events:     metric.NewCounterVec1[event.Kind](Events, d.pairs),
		rejected:   metric.NewCounterVec1[event.Reason](EventsRejected, d.pairs),
		duplicates: metric.NewCounterVec(EventsDuplicate, d.pairs),
		ignored:    metric.NewCounterVec1[ignored](EventsIgnored, d.pairs),
		clamped:    metric.NewCounterVec1[session.Clamp](EventsClamped, d.pairs),
		doubted:    metric.NewCounterVec(ClockDoubted, d.pairs),
		delay:      metric.NewHistogramVec(EventDelay, d.pairs),
		lost:       metric.NewCounterVec(EventsLost, d.pairs),
		overflow:   d.overflow,
	}
}

func (*stream) Name() string  { return "stream" }
func (*stream) Title() string { return "Stream" }

func (s *stream) Families() []metric.Family {
	return []metric.Family{s.events, s.rejected, s.duplicates, s.ignored, s.clamped, s.doubted, s.delay, s.lost, s.overflow}
}

func (s *stream) Fold(f *session.Fact) {
	if f.Kind == event.None {
		return
	}
	s.events.Inc(0, f.Kind)
	if f.Clamped != session.Unclamped {
		s.clamped.Inc(0, f.Clamped)
	} else if f.HasTime {
		s.delay.ObserveNanos(f.Pair, max(0, f.Stored-f.At))
	}
}

func (*stream) Headlines(n Numbers) []Headline {
	return []Headline{
		count(n.Sum(Events), "events counted"),
		count(n.Sum(EventsRejected), "rejected"),
		count(n.Sum(EventsDuplicate), "duplicates"),
		count(n.Sum(EventsLost), "lost"),
	}
}
