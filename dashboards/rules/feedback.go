package rules

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

func (b *book) feedback() {
	all := b.of(collectors.Feedback)
	rated := all.with("rated", collectors.Rating, event.Positive, event.Negative)
	negative := ratio{all.with(event.Negative.String(), collectors.Rating, event.Negative), rated}
	b.rates(negative, ratio{all.with(event.Positive.String(), collectors.Rating, event.Positive), rated})
	each(b, func(a *Alerts) *Share { return &a.NegativeFeedbackHigh }, func(v view, s Share) {
		v.share(shareAlert{
			name: "BotNegativeFeedbackHigh", ratio: negative,
			parts: "are thumbs down", wholes: "ratings (thumbs up or down)",
			summary: "Users dislike the answers.",
			meaning: "An unusual share of the ratings of responses is negative.",
			why:     "Silence is no rating and does not count. Ratings are few, hence a day.",
		}, s)
	})
}
