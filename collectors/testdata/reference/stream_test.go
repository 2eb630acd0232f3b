package reference

import (
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
	for seed := range int64(20) {
		ndjson := Stream(seed, 1000)
		if seed%4 == 3 {
			ndjson = WideStream(seed, 1000)
		}
		got := Fold(ndjson, Options{})
		assert.Equal(t, float64(len(splitLines(ndjson))), sum(got, "bot_events_total")+sum(got, "bot_events_rejected_total")+
			sum(got, "bot_events_duplicate_total")+sum(got, "bot_events_ignored_total"))
		ended := sum(got, "bot_chats_ended_total")
		assert.Equal(t, sum(got, "bot_chats_started_total"), ended+sum(got, "bot_chats_open"))
		assert.Equal(t, ended, sum(got, "bot_chats_outcome_total"))
		assert.Equal(t, ended, sum(got, "bot_chats_feedback_total"))
		assert.Equal(t, ended, sum(got, "bot_chat_duration_seconds_count"))
		assert.Equal(t, sum(got, "bot_messages_total"), sum(got, "bot_traffic_messages_total"))
		assert.GreaterOrEqual(t, sum(got, `bot_events_total{kind="message.user"}`), sum(got, "bot_user_messages_sum"))
		for _, window := range []string{"1d", "7d", "30d"} {
			active, cohort := 0.0, 0.0
			for k, value := range got {
				if strings.Contains(k, `window="`+window+`"`) && strings.HasPrefix(k, "bot_users_active") {
					active += value
				}
				if strings.Contains(k, `window="`+window+`"`) && strings.Contains(k, `cohort="active"`) {
					cohort += value
				}
			}
			assert.Equal(t, active, cohort)
		}
		for k, value := range got {
			if strings.Contains(k, `le="+Inf"`) {
				count := strings.ReplaceAll(strings.ReplaceAll(strings.Replace(k, "_bucket", "_count", 1), `,le="+Inf"`, ""), `le="+Inf",`, "")
				assert.Equal(t, got[count], value, k)
			}
		}
	}
}

// TestStreamsProvokeEverything makes sure that no series of closed labels stays zero over some streams, so that each is compared.
func TestStreamsProvokeEverything(t *testing.T) {
	total := map[string]float64{}
	for seed := range int64(8) {
		for k, value := range Fold(Stream(seed, 4000), Options{MaxChats: 8}) {
			total[k] += value
		}
	}
	for k, value := range total {
		if strings.HasPrefix(k, "bot_users_active") || strings.HasPrefix(k, "bot_traffic_messages_total") ||
			strings.Contains(k, "channel=") && !strings.Contains(k, `bot="shop0",channel="web"`) {
			continue
		}
		impossible := k == "bot_events_lost_total" || slices.ContainsFunc(ratings, func(rating string) bool {
			return strings.Contains(k, `from="`+rating+`",to="`+rating+`"`)
		})
		assert.Equal(t, impossible, value == 0, k)
	}
}

func TestWideStreamsOverflow(t *testing.T) {
	got := Fold(WideStream(1, 5000), Options{MaxAgents: 50, MaxClicks: 50, MaxEvents: 50})
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
