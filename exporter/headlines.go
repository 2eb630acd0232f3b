package exporter

import (
	"fmt"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
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

// kpis are gathered families by name.
type kpis map[string]*dto.MetricFamily

func headlinesOf(families []*dto.MetricFamily) []headlines {
	k := kpis{}
	for _, f := range families {
		k[f.GetName()] = f
	}
	votes, scores := k.observed(collectors.CSATScore)
	chats, seconds := k.observed(collectors.ChatDuration)
	waits, waited := k.observed(collectors.HandoverWait)
	positive := k.sum(collectors.Feedback, "rating", "positive")
	negative := k.sum(collectors.Feedback, "rating", "negative")
	rated := k.sum(collectors.Feedback)
	active := k.sum(collectors.UsersActive, "window", "7d")
	returning := k.sum(collectors.UsersCohort, "cohort", "returning", "window", "7d")
	started := k.sum(collectors.ChatsStarted)
	handed := k.sum(collectors.HandoverChats)
	return []headlines{
		{"Users", []figure{
			{count(active), "active in 7 days"}, {count(k.sum(collectors.UsersActive, "window", "1d")), "active in 1 day"},
			{count(k.sum(collectors.UsersNew)), "seen in all"}}},
		{"Messages", []figure{
			{count(k.sum(collectors.Messages)), "messages"}, {count(k.sum(collectors.Messages, "sender", "user")), "by users"},
			{count(k.sum(collectors.Messages, "sender", "bot")), "by the bot"}}},
		{"Chats", []figure{
			{count(k.sum(collectors.ChatsOpen)), "open now"}, {count(started), "started"},
			{duration(seconds, chats), "mean duration"}}},
		{"Handover", []figure{
			{percent(handed, started), "of chats with a request"}, {count(handed), "chats with a request"},
			{count(max(0, started-handed)), "chats without"}, {duration(waited, waits), "mean wait"}}},
		{"Engagement", []figure{
			{percent(returning, active), "returning rate, 7 days"}, {count(k.sum(collectors.UsersCohort, "cohort", "new", "window", "7d")), "new users, 7 days"},
			{count(returning), "returning users, 7 days"}}},
		{"Feedback", []figure{
			{percent(positive, positive+negative), "positive"}, {count(positive), "thumbs up"}, {count(negative), "thumbs down"},
			{count(max(0, k.sum(collectors.ReviewableResponses)-rated)), "no feedback"}}},
		{"User satisfaction", []figure{
			{ratio(scores, votes, "%.2f"), "CSAT, 1 to 5"}, {count(votes), "votes"},
			{percent(votes, k.sum(collectors.CSATOffered)), "response rate"}}},
		{"Traffic", []figure{{count(k.sum(collectors.Traffic)), "messages"}, {k.busiest(), "busiest hour"}}},
		{"Clicks", []figure{{count(k.sum(collectors.Clicks)), "clicks"}, {k.top(collectors.Clicks, collectors.ClickTitle), "clicked most"}}},
		{"Agents and workflows", []figure{{count(k.sum(collectors.AgentViews)), "views"}, {k.top(collectors.AgentViews, collectors.Agent), "viewed most"}}},
		{"Custom events", []figure{{count(k.sum(collectors.CustomEvents)), "events"}, {k.top(collectors.CustomEvents, collectors.CustomKey), "most frequent"}}},
		{"Stream", []figure{{count(k.sum(collectors.Events)), "events counted"}, {count(k.sum(collectors.EventsRejected)), "rejected"},
			{count(k.sum(collectors.EventsDuplicate)), "duplicates"}, {count(k.sum(collectors.EventsLost)), "lost"}}},
	}
}

// sum adds up the series of a counter or gauge whose labels have the given values.
func (k kpis) sum(d *metric.Def, labels ...string) (sum float64) {
	for _, m := range k[d.Name].GetMetric() {
		if matches(m, labels) {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func (k kpis) observed(d *metric.Def) (n, sum float64) {
	for _, m := range k[d.Name].GetMetric() {
		n += float64(m.GetHistogram().GetSampleCount())
		sum += m.GetHistogram().GetSampleSum()
	}
	return n, sum
}

// top returns the value of a label with the largest sum.
func (k kpis) top(d *metric.Def, l metric.Label) string {
	sums := map[string]float64{}
	best := ""
	for _, m := range k[d.Name].GetMetric() {
		v := label(m, l.Name)
		if sums[v] += m.GetCounter().GetValue(); best == "" || sums[v] > sums[best] || sums[v] == sums[best] && v < best {
			best = v
		}
	}
	if best == "" {
		return "–"
	}
	return best
}

func (k kpis) busiest() string {
	sums, best := map[[2]string]float64{}, [2]string{}
	for _, m := range k[collectors.Traffic.Name].GetMetric() {
		slot := [2]string{label(m, "weekday"), label(m, "hour")}
		if sums[slot] += m.GetCounter().GetValue(); sums[slot] > sums[best] {
			best = slot
		}
	}
	day, err := strconv.Atoi(best[0])
	if err != nil {
		return "–"
	}
	return time.Weekday(day%7).String() + " " + best[1] + ":00"
}

func matches(m *dto.Metric, labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if label(m, labels[i]) != labels[i+1] {
			return false
		}
	}
	return true
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
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
