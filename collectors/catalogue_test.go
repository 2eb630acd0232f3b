package collectors

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// definitions are the metrics of the KPI definitions, section 4, typed from there: module, name, type with buckets, and
// labels with the values of closed lists and the limits of open ones. All but the last module's carry bot and channel.
const definitions = `
users bot_users_active gauge device[20] browser[50] window=1d,7d,30d
users bot_users_new_total counter device[20] browser[50]
messages bot_messages_total counter sender=user,bot,operator
messages bot_message_inputs_total counter input=text,button,voice,attachment,other
messages bot_user_messages histogram:1,2,3,5,8,13,21,34,55,100
chats bot_chats_started_total counter initiator=user,bot
chats bot_chats_ended_total counter reason=explicit,idle,evicted
chats bot_chats_outcome_total counter outcome=escalated,unengaged,resolved,abandoned,contained
chats bot_chats_open gauge
chats bot_chat_duration_seconds histogram:0,10,30,60,120,300,600,1200,1800,3600,7200
chats bot_chat_user_messages histogram:0,1,2,3,5,8,13,21,34,55,100
chats bot_response_seconds histogram:0.1,0.25,0.5,1,2.5,5,10,30,60 sender=bot,operator
chats bot_fallbacks_total counter
chats bot_outreach_total counter result=replied,ignored
handover bot_handover_requests_total counter cause=direct,after_fallback,operator_button via=takeover,ticket
handover bot_handover_chats_total counter via=takeover,ticket
handover bot_handover_users_active gauge window=1d,7d,30d
handover bot_handover_wait_seconds histogram:5,15,30,60,120,300,600,1800,3600
handover bot_handover_first_response_seconds histogram:5,15,30,60,120,300,600,1800,3600
handover bot_handover_waiting gauge
handover bot_handover_oldest_wait_seconds gauge
handover bot_handover_unanswered_total counter
engagement bot_users_cohort gauge cohort=new,returning,active window=1d,7d,30d
engagement bot_user_returns_total counter
feedback bot_reviewable_responses_total counter
feedback bot_feedback_total counter rating=positive,negative,neutral
feedback bot_feedback_changes_total counter from=positive,negative,neutral to=positive,negative,neutral
feedback bot_chats_feedback_total counter mix=only_positive,more_positive,balanced,more_negative,only_negative,none
satisfaction bot_csat_score histogram:1,2,3,4,5
satisfaction bot_csat_changes_total counter from=1,2,3,4,5 to=1,2,3,4,5
satisfaction bot_csat_offered_total counter
traffic bot_traffic_messages_total counter weekday=1,2,3,4,5,6,7 hour=00,01,02,03,04,05,06,07,08,09,10,11,12,13,14,15,16,17,18,19,20,21,22,23
clicks bot_clicks_total counter element=quick_reply,link title[500] target=answer,url,phone,email,other destination[500]
agents bot_agent_views_total counter agent[500] kind=agent,workflow
agents bot_agent_feedback_total counter agent[500] kind=agent,workflow rating=positive,negative,neutral
custom bot_custom_events_total counter event[200]
stream bot_events_total counter kind=chat.started,chat.ended,message.user,message.bot,message.operator,handover.requested,handover.accepted,feedback.given,csat.offered,csat.submitted,element.clicked,agent.triggered,custom
stream bot_events_rejected_total counter reason=too_large,malformed,not_cloudevent,unknown_type,missing_field,invalid_value
stream bot_events_duplicate_total counter
stream bot_events_ignored_total counter reason=test
stream bot_events_clamped_total counter direction=past,future
stream bot_events_clock_doubted_total counter
stream bot_event_delay_seconds histogram:0.1,1,10,60,300,1800,3600,21600,86400 bot[100] channel[20]
stream bot_events_lost_total counter
stream bot_label_overflow_total counter metric label
`

func TestDefinitions(t *testing.T) {
	var have []string
	for _, m := range Catalogue() {
		for _, d := range m.Defs {
			fields := []string{m.Name, d.Name, d.Type.String()}
			for i, b := range d.Buckets {
				fields[2] += fmt.Sprintf("%c%v", ":,"[min(i, 1)], b)
			}
			labels := d.Labels
			if m.Name != "stream" {
				require.True(t, d.PerPair(), d.Name)
				require.Equal(t, []metric.Label{metric.Bot, metric.Channel}, labels[:2])
				labels = labels[2:]
			}
			for _, l := range labels {
				text := l.Name
				if l.Limit > 0 {
					text += fmt.Sprintf("[%d]", l.Limit)
				}
				if len(l.Values) > 0 {
					text += "=" + strings.Join(l.Values, ",")
				}
				fields = append(fields, text)
			}
			have = append(have, strings.Join(fields, " "))
		}
	}
	require.Equal(t, strings.Split(strings.TrimSpace(definitions), "\n"), have)
	require.Equal(t, 100, metric.Bot.Limit)
	require.Equal(t, 20, metric.Channel.Limit)
}

// TestDefaultLimits: the limits that labels announce are those that apply.
func TestDefaultLimits(t *testing.T) {
	c := Defaults()
	require.NoError(t, c.Validate())
	for label, limit := range map[*metric.Label]int{
		&metric.Bot: c.MaxBots, &metric.Channel: c.MaxChannels, &Device: c.Session.MaxDevices, &Browser: c.Session.MaxBrowsers,
		&ClickTitle: c.MaxClicks, &ClickDestination: c.MaxClicks, &Agent: c.MaxAgents, &CustomKey: c.MaxCustom,
	} {
		require.Equal(t, limit, label.Limit, label.Name)
	}
}

// counted are the histograms whose unit is a number of things, or points; all others are in a base unit.
var counted = map[string]bool{"bot_user_messages": true, "bot_chat_user_messages": true, "bot_csat_score": true}

// TestCatalogue holds for every definition, also those of the process.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range catalogue() {
		require.False(t, seen[d.Name], "%s is defined twice", d.Name)
		seen[d.Name] = true
		require.Regexp(t, `^bot(_[a-z0-9]+)+$`, d.Name)
		require.Regexp(t, `^[A-Z0-9].*[^.]\.$`, d.Help, "the help of %s is a sentence", d.Name)
		require.Equal(t, d.Type == metric.TypeCounter, strings.HasSuffix(d.Name, "_total"), d.Name)
		require.Equal(t, d.Type == metric.TypeHistogram, len(d.Buckets) > 0, d.Name)
		if d.Type == metric.TypeHistogram && !counted[d.Name] {
			require.True(t, strings.HasSuffix(d.Name, "_seconds"), "%s has no unit", d.Name)
		}
		for i := 1; i < len(d.Buckets); i++ {
			require.Less(t, d.Buckets[i-1], d.Buckets[i], d.Name)
		}
		labels := map[string]bool{"le": true, "quantile": true, "job": true, "instance": true}
		for _, l := range d.Labels {
			require.Regexp(t, `^[a-z_]+$`, l.Name, d.Name)
			require.False(t, labels[l.Name], "label %s of %s", l.Name, d.Name)
			labels[l.Name] = true
			require.False(t, len(l.Values) > 0 && l.Limit > 0, "label %s of %s is closed and open", l.Name, d.Name)
			require.Equal(t, l.Limit > 0, l.Scope != "", "label %s of %s", l.Name, d.Name)
		}
	}
}
