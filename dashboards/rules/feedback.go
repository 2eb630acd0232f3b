package rules

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

func (b *book) feedback() {
	first, changes := b.of(collectors.Feedback), b.of(collectors.FeedbackChanges)
	from, to := collectors.FeedbackChanges.Labels[2], collectors.FeedbackChanges.Labels[3]
	standing := func(r event.Rating) tally { // each rating counts with its last value
		name := r.String()
		return together(first.name+"_standing_"+name, first.with(name, collectors.Rating, r), changes.with("to_"+name, to, r)).
			minus(changes.with("from_"+name, from, r))
	}
	positive, negative := standing(event.Positive), standing(event.Negative)
	rated := together(first.name+"_standing_rated", positive, negative)
	b.rates(ratio{negative, rated}, ratio{positive, rated})
	each(b, func(a *Alerts) *Share { return &a.NegativeFeedbackHigh }, func(v view, s Share) {
		v.share(shareAlert{
			name: "BotNegativeFeedbackHigh", ratio: ratio{negative, rated},
			parts: "are thumbs down", wholes: "ratings (thumbs up or down)",
			summary: "Users dislike the answers.",
			meaning: "An unusual share of the ratings of responses is negative.",
			why:     "Silence is no rating and does not count; a changed rating counts with its last value. Ratings are few, hence a day.",
		}, s)
	})
}
