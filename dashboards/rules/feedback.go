package rules

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// FeedbackAlerts are the settings of the alerts on ratings of responses.
type FeedbackAlerts struct {
	NegativeFeedbackHigh Share `yaml:"BotNegativeFeedbackHigh"`
}

func feedbackDefaults(a *Alerts) {
	a.NegativeFeedbackHigh = Share{Common{Severity: warning, For: 30 * minute}, []Duration{day}, 0.4, 20}
}

func (b *builder) feedback() {
	first, changes := b.counter(collectors.Feedback), b.counter(collectors.FeedbackChanges)
	from, to := collectors.FeedbackChanges.Labels[2], collectors.FeedbackChanges.Labels[3]
	standing := func(r event.Rating) counter { // counts each rated message with its last rating
		name := r.String()
		return together(first.name+"_standing_"+name, first.with(name, collectors.Rating, r), changes.with("to_"+name, to, r)).
			minus(changes.with("from_"+name, from, r))
	}
	positive, negative := standing(event.Positive), standing(event.Negative)
	rated := together(first.name+"_standing_rated", positive, negative)
	b.rates(ratio{negative, rated}, ratio{positive, rated})
	each(b, func(a *BotAlerts) *Share { return &a.NegativeFeedbackHigh }, func(sel selection, s Share) {
		sel.share(shareAlert{
			name: "BotNegativeFeedbackHigh", ratio: ratio{negative, rated},
			rate: "Negative share of the ratings", parts: "are negative", wholes: "ratings",
			summary: "users dislike the answers",
			meaning: "An unusual share of the ratings of responses is negative.",
			why:     "Only thumbs up and thumbs down count, each message with its last rating. Ratings are few, so the window is a day.",
		}, s)
	})
}
