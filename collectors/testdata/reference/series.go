package reference

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// labels of one series, without le.
type labels map[string]string

// series holds the value of every sample under its identity in the text format.
type series map[string]float64

// add adds to a sample, which begins to exist even when n is 0.
func (s series) add(name string, l labels, n float64) { s[key(name, l)] += n }

// observe counts a value in a histogram that exists.
func (s series) observe(name string, l labels, value float64) {
	for _, bound := range upperBounds(name) {
		if value <= bound {
			s.add(name+"_bucket", withBound(l, bound), 1)
		}
	}
	s.add(name+"_sum", l, value)
	s.add(name+"_count", l, 1)
}

// zeroHistogram makes all samples of a histogram exist.
func (s series) zeroHistogram(name string, l labels) {
	for _, bound := range upperBounds(name) {
		s.add(name+"_bucket", withBound(l, bound), 0)
	}
	s.add(name+"_sum", l, 0)
	s.add(name+"_count", l, 0)
}

func withBound(l labels, bound float64) labels {
	all := maps.Clone(l)
	all["le"] = "+Inf"
	if !math.IsInf(bound, 1) {
		all["le"] = strconv.FormatFloat(bound, 'g', -1, 64)
	}
	return all
}

var waits = []float64{5, 15, 30, 60, 120, 300, 600, 1800, 3600}

// buckets of each histogram, without the last one.
var buckets = map[string][]float64{
	"bot_user_messages":                   {1, 2, 3, 5, 8, 13, 21, 34, 55, 100},
	"bot_chat_duration_seconds":           {0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200},
	"bot_chat_user_messages":              {0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100},
	"bot_response_seconds":                {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
	"bot_handover_wait_seconds":           waits,
	"bot_handover_first_response_seconds": waits,
	"bot_csat_score":                      {1, 2, 3, 4, 5},
	"bot_event_delay_seconds":             {0.1, 1, 10, 60, 300, 1800, 3600, 21600, 86400},
}

func upperBounds(name string) []float64 {
	return append(slices.Clone(buckets[name]), math.Inf(1))
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func key(name string, l labels) string {
	if len(l) == 0 {
		return name
	}
	parts := []string{}
	for _, label := range slices.Sorted(maps.Keys(l)) {
		parts = append(parts, label+`="`+escaper.Replace(l[label])+`"`)
	}
	return name + "{" + strings.Join(parts, ",") + "}"
}

// zeroStream makes the series exist that have neither bot nor channel.
//
// Decision: they exist from the start, before any event, except bot_label_overflow_total, which is treated as having open labels.
func (s series) zeroStream() {
	s.zero("bot_events_total", labels{}, "kind", kinds...)
	s.zero("bot_events_rejected_total", labels{}, "reason", reasons...)
	s.zero("bot_events_ignored_total", labels{}, "reason", "test")
	s.zero("bot_events_clamped_total", labels{}, "direction", "past", "future")
	s.add("bot_events_duplicate_total", nil, 0)
	s.add("bot_events_clock_doubted_total", nil, 0)
	s.add("bot_events_lost_total", nil, 0) // a file loses nothing
}

// zero makes one series exist for each value of one label.
func (s series) zero(name string, l labels, label string, values ...string) {
	for _, value := range values {
		all := maps.Clone(l)
		all[label] = value
		s.add(name, all, 0)
	}
}

// zeroPair makes the series of a bot and channel exist that have closed labels only.
//
// Decision: changes have all combinations, also from a rating or score to itself, which never counts.
func (s series) zeroPair(p pair) {
	l := p.labels(nil)
	for _, name := range []string{
		"bot_fallbacks_total", "bot_handover_unanswered_total", "bot_user_returns_total", "bot_reviewable_responses_total",
		"bot_csat_offered_total",
	} {
		s.add(name, l, 0)
	}
	s.zero("bot_messages_total", l, "sender", "user", "bot", "operator")
	s.zero("bot_message_inputs_total", l, "input", inputs...)
	s.zero("bot_chats_started_total", l, "initiator", "user", "bot")
	s.zero("bot_chats_ended_total", l, "reason", "explicit", "idle", "evicted")
	s.zero("bot_chats_outcome_total", l, "outcome", "escalated", "resolved", "unengaged", "abandoned", "contained")
	s.zero("bot_outreach_total", l, "result", "replied", "ignored")
	s.zero("bot_handover_chats_total", l, "via", vias...)
	s.zero("bot_feedback_total", l, "rating", ratings...)
	s.zero("bot_chats_feedback_total", l, "mix",
		"only_positive", "more_positive", "balanced", "more_negative", "only_negative", "none")
	for _, cause := range causes {
		s.zero("bot_handover_requests_total", p.labels(labels{"cause": cause}), "via", vias...)
	}
	for _, from := range ratings {
		s.zero("bot_feedback_changes_total", p.labels(labels{"from": from}), "to", ratings...)
	}
	for _, from := range scores {
		s.zero("bot_csat_changes_total", p.labels(labels{"from": from}), "to", scores...)
	}
	for weekday := 1; weekday <= 7; weekday++ {
		for hour := range 24 {
			s.add("bot_traffic_messages_total", p.labels(trafficLabels(weekday, hour)), 0)
		}
	}
	s.zeroHistogram("bot_response_seconds", p.labels(labels{"sender": "bot"}))
	s.zeroHistogram("bot_response_seconds", p.labels(labels{"sender": "operator"}))
	for name := range buckets {
		if name != "bot_response_seconds" { // the only one with a label of its own
			s.zeroHistogram(name, l)
		}
	}
}

func (s series) zeroGauges(p pair, windows []Window) {
	for _, name := range []string{"bot_chats_open", "bot_handover_waiting", "bot_handover_oldest_wait_seconds"} {
		s.add(name, p.labels(nil), 0)
	}
	for _, window := range windows {
		l := p.labels(labels{"window": window.Label})
		s.add("bot_handover_users_active", l, 0)
		s.zero("bot_users_cohort", l, "cohort", "new", "returning", "active")
	}
}
