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

var (
	sender    = metric.Label{Name: "sender"}
	initiator = collectors.ChatsStarted.Labels[2]
)

func weight(values ...string) float64 {
	return map[string]float64{"user": 1, "bot": -2}[values[0]]
}

func TestExpressions(t *testing.T) {
	d, r := Dashboard(), Rules()
	day := For(24 * time.Hour)
	for _, c := range []struct {
		want string
		is   Expr
	}{
		{"sum (\n  max without (instance, pod) (bot_chats_open{job=~\"$job\",instance=~\"$instance\",bot=~\"$bot\",channel=~\"$channel\"})\n)",
			d.Of(collectors.ChatsOpen).Now().Sum()},
		{`sum by (channel) (max without (instance, pod) (rate(bot_messages_total{sender="user"}[1d])))`,
			r.Of(collectors.Messages).Is(sender, "user").Rate(day).Sum(metric.Channel)},
		{`max without (instance, pod) (rate(bot_messages_total{sender!~"user|bot"}[1d]))`,
			r.Of(collectors.Messages).Not(sender, "user", "bot").Rate(day)},
		{`sum (max without (instance, pod) (bot_events_lost_total{namespace="bots"}))`,
			Rules(`namespace="bots"`).Of(collectors.EventsLost).Now().Sum()},
		{`max without (instance, pod) (increase(bot_csat_score_bucket{le=~"3(\\.0)?"}[1d] offset 1d))`,
			r.Of(collectors.CSATScore).UpTo(3).Ago(day).Increase(day)},
		{`histogram_quantile(0.95, sum by (le) (max without (instance, pod) (rate(bot_response_seconds_bucket[5m]))))`,
			r.Of(collectors.ResponseTime).Buckets().Rate(For(5 * time.Minute)).Sum(LE).Quantile(0.95)},
		{"sum (max without (instance, pod) (bot_chats_open)) / (sum (max without (instance, pod) (bot_chats_open)) > 0) - 1",
			r.Of(collectors.ChatsOpen).Now().Sum().Change(r.Of(collectors.ChatsOpen).Now().Sum())},
		{"100 * (sum (max without (instance, pod) (bot_chats_open)) or vector(0))",
			Number(100).Mul(r.Of(collectors.ChatsOpen).Now().Sum().OrZero())},
		{`max without (instance, pod) (bot_users_active{bot="a\"\u000a"})`,
			r.Of(collectors.UsersActive).Is(metric.Bot, "a\"\n").Now()},
		{"sum (\n  max without (instance, pod) (bot_chats_started_total)\n  * on (initiator) group_left ()\n" +
			"  (\n    label_replace(vector(1), \"initiator\", \"user\", \"\", \"\")\n    or\n    label_replace(vector(-2), \"initiator\", \"bot\", \"\", \"\")\n  )\n)",
			r.Of(collectors.ChatsStarted).Now().Weighted(weight, initiator).Sum()},
	} {
		text, err := c.is.PromQL()
		require.NoError(t, err)
		require.Equal(t, c.want, text)
	}
}

func TestErrorsNameThePart(t *testing.T) {
	d := Dashboard()
	chats := d.Of(collectors.ChatsStarted).Rate(RateInterval)
	for _, c := range []struct {
		want string
		is   Expr
	}{
		{`bot_chats_started_total: no label "sender"`, d.Of(collectors.ChatsStarted).Is(sender, "user").Now()},
		{`bot_messages_total: label sender has no value "human"`, d.Of(collectors.Messages).Is(sender, "human").Now()},
		{`sum by: no label "sender"`, chats.Sum(sender)},
		{`bot_chats_open: a gauge does not count`, d.Of(collectors.ChatsOpen).Total(Range)},
		{`use Increase`, d.Of(self.CheckpointFailures).Total(Range)},
		{`bot_csat_score: no bucket 2.5`, d.Of(collectors.CSATScore).UpTo(2.5).Now()},
		{`a histogram is read by`, d.Of(collectors.CSATScore).Now()},
		{`has no _sum`, d.Of(collectors.ChatsOpen).Sum().Now()},
		{`quantile: no label "le"`, chats.Quantile(0.5)},
		{`differ`, chats.Sum().Over(chats.Sum(metric.Channel))},
		{`the expression has labels`, chats.OrZero()},
		{`weighted by: no label "sender"`, chats.Weighted(weight, sender)},
		{`no label has a closed list of values`, chats.Weighted(weight, metric.Bot)},
	} {
		_, err := c.is.PromQL()
		require.ErrorContains(t, err, c.want)
	}
}

func TestDurations(t *testing.T) {
	for want, d := range map[string]time.Duration{"5m": 5 * time.Minute, "1h": time.Hour, "7d": 168 * time.Hour, "90s": 90 * time.Second} {
		require.Equal(t, want, Duration(d))
	}
}

func TestTotalOnLines(t *testing.T) {
	text, err := Rules().Of(collectors.ChatsStarted).Total(For(time.Hour)).Sum(metric.Channel).PromQL()
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(`
sum by (channel) (
  max without (instance, pod) (last_over_time(bot_chats_started_total[1h]))
  -
  (
    0 * max without (instance, pod) (last_over_time(bot_chats_started_total[1h]))
    and ignoring (bot, channel, initiator)
      max without (instance, pod) (last_over_time(bot_exporter_first_event_timestamp_seconds[1h])) >= time() - 3600
  or
    max without (instance, pod) (last_over_time(bot_chats_started_total[1h] offset 1h)) <= max without (instance, pod) (last_over_time(bot_chats_started_total[1h]))
  or
    0 * max without (instance, pod) (last_over_time(bot_chats_started_total[1h]))
    and ignoring (bot, channel, initiator)
      max without (kind) (max without (instance, pod) (last_over_time(bot_events_total[1h] offset 1h)))
    unless
      max without (instance, pod) (last_over_time(bot_chats_started_total[1h] offset 1h))
  or
    min without (instance, pod) (min_over_time(bot_chats_started_total[1h]))
  )
)`), text)
}
