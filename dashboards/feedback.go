package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func feedbackBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-feedback", "Feedback", "Feedback",
		"How users evaluate the assistant's responses: thumbs-up and thumbs-down.")
	b.filter(mixLabel, "Chats with feedback", collectors.ChatsFeedback)
	reviewable, all := b.of(collectors.ReviewableResponses), b.of(collectors.Feedback)
	rated := func(r string) promql.Selector { return all.Is(collectors.Rating, r) }
	chats := b.of(collectors.ChatsFeedback).Like(mixLabel, "$"+mixLabel.Name)
	two := func(title, description, rating, c string) *panel {
		return number(title, description+", and the number in the previous time range."+exactRange).
			now("this period", total(rated(rating)), color(c)).
			now("previous", total(rated(rating)).Before(rangeWindow), color(neutral))
	}
	both := total(rated("positive")).Add(total(rated("negative")))

	b.row("Ratings of responses")
	b.line(5,
		number("All reviewable requests", "Responses of the assistant that users were offered to rate, and how many of them received feedback: positive, negative or neutral."+exactRange).
			now("reviewable", total(reviewable)).
			now("with feedback", total(all), color(neutral)).
			covers("All Reviewable Requests"),
		two("Positive feedback", "Number of positive ratings, thumbs up", "positive", positive).covers("Positive Feedback"),
		two("Negative feedback", "Number of negative ratings, thumbs down", "negative", negative).covers("Negative Feedback"),
		two("Neutral feedback", "Number of ratings that are neither", "neutral", neutral).covers("neutral"),
		number("No feedback", "Responses that could be rated and did not receive any feedback, and the number in the previous time range."+exactRange).
			now("this period", total(reviewable).Sub(total(all))).
			now("previous", total(reviewable).Sub(total(all)).Before(rangeWindow), color(neutral)).
			covers("No Feedback"),
		number("Positive share", "Positive ratings among the positive and negative ones, and in the previous time range."+exactRange).
			now("this period", total(rated("positive")).Over(both)).
			now("previous", total(rated("positive")).Over(both).Before(rangeWindow), color(neutral)).
			share(lowIsBad(Limit{1 - cfg.limits().NegativeShare.Warning, 1 - cfg.limits().NegativeShare.Critical})...).
			none("No ratings"),
	)
	b.line(8,
		bars("Feedback over time", "First ratings of responses."+exactSteps).
			over("positive", step(rated("positive")), color(positive)).
			over("neutral", step(rated("neutral")), color(neutral)).
			over("negative", step(rated("negative")), color(negative)),
		lines("Positive share over time", "Positive ratings among the positive and negative ones of each step, and in the previous time range, which is estimated.").
			over("positive share", step(rated("positive")).Over(step(rated("positive")).Add(step(rated("negative")))), color(positive)).
			over("previous period", before(rated("positive")).Over(before(rated("positive")).Add(before(rated("negative")))), dashed()...).
			set(unit(unitShare), decimals(1), upTo(1)),
	)

	b.row("Chats by their feedback")
	mixes := breakdown("Chats by feedback", "Chats that closed, by the mix of their ratings. Choose kinds at the top of the dashboard."+exactRange).
		covers("filter chats based on feedback types", "more positive", "more negative", "only positive")
	over := bars("Chats by feedback over time", "Chats that closed, by the mix of their ratings; only those with feedback."+exactSteps)
	for _, m := range mixNames {
		mixes.now(m.name, total(chats.Is(mixLabel, m.value)), color(m.color))
		if m.value != "none" {
			over.over(m.name, step(chats.Is(mixLabel, m.value)), color(m.color))
		}
	}
	b.line(11, mixes.wide(8), over,
		list("Changed ratings", "Ratings of responses that had another rating before."+exactRange).
			key("From", fromRating, mapped(text(ratingNames))).
			key("To", toRating, mapped(text(ratingNames))).
			column("Changes", total(b.of(collectors.FeedbackChanges), fromRating, toRating).Where(">", promql.Number(0))).
			sortBy("Changes").none("No rating was changed").wide(6),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	pos, neg := total(rated("positive"), pair...), total(rated("negative"), pair...)
	b.line(8, perChannel("Feedback for each assistant and channel."+exactRange).
		column("Reviewable", total(reviewable, pair...)).
		column("Positive", pos).
		column("Negative", neg).
		column("Neutral", total(rated("neutral"), pair...)).
		column("No feedback", total(reviewable, pair...).Sub(total(all, pair...))).
		column("Positive share", pos.Over(pos.Add(neg)), unit(unitShare), decimals(1)).
		sortBy("Reviewable"))
	return b.build()
}

var mixNames = []struct{ value, name, color string }{
	{"only_positive", "only positive", positive},
	{"more_positive", "more positive", primary},
	{"balanced", "balanced", third},
	{"more_negative", "more negative", warning},
	{"only_negative", "only negative", negative},
	{"none", "no feedback", neutral},
}
