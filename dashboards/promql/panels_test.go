package promql_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	. "github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// What only panels need.
func TestPanelExpressions(t *testing.T) {
	r, hour := Rules(), For(time.Hour)
	open := r.Of(collectors.ChatsOpen).Now().Sum()
	version := self.BuildInfo.Labels[0]
	for _, c := range []struct {
		want string
		is   Expr
	}{
		{"sum (max without (instance, pod) (bot_chats_open)) / (sum (max without (instance, pod) (bot_chats_open)) >= 30)", open.OverLeast(open, 30)},
		{"last_over_time((sum (max without (instance, pod) (bot_chats_open)))[1s:1s] @ end())", open.AtEnd()},
		{"max_over_time((sum (max without (instance, pod) (bot_chats_open)))[7d:1h])", open.MaxOver(For(7*24*time.Hour), time.Hour)},
		{`label_replace(sum (max without (instance, pod) (bot_chats_open)), "channel", "web", "", "")`, open.Labelled(metric.Channel, "web")},
		{`label_replace(sum by (channel) (max without (instance, pod) (bot_chats_open)), "channel", "All", "channel", "")`,
			r.Of(collectors.ChatsOpen).Now().Sum(metric.Channel).Filled(metric.Channel, "All")},
		{"process_start_time_seconds * on (job, instance) group_left (version) max by (job, instance, version) (bot_exporter_build_info)",
			r.Of(self.StartTime).Each().WithLabel(version, r.Of(self.BuildInfo).Each().Max(Job, Instance, version))},
		{"time() - max (\n  max without (instance, pod) (last_over_time(bot_exporter_last_event_timestamp_seconds[1h]))\n)",
			Time().Sub(r.Of(self.LastEvent).LastOver(hour).Max())},
		{"scalar(count_over_time(vector(1)[7d:1h])) / 24 * sum (max without (instance, pod) (bot_chats_open))", Days(For(7 * 24 * time.Hour)).Mul(open)},
		{"min (\n  max without (instance, pod) (last_over_time(bot_exporter_first_event_timestamp_seconds[1h]))\n) <= time() - 3600", r.Counted(hour)},
		{"max (max_over_time(bot_chats_open[1h])) unless max (max_over_time(bot_chats_open[1h] offset 1h))", r.Of(collectors.ChatsOpen).Began(hour)},
	} {
		text, err := c.is.PromQL()
		require.NoError(t, err)
		require.Equal(t, c.want, text)
	}
	_, err := open.OverWeekdays(collectors.Traffic.Labels[2], hour).PromQL()
	require.ErrorContains(t, err, `over weekdays: no label "weekday"`)
	_, err = r.Of(collectors.ChatsOpen).TotalBy(hour).PromQL()
	require.ErrorContains(t, err, "a gauge does not count")
	_, err = r.Of(collectors.ChatsStarted).TotalBy(hour, metric.Label{Name: "sender"}).PromQL()
	require.ErrorContains(t, err, `no label "sender"`)
}

func TestTotalByAddsUpFirst(t *testing.T) {
	text, err := Rules().Of(collectors.ChatsStarted).TotalBy(For(time.Hour), metric.Channel).PromQL()
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(`
sum by (channel) (
  sum without (bot, initiator) (max without (instance, pod) (last_over_time(bot_chats_started_total[1h])))
  -
  (
    sum without (bot, initiator) (max without (instance, pod) (last_over_time(bot_chats_started_total[1h] offset 1h))) <= sum without (bot, initiator) (max without (instance, pod) (last_over_time(bot_chats_started_total[1h]))) unless ignoring (channel) max without (instance, pod) (last_over_time(bot_exporter_first_event_timestamp_seconds[1h])) >= time() - 3600
  or
    0 * sum without (bot, initiator) (max without (instance, pod) (last_over_time(bot_chats_started_total[1h]))) and ignoring (channel) (max without (instance, pod) (last_over_time(bot_exporter_first_event_timestamp_seconds[1h])) >= time() - 3600 or max without (kind) (max without (instance, pod) (last_over_time(bot_events_total[1h] offset 1h))))
  or
    sum without (bot, initiator) (min without (instance, pod) (min_over_time(bot_chats_started_total[1h])))
  )
)`), text)
}

// Monday is 1 of PromQL, and Sunday 0.
func TestWeekdaysCountHowOftenTheyOccur(t *testing.T) {
	weekday := collectors.Traffic.Labels[2]
	text, err := Rules().Of(collectors.Traffic).TotalBy(For(time.Hour), weekday).OverWeekdays(weekday, For(30*24*time.Hour)).PromQL()
	require.NoError(t, err)
	require.Contains(t, text, `label_replace((count_over_time((day_of_week() == 1)[30d:1h]) or vector(0)), "weekday", "1", "", "")`)
	require.Contains(t, text, `label_replace((count_over_time((day_of_week() == 0)[30d:1h]) or vector(0)), "weekday", "7", "", "")`)
	require.Contains(t, text, "/ on (weekday) group_left ()\nclamp_min(")
}
