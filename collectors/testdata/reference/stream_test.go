package reference

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func sum(got map[string]float64, prefix string) float64 {
	total := 0.0
	for k, value := range got {
		if strings.HasPrefix(k, prefix) {
			total += value
		}
	}
	return total
}

// TestStreamsBalance checks what must hold of any stream.
func TestStreamsBalance(t *testing.T) {
	for seed := range int64(8) {
		makers := []func(int64, int) []byte{Stream, Stories, WideStream, OrderedStories}
		ndjson := makers[seed%4](seed, 700)
		got := Fold(ndjson, Options{MaxChats: 20})
		assert.Equal(t, float64(len(splitLines(ndjson))), sum(got, "bot_events_total")+sum(got, "bot_events_rejected_total")+
			sum(got, "bot_events_duplicate_total")+sum(got, "bot_events_ignored_total"))
		started, ended := sum(got, "bot_chats_started_total"), sum(got, "bot_chats_ended_total")
		assert.Equal(t, started, ended+sum(got, "bot_chats_open"))
		assert.Equal(t, ended, sum(got, "bot_chats_outcome_total"))
		assert.Equal(t, ended, sum(got, "bot_chats_feedback_total"))
		assert.Equal(t, ended, sum(got, "bot_chat_duration_seconds_count"))
		assert.Equal(t, ended, sum(got, "bot_chat_user_messages_count"))
		assert.LessOrEqual(t, sum(got, "bot_handover_chats_total"), started)
		assert.LessOrEqual(t, sum(got, "bot_handover_first_response_seconds_count"), started)
		assert.LessOrEqual(t, sumWhere(got, "bot_outreach_total", `result="replied"`), started)
		assert.Equal(t, sumWhere(got, "bot_chats_started_total", `initiator="bot"`), sumWhere(got, "bot_outreach_total", `result="replied"`))
		assert.GreaterOrEqual(t, sumWhere(got, "bot_handover_requests_total", `via="takeover"`),
			sum(got, "bot_handover_wait_seconds_count")+sum(got, "bot_handover_unanswered_total")+sum(got, "bot_handover_waiting"))
		assert.Equal(t, sum(got, "bot_messages_total"), sum(got, "bot_traffic_messages_total"))
		assert.Equal(t, sumWhere(got, "bot_messages_total", `sender="user"`), sum(got, "bot_message_inputs_total"))
		assert.GreaterOrEqual(t, sum(got, `bot_events_total{kind="message.user"}`), sum(got, "bot_user_messages_sum"))
		assert.GreaterOrEqual(t, sum(got, `bot_events_total{kind="csat.submitted"}`), sum(got, "bot_csat_score_count")+sum(got, "bot_csat_changes_total"))
		assert.GreaterOrEqual(t, sum(got, `bot_events_total{kind="feedback.given"}`), sum(got, "bot_feedback_total")+sum(got, "bot_feedback_changes_total"))
		for _, window := range []string{`window="1d"`, `window="7d"`, `window="30d"`} {
			active := sumWhere(got, "bot_users_active", window)
			cohort := func(name string) float64 { return sumWhere(got, "bot_users_cohort", `cohort="`+name+`"`, window) }
			assert.Equal(t, active, cohort("active"))
			assert.LessOrEqual(t, cohort("new"), active)
			assert.LessOrEqual(t, cohort("returning"), active)
			assert.LessOrEqual(t, sumWhere(got, "bot_handover_users_active", window), active)
		}
		for k, value := range got {
			if strings.Contains(k, `le="+Inf"`) {
				count := strings.ReplaceAll(strings.ReplaceAll(strings.Replace(k, "_bucket", "_count", 1), `,le="+Inf"`, ""), `le="+Inf",`, "")
				assert.Equal(t, got[count], value, k)
			}
		}
	}
}

// sumWhere sums the series of a metric that have all these labels.
func sumWhere(got map[string]float64, metric string, with ...string) float64 {
	total := 0.0
	for k, value := range got {
		missing := slices.ContainsFunc(with, func(label string) bool { return !strings.Contains(k, label) })
		if strings.HasPrefix(k, metric+"{") && !missing {
			total += value
		}
	}
	return total
}

// TestStreamsProvokeEverything makes sure that no series of closed labels stays zero over some streams, so that each is compared.
func TestStreamsProvokeEverything(t *testing.T) {
	total := map[string]float64{}
	for seed := range int64(6) {
		for _, ndjson := range [][]byte{Stream(seed, 1500), Stories(seed, 1500), OrderedStories(seed, 300)} {
			for k, value := range Fold(ndjson, Options{MaxChats: 8}) {
				name, rest, _ := strings.Cut(k, "{")
				total[name+withoutPair.ReplaceAllString(rest, "")] += value
			}
		}
	}
	for k, value := range total {
		if strings.HasPrefix(k, "bot_users_active") || strings.HasPrefix(k, "bot_traffic_messages_total") {
			continue
		}
		impossible := k == "bot_events_lost_total" ||
			slices.ContainsFunc(slices.Concat(ratings, scores), func(same string) bool {
				return strings.Contains(k, `from="`+same+`",to="`+same+`"`)
			})
		assert.Equal(t, impossible, value == 0, k)
	}
}

var withoutPair = regexp.MustCompile(`(bot|channel)="(\\.|[^"\\])*",?`)

func TestWideStreamsOverflow(t *testing.T) {
	got := Fold(WideStream(1, 3000), Options{MaxAgents: 20, MaxClicks: 20, MaxEvents: 20})
	for _, k := range []string{
		`bot_label_overflow_total{label="agent",metric="bot_agent_feedback_total"}`,
		`bot_label_overflow_total{label="agent",metric="bot_agent_views_total"}`,
		`bot_label_overflow_total{label="browser",metric="bot_users_new_total"}`,
		`bot_label_overflow_total{label="destination",metric="bot_clicks_total"}`,
		`bot_label_overflow_total{label="device",metric="bot_users_new_total"}`,
		`bot_label_overflow_total{label="event",metric="bot_custom_events_total"}`,
		`bot_chats_open{bot="__other__",channel="__other__"}`,
	} {
		_, exists := got[k]
		assert.True(t, exists, k)
	}
}

func TestStreamsAreReproducible(t *testing.T) {
	assert.Equal(t, Stream(7, 500), Stream(7, 500))
	assert.NotEqual(t, Stream(7, 500), Stream(8, 500))
	assert.Equal(t, Fold(Stream(7, 2000), Options{}), Fold(Stream(7, 2000), Options{}))
	for seed := range int64(10) {
		lines := len(splitLines(Stream(seed, 300)))
		assert.True(t, lines == 300 || lines == 299, "a blank last line may be lost")
	}
}

func FuzzFold(f *testing.F) {
	for _, line := range []string{good, survey, rating, click, ran, order, said} {
		f.Add([]byte(line + "\n" + said))
	}
	f.Fuzz(func(t *testing.T, ndjson []byte) {
		got := Fold(ndjson, Options{MaxChats: 3, MaxIDs: 5})
		assert.Equal(t, float64(len(splitLines(ndjson))), sum(got, "bot_events_total")+sum(got, "bot_events_rejected_total")+
			sum(got, "bot_events_duplicate_total")+sum(got, "bot_events_ignored_total"))
	})
}
