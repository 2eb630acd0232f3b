package promql_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	. "github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func TestExpressionsOfRules(t *testing.T) {
	r, hour := Rules(), For(time.Hour)
	record := &metric.Def{Name: "job_bot:x:sum", Type: metric.TypeGauge, Labels: []metric.Label{Job, metric.Bot}}
	recorded := Scope{}.Of(record)
	ready := r.Of(self.Ready).Now().Aggregate("min", Job)
	for _, c := range []struct {
		want string
		is   Expr
	}{
		{`sum by (job, bot) (max without (instance, pod) (bot_chats_open))`,
			r.Of(collectors.ChatsOpen).Now().Aggregate("sum", Job, metric.Bot)},
		{`job_bot:x:sum{bot="a"} offset 7d / 2`,
			recorded.Is(metric.Bot, "a").Ago(For(168 * time.Hour)).Recorded().Div(Number(2))},
		{"job_bot:x:sum\nunless on (job) min by (job) (max without (instance, pod) (bot_exporter_ready)) < 1",
			recorded.Recorded().UnlessOn(ready.Where("<", Number(1)), Job)},
		{`(job_bot:x:sum or job_bot:x:sum) and on (job) job_bot:x:sum`,
			recorded.Recorded().Or(recorded.Recorded()).AndOn(recorded.Recorded(), Job)},
		{`job_bot:x:sum and job_bot:x:sum > 2`, recorded.Recorded().AndOn(recorded.Recorded().Where(">", Number(2)))},
		{`job_bot:x:sum or absent(last_over_time(bot_exporter_ready[1h]))`,
			recorded.Recorded().Either(r.Of(self.Ready).Absent(hour))},
	} {
		text, err := c.is.PromQL()
		require.NoError(t, err)
		require.Equal(t, c.want, text)
	}

	for want, is := range map[string]Expr{
		`no label "channel"`: recorded.Recorded().Aggregate("sum", metric.Channel),
		`differ`:             recorded.Recorded().AndOn(ready),
		`unless on (bot)`:    recorded.Recorded().UnlessOn(ready, metric.Bot),
		`no label "job"`:     ready.Sum().Aggregate("sum", Job),
		`has no _sum`:        recorded.Recorded().And(recorded.Sum().Recorded()),
		`no label "window"`:  recorded.Is(metric.Label{Name: "window"}, "7d").Absent(hour),
	} {
		_, err := is.PromQL()
		require.ErrorContains(t, err, want)
	}
}
