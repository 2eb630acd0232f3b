package dashboards

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func satisfactionBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-satisfaction", "User satisfaction", "User Satisfaction",
		"Customer Satisfaction (CSAT) as users rate it at the end of a conversation, from 1, very unsatisfied, to 5, very satisfied. Votes are shown as they stand: a user who corrects a vote counts once, with the last one.")
	score, offered, changes := b.of(collectors.CSATScore), b.of(collectors.CSATOffered), b.of(collectors.CSATChanges)
	average := func(c count, by ...metric.Label) promql.Expr { return averageScore(b, c, by...) }
	high, low := []string{"4", "5"}, []string{"1", "2", "3"}
	satisfied := func(c count, by ...metric.Label) promql.Expr {
		first := c(score.Count(), by...).Sub(c(score.UpTo(3), by...))
		better := c(changes.Is(fromScore, low...).Is(toScore, high...), by...)
		worse := c(changes.Is(fromScore, high...).Is(toScore, low...), by...)
		return first.Add(better).Sub(worse).Over(c(score.Count(), by...)).Func("clamp", 0, 1)
	}
	answered := func(c count, by ...metric.Label) promql.Expr { return c(score.Count(), by...).Over(c(offered, by...)) }
	limit := lowIsBad(cfg.limits().CSAT)

	b.row("Customer satisfaction")
	b.line(5,
		number("CSAT score", "Average of all CSAT ratings provided by users, from 1 to 5, and in the previous time range."+exactRange).
			now("this period", average(total)).
			now("previous", average(total).Before(rangeWindow), color(neutral)).
			set(unit(unitScore), decimals(2), upTo(5), byThresholds(), limits(limit...)).none("No votes").
			covers("CSAT Score"),
		number("Total number of votes", "Total number of CSAT ratings collected, and the number in the previous time range."+exactRange).
			now("this period", total(score.Count())).
			now("previous", total(score.Count()).Before(rangeWindow), color(neutral)).
			covers("Total Number of Votes"),
		number("Satisfied users", "Share of votes that are 4 or 5, and in the previous time range."+exactRange).
			now("this period", satisfied(total)).
			now("previous", satisfied(total).Before(rangeWindow), color(neutral)).
			set(unit(unitShare), decimals(1)).none("No votes"),
		number("Response rate", "Votes among the surveys that were shown, and in the previous time range."+exactRange).
			now("this period", answered(total)).
			now("previous", answered(total).Before(rangeWindow), color(neutral)).
			share(lowIsBad(cfg.Thresholds.CSATResponseRate)...).none("No surveys"),
		number("Surveys shown", "CSAT surveys shown at the end of a conversation, and the number in the previous time range."+exactRange).
			now("this period", total(offered)).
			now("previous", total(offered).Before(rangeWindow), color(neutral)),
	)
	votes := breakdown("Votes by score", "How many users gave each score, from 1 (Very Unsatisfied) to 5 (Very Satisfied)."+exactRange).
		covers("1 means Very Unsatisfied", "5 means Very Satisfied")
	over := bars("Votes over time", "First votes of chats by score."+exactSteps)
	for i := len(scores) - 1; i >= 0; i-- {
		value := fmt.Sprint(i + 1)
		from, to := changes.Is(fromScore, value), changes.Is(toScore, value)
		votes.now(scores[i].name, exactly(total, score, i).Add(total(to)).Sub(total(from)).Func("clamp_min", 0), color(scores[i].color))
		over.over(value, exactly(step, score, i), color(scores[i].color))
	}
	b.line(9, votes, over,
		list("Corrected votes", "Votes for a chat that had another vote before."+exactRange).
			key("From", fromScore).key("To", toScore).
			column("Votes", total(changes, fromScore, toScore).Where(">", promql.Number(0))).
			sortBy("Votes").none("No vote was corrected").wide(6),
	)
	b.line(8,
		lines("CSAT score over time", "Average rating of each step, and in the previous time range, which is estimated.").
			over("score", average(step), color(primary)).
			over("previous period", average(before), dashed()...).
			set(unit(unitScore), decimals(2), upTo(5)).from(1),
		lines("Response rate over time", "Votes among the surveys shown in each step, and in the previous time range, which is estimated.").
			over("response rate", answered(step), color(primary)).
			over("previous period", answered(before), dashed()...).
			set(unit(unitShare), decimals(1)),
	)
	pair := []metric.Label{metric.Bot, metric.Channel}
	b.line(8, perChannel("Satisfaction for each assistant and channel."+exactRange).
		column("CSAT score", average(total, pair...), unit(unitScore), decimals(2), byThresholds(), limits(limit...)).
		column("Votes", total(score.Count(), pair...)).
		column("Satisfied", satisfied(total, pair...), unit(unitShare), decimals(1)).
		column("Surveys", total(offered, pair...)).
		column("Response rate", answered(total, pair...), unit(unitShare), decimals(1)).
		sortBy("Votes"))
	return b.build()
}

// averageScore is the average vote as the votes stand: each change moves the sum by what lies between the two scores. In
// a range, votes given before it can be corrected, which may lead beyond the scale.
func averageScore(b *board, c count, by ...metric.Label) promql.Expr {
	score := b.of(collectors.CSATScore)
	moved := c(b.of(collectors.CSATChanges), append(slices.Clone(by), fromScore, toScore)...).
		Weighted(func(scores ...string) float64 {
			from, to := collectors.CSATChange(scores...)
			return to - from
		}, fromScore, toScore).Sum(by...)
	return c(score.Sum(), by...).Add(moved).Over(c(score.Count(), by...)).Func("clamp", 1, 5)
}

// exactly counts the votes of one score: what the buckets up to it hold, less those below.
func exactly(count func(promql.Selector, ...metric.Label) promql.Expr, s promql.Selector, i int) promql.Expr {
	bounds := s.Def().Buckets
	if i == 0 {
		return count(s.UpTo(bounds[0]))
	}
	return count(s.UpTo(bounds[i])).Sub(count(s.UpTo(bounds[i-1])))
}

var scores = []struct{ name, color string }{
	{"1 – very unsatisfied", negative},
	{"2", warning},
	{"3", neutral},
	{"4", primary},
	{"5 – very satisfied", positive},
}
