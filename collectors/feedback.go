package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Feedback: thumbs on single responses, and chats by the mix of them.
var (
	ReviewableResponses = metric.Counter("bot_reviewable_responses_total",
		"Bot responses that users were asked to rate.")
	Feedback = metric.Counter("bot_feedback_total",
		"First ratings of bot responses, including those given after the chat has ended.", Rating)
	FeedbackChanges = metric.Counter("bot_feedback_changes_total",
		"Changes of the rating of a bot response, from one rating to another.",
		metric.Closed[event.Rating]("from"), metric.Closed[event.Rating]("to"))
	ChatsFeedback = metric.Counter("bot_chats_feedback_total",
		"Closed chats that a user had started, by the mix of ratings given in them.", metric.Closed[session.Mix]("mix"))
)

type feedback struct {
	reviewable *metric.CounterVec
	first      *metric.CounterVec1[event.Rating]
	changes    *metric.CounterVec2[event.Rating, event.Rating]
	mixes      *metric.CounterVec1[session.Mix]
}

func newFeedback(d deps) *feedback {
	return &feedback{
		reviewable: metric.NewCounterVec(ReviewableResponses, d.pairs),
		first:      metric.NewCounterVec1[event.Rating](Feedback, d.pairs),
		changes:    metric.NewCounterVec2[event.Rating, event.Rating](FeedbackChanges, d.pairs),
		mixes:      metric.NewCounterVec1[session.Mix](ChatsFeedback, d.pairs),
	}
}

func (*feedback) Name() string  { return "feedback" }
func (*feedback) Title() string { return "Feedback" }

func (b *feedback) Families() []metric.Family {
	return []metric.Family{b.reviewable, b.first, b.changes, b.mixes}
}

func (b *feedback) Fold(f *session.Fact) {
	for i := range f.Closed {
		if f.Closed[i].Started {
			b.mixes.Inc(f.Closed[i].Pair, f.Closed[i].Mix)
		}
	}
	if f.Kind == event.MessageBot && f.Reviewable {
		b.reviewable.Inc(f.Pair)
	}
	if f.FirstRating {
		b.first.Inc(f.Pair, f.Rating)
	}
	if f.ChangedFrom != event.Unrated {
		b.changes.Inc(f.Pair, f.ChangedFrom, f.Rating)
	}
}

func (*feedback) Headlines(n Numbers) []Headline {
	stands := func(r event.Rating) float64 { // each response counts with its last rating
		rating := r.String()
		return n.Sum(Feedback, Rating.Name, rating) + n.Sum(FeedbackChanges, "to", rating) - n.Sum(FeedbackChanges, "from", rating)
	}
	positive, negative := stands(event.Positive), stands(event.Negative)
	return []Headline{
		share(positive, positive+negative, "positive"),
		count(positive, "thumbs up"),
		count(negative, "thumbs down"),
		count(n.Sum(ReviewableResponses)-n.Sum(Feedback), "no feedback"),
	}
}
