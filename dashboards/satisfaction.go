package dashboards

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var (
	fromScore = collectors.CSATChanges.Labels[2]
	toScore   = collectors.CSATChanges.Labels[3]
)

// satisfactionKPIs are the ratios of the module and their limits, the same wherever they are shown.
type satisfactionKPIs struct {
	score, satisfied, response ratio
	low, responseLow           limit
}

func (b *board) satisfactionKPIs() satisfactionKPIs {
	score, offered, changes := b.of(collectors.CSATScore), b.of(collectors.CSATOffered), b.of(collectors.CSATChanges)
	top, rest := []string{"4", "5"}, []string{"1", "2", "3"}
	a, own := &b.cfg.Rules.Alerts, b.cfg.Thresholds
	return satisfactionKPIs{
		score: ratio{part: b.scores, whole: tally(score.Count()), unit: []field{unit(unitScore), decimals(2)}, bounds: []float64{1, 5}},
		satisfied: ratio{
			part: func(c count, by ...metric.Label) promql.Expr {
				better := c(changes.Is(fromScore, rest...).Is(toScore, top...), by...)
				worse := c(changes.Is(fromScore, top...).Is(toScore, rest...), by...)
				return c(score.Count(), by...).Sub(c(score.UpTo(3), by...)).Add(better).Sub(worse)
			},
			whole: tally(score.Count()), bounds: []float64{0, 1},
		},
		response:    shareOf(score.Count(), offered),
		low:         falling(a.CSATLow.Below, 5, a.CSATLow.MinCount, "BotCSATLow", "BotCSATDropped"),
		responseLow: limit{own.CSATResponseRate, true, a.CSATResponseCollapsed.MinCount, []string{"BotCSATResponseCollapsed"}},
	}
}

// scores is the sum of the votes as they stand: each change moves it by what lies between the two scores.
func (b *board) scores(c count, by ...metric.Label) promql.Expr {
	moved := c(b.of(collectors.CSATChanges), append(slices.Clone(by), fromScore, toScore)...).
		Weighted(func(scores ...string) float64 {
			from, to := collectors.CSATChange(scores...)
			return to - from
		}, fromScore, toScore).Sum(by...)
	return c(b.of(collectors.CSATScore).Sum(), by...).Add(moved)
}

const noVote, noSurvey = "No data on votes in this range", "No data on surveys in this range"

func satisfactionModule() module {
	return module{board: satisfactionBoard, headlines: func(b *board) headlines {
		k := b.satisfactionKPIs()
		return headlines{
			numbers: []*panel{
				b.scoreNumber(k).link("User satisfaction", "bot-satisfaction"),
				b.responseNumber(k).link("User satisfaction", "bot-satisfaction"),
			},
			trends:  []*panel{b.scoreTrend(k).link("User satisfaction", "bot-satisfaction")},
			columns: []func(*panel){func(p *panel) { p.rateColumn(b, "CSAT score", k.score, &k.low) }},
		}
	}}
}

func (b *board) scoreNumber(k satisfactionKPIs) *panel {
	return number("CSAT score", "Average of all CSAT ratings as they stand, from 1 to 5, and the change."+exactRange).
		rated(b, k.score, more, &k.low).none(noVote)
}

func (b *board) responseNumber(k satisfactionKPIs) *panel {
	return number("Response rate of surveys", "Votes among the surveys that were shown, and the change in percentage points."+exactRange).
		rated(b, k.response, more, &k.responseLow).none(noSurvey)
}

func (b *board) scoreTrend(k satisfactionKPIs) *panel {
	return lines("CSAT score over time", "Average rating of each step, and at the earlier time, which is estimated. The line is where its alert begins."+sparse).
		trend(b, "score", k.score, &k.low).set(anyDecimals(), upTo(5)).from(1).none("Too few votes in each step")
}

func satisfactionBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-satisfaction", "User satisfaction", "User Satisfaction",
		"Customer Satisfaction (CSAT) as users rate it at the end of a conversation, from 1, very unsatisfied, to 5, very satisfied. Votes are shown as they stand: a user who corrects a vote counts once, with the last one.")
	score, offered, changes := b.of(collectors.CSATScore), b.of(collectors.CSATOffered), b.of(collectors.CSATChanges)
	k := b.satisfactionKPIs()

	b.row("Customer satisfaction")
	b.lines(5,
		b.scoreNumber(k).covers("CSAT Score"),
		number("Total number of votes", "CSAT ratings collected, and the change."+exactRange).
			counted(b, total(score.Count()), neither).none(noVote).covers("Total Number of Votes"),
		number("Satisfied users", "Share of votes that are 4 or 5, and the change in percentage points."+exactRange).
			rated(b, k.satisfied, more, nil).none(noVote),
		b.responseNumber(k),
		number("Surveys shown", "CSAT surveys shown at the end of a conversation, and the change."+exactRange).
			counted(b, total(offered), neither).none(noSurvey),
	)
	votes := breakdown("Votes by score", "How many users gave each score, from 1 (Very Unsatisfied) to 5 (Very Satisfied)."+exactRange).
		covers("1 means Very Unsatisfied", "5 means Very Satisfied").none(noVote)
	over := bars("Votes over time", "First votes of chats by score."+exactSteps).none("No data on votes in a step that has passed")
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
	b.line(8, b.scoreTrend(k),
		lines("Response rate over time", "Votes among the surveys shown in each step, and at the earlier time, which is estimated. The line is where its colour turns red."+sparse).
			trend(b, "response rate", k.response, &k.responseLow).set(anyDecimals()).none("Too few surveys in each step"),
	)
	b.pairsTable(perPair("Assistants and channels", "Satisfaction for each assistant and channel. A dash stands for too few to judge."+exactRange).
		column("Votes", total(score.Count(), pair...), bar(primary)...).
		rateColumn(b, "CSAT score", k.score, &k.low).
		rateColumn(b, "Satisfied", k.satisfied, nil).
		column("Surveys", total(offered, pair...)).
		rateColumn(b, "Response rate", k.response, &k.responseLow).none(noSurvey),
		"Votes", "CSAT score", true, "Response rate")
	return b.build()
}

// exactly counts the votes of one score: what the buckets up to it hold, less those below.
func exactly(c count, s promql.Selector, i int) promql.Expr {
	bounds := s.Def().Buckets
	if i == 0 {
		return c(s.UpTo(bounds[0]))
	}
	return c(s.UpTo(bounds[i])).Sub(c(s.UpTo(bounds[i-1])))
}

var scores = []struct{ name, color string }{
	{"1 – very unsatisfied", negative},
	{"2", warning},
	{"3", neutral},
	{"4", primary},
	{"5 – very satisfied", positive},
}
