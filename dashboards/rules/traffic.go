package rules

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func (b *book) messages() {
	users := b.messagesOf(event.SenderUser)
	for _, s := range []event.Sender{event.SenderUser, event.SenderBot, event.SenderOperator} {
		b.volumes(b.messagesOf(s))
	}
	// Users are known for the windows of the gauge; so are messages, if that window is recorded.
	for _, text := range collectors.Window.Values {
		for _, w := range b.cfg.Windows {
			if w.String() == text {
				active := b.active().Is(collectors.Window, text).Recorded().Aggregate("sum", pair...)
				b.record(pair, users.name+"_per_"+short(base(collectors.UsersActive)), "ratio", w, b.increase(users, w).Recorded().Over(active))
			}
		}
	}
}

func (b *book) traffic() {
	users := b.messagesOf(event.SenderUser)
	each(b, func(a *Alerts) *Count { return &a.TrafficStopped }, func(v view, s Count) {
		messages := v.increase(users, s.Window)
		guard := v.guard(messages)
		v.alert(Alert{
			Name: "BotTrafficStopped", Suffix: v.suffix(""), Labels: v.labels(""), Common: s.Common, KeepFiring: v.book.cfg.KeepFiring,
			Value: above(v.read(messages).Ago((7 * day).window()).Recorded(), s.Above),
			// A bot without any series is as silent as one that counts zero. Whether it is silent is known only while
			// an exporter is ready: without one, the last values fade to zero.
			Guard: func(e promql.Expr) promql.Expr {
				e = e.UnlessOn(v.now(messages).Where(">", promql.Number(0)))
				return guard(e).AndOn(v.ready().Recorded(), promql.Job)
			},
			Dashboard: pair,
			Summary:   "Users send nothing, though they did at this time last week.",
			Description: fmt.Sprintf("No user of {{ $labels.bot }} on {{ $labels.channel }} sent a message in the last %s. In the same time a week ago there were {{ $value | printf \"%%.0f\" }}. "+
				"The alert needs more than %s then.", s.Window.words(), number(s.Above)),
			Meaning:   "A bot gets no messages, though it had some at the same time last week.",
			Threshold: fmt.Sprintf("none in %s, more than %s in the same time last week", s.Window, number(s.Above)),
			Why:       "Where 20 are usual, none at all is not chance. Mostly a channel, a website or a producer of events is broken.",
		})
	})
}
