package exporter

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// headlines are the numbers of one module that a person looks for first.
type headlines struct {
	Title   string
	Figures []figure
}

type figure struct {
	Value string
	Label string
}

func headlinesOf(k *expose.Cut) []headlines {
	votes, scores := k.Observed(collectors.CSATScore)
	scores += scoresMoved(k)
	chats, seconds := k.Observed(collectors.ChatDuration)
	waits, waited := k.Observed(collectors.HandoverWait)
	positive, negative := asItStands(k, "positive"), asItStands(k, "negative")
	rated := k.Sum(collectors.Feedback)
	replied := k.Sum(collectors.Outreach, "result", "replied")
	active := k.Sum(collectors.UsersActive, "window", "7d")
	returning := k.Sum(collectors.UsersCohort, "cohort", "returning", "window", "7d")
	started := k.Sum(collectors.ChatsStarted)
	handed := k.Sum(collectors.HandoverChats)
	return []headlines{
		{"Users", []figure{
			{count(active), "active in 7 days"}, {count(k.Sum(collectors.UsersActive, "window", "1d")), "active in 1 day"},
			{count(k.Sum(collectors.UsersNew)), "seen in all"}}},
		{"Messages", []figure{
			{count(k.Sum(collectors.Messages)), "messages"}, {count(k.Sum(collectors.Messages, "sender", "user")), "by users"},
			{count(k.Sum(collectors.Messages, "sender", "bot")), "by the bot"}}},
		{"Chats", []figure{
			{count(k.Sum(collectors.ChatsOpen)), "open now"}, {count(started), "started"},
			{duration(seconds, chats), "mean duration"}, {percent(replied, k.Sum(collectors.Outreach)), "of outreach replied to"}}},
		{"Handover", []figure{
			{count(k.Sum(collectors.HandoverWaiting)), "waiting now"},
			{percent(handed, started), "of chats with a request"}, {count(handed), "chats with a request"},
			{count(max(0, started-handed)), "chats without"}, {duration(waited, waits), "mean wait"}}},
		{"Engagement", []figure{
			{percent(returning, active), "returning rate, 7 days"}, {count(k.Sum(collectors.UsersCohort, "cohort", "new", "window", "7d")), "new users, 7 days"},
			{count(returning), "returning users, 7 days"}}},
		{"Feedback", []figure{
			{percent(positive, positive+negative), "positive"}, {count(positive), "thumbs up"}, {count(negative), "thumbs down"},
			{count(max(0, k.Sum(collectors.ReviewableResponses)-rated)), "no feedback"}}},
		{"User satisfaction", []figure{
			{ratio(scores, votes, "%.2f"), "CSAT, 1 to 5"}, {count(votes), "votes"},
			{percent(votes, k.Sum(collectors.CSATOffered)), "response rate"}}},
		{"Traffic", []figure{{count(k.Sum(collectors.Traffic)), "messages"}, {busiest(k), "busiest hour"}}},
		{"Clicks", []figure{{count(k.Sum(collectors.Clicks)), "clicks"}, {most(k, collectors.Clicks, collectors.ClickTitle), "clicked most"}}},
		{"Agents and workflows", []figure{{count(k.Sum(collectors.AgentViews)), "views"}, {most(k, collectors.AgentViews, collectors.Agent), "viewed most"}}},
		{"Custom events", []figure{{count(k.Sum(collectors.CustomEvents)), "events"}, {most(k, collectors.CustomEvents, collectors.CustomKey), "most frequent"}}},
		{"Stream", []figure{{count(k.Sum(collectors.Events)), "events counted"}, {count(k.Sum(collectors.EventsRejected)), "rejected"},
			{count(k.Sum(collectors.EventsDuplicate)), "duplicates"}, {count(k.Sum(collectors.EventsLost)), "lost"}}},
	}
}

// asItStands is the number of responses with a rating, each with its last one.
func asItStands(k *expose.Cut, rating string) float64 {
	return k.Sum(collectors.Feedback, "rating", rating) +
		k.Sum(collectors.FeedbackChanges, "to", rating) - k.Sum(collectors.FeedbackChanges, "from", rating)
}

// scoresMoved is by how much changes of votes move the sum of all scores.
func scoresMoved(k *expose.Cut) (moved float64) {
	from, to := collectors.CSATChanges.Labels[2], collectors.CSATChanges.Labels[3]
	for _, before := range from.Values {
		for _, after := range to.Values {
			was, is := collectors.CSATChange(before, after)
			moved += (is - was) * k.Sum(collectors.CSATChanges, from.Name, before, to.Name, after)
		}
	}
	return moved
}

// most returns the value of a label with the largest sum.
func most(k *expose.Cut, d *metric.Def, l metric.Label) string {
	if best, ok := k.Largest(d, l.Name); ok {
		return best[0]
	}
	return "–"
}

func busiest(k *expose.Cut) string {
	best, ok := k.Largest(collectors.Traffic, "weekday", "hour")
	if !ok {
		return "–"
	}
	day, err := strconv.Atoi(best[0])
	if err != nil {
		panic("BUG: weekday " + best[0])
	}
	return time.Weekday(day%7).String() + " " + best[1] + ":00"
}

// count writes a whole number with thin spaces between thousands.
func count(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

func ratio(a, b float64, format string) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf(format, a/b)
}

func percent(a, b float64) string { return ratio(100*a, b, "%.1f\u202f%%") }

func duration(seconds, n float64) string {
	if n == 0 {
		return "–"
	}
	return time.Duration(seconds / n * float64(time.Second)).Round(time.Second).String()
}
