package rules

import (
	"cmp"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// TrafficAlerts are the settings of the alert on traffic that stopped.
type TrafficAlerts struct {
	TrafficStopped Silence `yaml:"BotTrafficStopped"`
}

func trafficDefaults(a *Alerts) {
	a.TrafficStopped = Silence{Common{Severity: critical, For: 15 * minute}, hour, 20, 100, 2, []Date{}, "UTC"}
}

// Silence is an alert on nothing where there was something at the same time in earlier weeks.
type Silence struct {
	Common    `yaml:",inline"`
	Window    Duration `yaml:"window" doc:"how long there were no messages"`
	Above     float64  `yaml:"above" doc:"in each earlier week there were more messages than this in the window, and in those an hour before and after"`
	LowVolume float64  `yaml:"low_volume" doc:"up to this many messages a week ago, the severity is one lower; 0: never"`
	Weeks     int      `yaml:"weeks" doc:"earlier weeks to compare with, as far as Prometheus has them; it keeps 15 days by default"`
	MuteDays  []Date   `yaml:"mute_days" doc:"days without alerts, such as 2026-04-06, or 12-25 for every year"`
	TimeZone  string   `yaml:"time_zone" doc:"IANA zone of mute_days, such as Europe/Rome"`
}

func (s Silence) validate() error {
	_, err := time.LoadLocation(s.TimeZone)
	return cmp.Or(s.Common.validate(), window("window", s.Window), notNegative("above", s.Above), notNegative("low_volume", s.LowVolume),
		atLeastOne("weeks", s.Weeks), wrong("time_zone", s.TimeZone, err != nil, "must be a zone such as Europe/Rome"))
}

func (b *builder) messages() {
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

func (b *builder) traffic() {
	each(b, func(a *BotAlerts) *Silence { return &a.TrafficStopped }, func(sel selection, s Silence) {
		if !sel.valid("BotTrafficStopped", s) {
			return
		}
		if s.LowVolume <= s.Above {
			sel.stopped(s, s.Above, 0)
			return
		}
		sel.stopped(s, s.LowVolume, 0)
		most := s.LowVolume
		s.Severity = map[string]string{critical: warning, warning: info, info: info}[s.Severity]
		sel.stopped(s, s.Above, most)
	})
}

// stopped adds the alert for bots that had more than some messages a week ago, and at most a number of them if that is
// not 0.
//
// A change of clocks shifts what people do by an hour, so the hours before and after must have had messages too. And one
// week may be unlike the others, so all earlier weeks must have had them, as far as they are known.
func (sel selection) stopped(s Silence, more, most float64) {
	messages := sel.increase(sel.messagesOf(event.SenderUser), s.Window)
	now, limit := sel.now(messages), promql.Number(s.Above)
	ago := func(d Duration) promql.Expr { return sel.of(messages).Ago(d.window()).Recorded() }
	suffix, threshold := "", fmt.Sprintf("none in %s, although there were more than %s at this time in each of the last %d weeks, and an hour earlier and later",
		s.Window, number(s.Above), s.Weeks)
	if most > 0 {
		suffix, threshold = "low volume", fmt.Sprintf("the same with severity %s, if there were up to %s a week ago", s.Severity, number(most))
	}
	guard := sel.guard(messages)
	sel.alert(Alert{
		Name: "BotTrafficStopped", Suffix: suffix, Settings: s,
		Value: above(ago(week), more),
		Guard: func(e promql.Expr) promql.Expr {
			if most > 0 {
				e = e.AndOn(ago(week).Where("<=", promql.Number(most)))
			}
			e = e.AndOn(ago(week-hour).Where(">", limit)).AndOn(ago(week+hour).Where(">", limit))
			for w := 2 * week; w <= Duration(s.Weeks)*week; w += week {
				for _, d := range []Duration{w - hour, w, w + hour} {
					e = e.UnlessOn(ago(d).Where("<=", limit))
				}
			}
			e = e.UnlessOn(now.Where(">", promql.Number(0))) // no series at all is as silent as zero
			for _, d := range s.MuteDays {
				e = e.UnlessAny(d.during(s.TimeZone, 0)).UnlessAny(d.during(s.TimeZone, s.Window))
			}
			// Without an exporter that is ready, nobody knows: the last values fade to zero.
			return guard(e).AndOn(sel.ready().Recorded(), promql.Job)
		},
		Summary: "User messages of " + onChannel + " fell from {{ $value | printf \"%.0f\" }} a week ago to none: users or their messages do not get through.",
		Description: fmt.Sprintf("No user of %s sent a message in the last %s. At the same time a week ago there were {{ $value | printf \"%%.0f\" }}. "+
			"The alert needs more than %s at this time in each of the last %d weeks, as far as they are known, and an hour earlier and later.", onChannel, s.Window.words(), number(s.Above), s.Weeks),
		Meaning:   "No user messages, although earlier weeks had some at this time.",
		Threshold: threshold,
		Why:       "Where 20 are usual, none at all is not chance: a channel, a website or a producer of events is broken. Hours next to opening hours and days in mute_days are left out.",
	})
}

// Date is a day of one year, or of every year if the year is 0.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// UnmarshalYAML reads 2026-04-06 or 12-25.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		t, err = time.Parse("01-02", n.Value)
	}
	if err != nil {
		return fmt.Errorf("line %d: %q is no day; write 2026-04-06, or 12-25 for every year", n.Line, n.Value)
	}
	*d = Date{t.Year(), t.Month(), t.Day()}
	return nil
}

// MarshalYAML writes the day as it is read.
func (d Date) MarshalYAML() (any, error) {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", d.Month, d.Day), nil
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day), nil
}

// during has a result while a moment some time ago lies on the day. PromQL knows only UTC, so the difference of the zone
// is that at noon; for every year, that of a recent one.
func (d Date) during(zone string, ago Duration) promql.Expr {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return promql.Expr{} // the settings are not valid
	}
	year := cmp.Or(d.Year, 2024)
	_, offset := time.Date(year, d.Month, d.Day, 12, 0, 0, 0, location).Zone()
	at := promql.Time().Add(promql.Number(float64(offset) - ago.seconds())).Func("vector")
	on := at.Func("month").Where("==", promql.Number(float64(d.Month))).And(at.Func("day_of_month").Where("==", promql.Number(float64(d.Day))))
	if d.Year != 0 {
		on = on.And(at.Func("year").Where("==", promql.Number(float64(d.Year))))
	}
	return on
}
