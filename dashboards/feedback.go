package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func feedbackBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-feedback", "Feedback", "Feedback",
		"How users evaluate the assistant's responses: thumbs-up and thumbs-down. Ratings are shown as they stand: a user who changes a rating counts once, with the last one.")
	b.filter(mixLabel, "Chats with feedback", collectors.ChatsFeedback)
	reviewable, all := b.of(collectors.ReviewableResponses), b.of(collectors.Feedback)
	stand := func(c count, rating string, by ...metric.Label) promql.Expr { return ratings(b, c, rating, by...) }
	chats := b.of(collectors.ChatsFeedback).Like(mixLabel, "$"+mixLabel.Name)
	two := func(title, description, rating, c string) *panel {
		return number(title, description+", and the number in the previous time range."+exactRange).
			now("this period", stand(total, rating), color(c)).
			now("previous", stand(total, rating).Before(rangeWindow), color(neutral))
	}

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
			now("this period", remainder(total(reviewable), total(all))).
			now("previous", remainder(total(reviewable), total(all)).Before(rangeWindow), color(neutral)).
			covers("No Feedback"),
		number("Positive share", "Positive ratings among the positive and negative ones, and in the previous time range."+exactRange).
			now("this period", positiveShare(b, total)).
			now("previous", positiveShare(b, total).Before(rangeWindow), color(neutral)).
			share(lowIsBad(Limit{1 - cfg.limits().NegativeShare.Warning, 1 - cfg.limits().NegativeShare.Critical})...).
			none("No ratings"),
	)
	b.line(8,
		bars("Feedback over time", "Ratings of responses. A changed rating moves from one colour to the other in the step in which it was changed.").
			over("positive", stand(step, "positive"), color(positive)).
			over("neutral", stand(step, "neutral"), color(neutral)).
			over("negative", stand(step, "negative"), color(negative)),
		lines("Positive share over time", "Positive ratings among the positive and negative ones of each step, and in the previous time range, which is estimated.").
			over("positive share", positiveShare(b, step), color(positive)).
			over("previous period", positiveShare(b, before), dashed()...).
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
	b.line(8, perChannel("Feedback for each assistant and channel."+exactRange).
		column("Reviewable", total(reviewable, pair...)).
		column("Positive", stand(total, "positive", pair...)).
		column("Negative", stand(total, "negative", pair...)).
		column("Neutral", stand(total, "neutral", pair...)).
		column("No feedback", remainder(total(reviewable, pair...), total(all, pair...))).
		column("Positive share", positiveShare(b, total, pair...), unit(unitShare), decimals(1)).
		sortBy("Reviewable"))
	return b.build()
}

// ratings is the number of responses with a rating as it stands: first ratings, and what was changed to it less what was
// changed from it. In a range, ratings given before it can be changed, which may lead below zero.
func ratings(b *board, c count, rating string, by ...metric.Label) promql.Expr {
	first, changes := b.of(collectors.Feedback), b.of(collectors.FeedbackChanges)
	return c(first.Is(collectors.Rating, rating), by...).
		Add(c(changes.Is(toRating, rating), by...)).
		Sub(c(changes.Is(fromRating, rating), by...)).Func("clamp_min", 0)
}

// positiveShare is the share of positive ratings among the positive and negative ones, as they stand.
func positiveShare(b *board, c count, by ...metric.Label) promql.Expr {
	positive, negative := ratings(b, c, "positive", by...), ratings(b, c, "negative", by...)
	return positive.Over(positive.Add(negative))
}

var mixNames = []struct{ value, name, color string }{
	{"only_positive", "only positive", positive},
	{"more_positive", "more positive", primary},
	{"balanced", "balanced", third},
	{"more_negative", "more negative", warning},
	{"only_negative", "only negative", negative},
	{"none", "no feedback", neutral},
}
