package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var (
	mixLabel   = collectors.ChatsFeedback.Labels[2]
	fromRating = collectors.FeedbackChanges.Labels[2]
	toRating   = collectors.FeedbackChanges.Labels[3]
)

var ratingNames = map[string]string{"positive": "Positive", "negative": "Negative", "neutral": "Neutral"}

func feedbackModule() module {
	return module{board: feedbackBoard, headlines: func(b *board) headlines {
		positive, limit := b.positiveShare()
		return headlines{
			numbers: []*panel{b.positiveNumber().link("Feedback", "bot-feedback")},
			columns: []func(*panel){func(p *panel) { p.rateColumn(b, "Positive share", positive, &limit) }},
		}
	}}
}

// positiveShare is the share of positive ratings among the positive and negative ones, as they stand.
func (b *board) positiveShare() (ratio, limit) {
	stand := func(rating string) func(c count, by ...metric.Label) promql.Expr {
		return func(c count, by ...metric.Label) promql.Expr { return b.ratings(c, rating, by...) }
	}
	a := b.cfg.Rules.Alerts.NegativeFeedbackHigh
	return ratio{
		part: stand("positive"),
		whole: func(c count, by ...metric.Label) promql.Expr {
			return stand("positive")(c, by...).Add(stand("negative")(c, by...))
		},
	}, falling(1-a.Above, 1, a.MinCount, "BotNegativeFeedbackHigh")
}

func (b *board) positiveNumber() *panel {
	share, limit := b.positiveShare()
	return number("Positive share", "Positive ratings among the positive and negative ones, as the ratings stand, and the change in percentage points."+exactRange).
		rated(b, share, more, &limit).none("No data on ratings in this range")
}

// ratings is the number of responses with a rating as it stands: first ratings, and what was changed to it less what was
// changed from it. In a range, ratings given before it can be changed, which may lead below zero.
func (b *board) ratings(c count, rating string, by ...metric.Label) promql.Expr {
	first, changes := b.of(collectors.Feedback), b.of(collectors.FeedbackChanges)
	return c(first.Is(collectors.Rating, rating), by...).
		Add(c(changes.Is(toRating, rating), by...)).
		Sub(c(changes.Is(fromRating, rating), by...)).Func("clamp_min", 0)
}

func feedbackBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-feedback", "Feedback", "Feedback",
		"How users evaluate the assistant's responses: thumbs-up and thumbs-down. Ratings are shown as they stand: a user who changes a rating counts once, with the last one.")
	b.filter(mixLabel, "Chats with feedback", collectors.ChatsFeedback)
	reviewable, all := b.of(collectors.ReviewableResponses), b.of(collectors.Feedback)
	chats := b.of(collectors.ChatsFeedback).Like(mixLabel, "$"+mixLabel.Name)
	share, limit := b.positiveShare()
	const none, noneShown = "No data on ratings in this range", "No data on responses to rate in this range"
	rating := func(title, description, rating, c string, good better) *panel {
		return number(title, description+", and the change."+exactRange).
			counted(b, b.ratings(total, rating), good, color(c)).none(none)
	}

	b.row("Ratings of responses")
	b.lines(5,
		number("All reviewable requests", "Requests that received feedback, positive, negative or neutral, and the change."+exactRange).
			counted(b, total(all), neither).none(none).covers("All Reviewable Requests"),
		rating("Positive feedback", "Number of positive ratings, thumbs up", "positive", positive, more).covers("Positive Feedback"),
		rating("Negative feedback", "Number of negative ratings, thumbs down", "negative", negative, less).covers("Negative Feedback"),
		rating("Neutral feedback", "Number of ratings that are neither", "neutral", neutral, neither).covers("neutral"),
		b.positiveNumber(),
		number("No feedback", "Responses that users could rate and that received no feedback, and the change."+exactRange).
			counted(b, remainder(total(reviewable), total(all)), neither).none(noneShown).covers("No Feedback"),
		number("Offered for rating", "Responses that users could rate, and the change."+exactRange).
			counted(b, total(reviewable), neither).none(noneShown),
		number("Rated responses", "Share of the responses that users could rate and that received feedback, and the change in percentage points."+exactRange).
			rated(b, shareOf(all, reviewable), more, nil).none(noneShown),
	)
	over := bars("Feedback over time", "Ratings of responses. A changed rating moves from one colour to the other in the step in which it was changed.")
	for _, r := range []struct{ value, color string }{{"positive", positive}, {"neutral", neutral}, {"negative", negative}} {
		over.over(r.value, b.ratings(step, r.value), color(r.color))
	}
	b.line(8, over.none("No data on ratings in a step that has passed"),
		lines("Positive share over time", "Positive ratings among the positive and negative ones of each step, and at the earlier time, which is estimated. The line is where its alert begins."+sparse).
			trend(b, "positive share", share, &limit).set(upTo(1), anyDecimals()).none("Too few ratings in each step"),
	)

	b.row("Chats by their feedback")
	mixes := breakdown("Chats by feedback", "Chats with feedback that closed, by the mix of their ratings. Choose kinds at the top of the dashboard."+exactRange).
		covers("filter chats based on feedback types", "more positive", "more negative", "only positive")
	mixesOver := bars("Chats by feedback over time", "Chats with feedback that closed, by the mix of their ratings."+exactSteps)
	for _, m := range mixNames {
		mixes.now(m.name, total(chats.Is(mixLabel, m.value)), color(m.color))
		mixesOver.over(m.name, step(chats.Is(mixLabel, m.value)), color(m.color))
	}
	b.line(10, mixes.wide(8).none(noneClosed), mixesOver.none("No data on closed chats in a step that has passed"),
		list("Changed ratings", "Ratings of responses that had another rating before."+exactRange).
			key("From", fromRating, mapped(text(ratingNames))).
			key("To", toRating, mapped(text(ratingNames))).
			column("Changes", total(b.of(collectors.FeedbackChanges), fromRating, toRating).Where(">", promql.Number(0))).
			sortBy("Changes").none("No rating was changed").wide(6),
	)
	b.pairsTable(perPair("Assistants and channels", "Feedback for each assistant and channel. A dash stands for too few to judge."+exactRange).
		column("Offered", total(reviewable, pair...), bar(primary)...).
		column("Rated", total(all, pair...)).
		column("Positive", b.ratings(total, "positive", pair...)).
		column("Negative", b.ratings(total, "negative", pair...)).
		rateColumn(b, "Positive share", share, &limit).none(noneShown),
		"Offered", "Positive share", true, "Negative")
	return b.build()
}

// mixNames leaves out chats without feedback, which would flatten all other bars.
var mixNames = []struct{ value, name, color string }{
	{"only_positive", "only positive", positive},
	{"more_positive", "more positive", primary},
	{"balanced", "balanced", third},
	{"more_negative", "more negative", warning},
	{"only_negative", "only negative", negative},
}
