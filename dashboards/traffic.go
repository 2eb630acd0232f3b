package dashboards

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

var (
	weekday = collectors.Traffic.Labels[2]
	hour    = collectors.Traffic.Labels[3]
	zone    = self.TimeZone.Labels[0]
)

var weekdays = map[string]string{"1": "Monday", "2": "Tuesday", "3": "Wednesday", "4": "Thursday", "5": "Friday", "6": "Saturday", "7": "Sunday"}

// inZone ends the title of what goes by the exporter's days and hours, which are not those of the browser.
const inZone = " ($zone)"

func trafficModule() module {
	return module{board: trafficBoard, headlines: func(b *board) headlines {
		hourly := b.of(collectors.Messages).Increase(promql.For(time.Hour)).Sum()
		return headlines{numbers: []*panel{
			number("Busiest hour", "Messages in the hour of the selected time range with the most: Traffic shows which hours of the week are busy."+fromRates).
				now("messages", hourly.MaxOver(promql.Range, time.Hour)).
				none("No data on messages in this range").link("Traffic", "bot-traffic"),
		}}
	}}
}

// averageWeek is the number of messages by hour of the week, over how often each day of the week occurred.
func averageWeek(s promql.Selector) promql.Expr {
	return total(s, weekday, hour).OverWeekdays(weekday, promql.Range)
}

func trafficBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-traffic", "Traffic", "Traffic",
		"When messages are exchanged: which days of the week and which hours have the highest levels of interaction. Days and hours of the week are those of the time zone that the exporter is configured with, charts over time those of your browser.")
	b.constant(zone, self.TimeZone)
	traffic, messages := b.of(collectors.Traffic), b.of(collectors.Messages)
	week := heat(traffic).covers("highest levels of interaction").wide(14)
	b.number(week) // the others show its numbers: its query reads 168 series for each assistant and channel
	const none = "No data on messages in this range"

	b.row("An average week: each day over how often it occurred in the selected range")
	b.line(4,
		number("Messages", "Messages of users, the assistant and operators, and the change."+exactRange).
			counted(b, total(messages), neither).none(none).
			covers("frequency of messages exchanged over a specified period"),
		busiest("Busiest day"+inZone, "The day of the week with the most messages on average, and their number."+exactRange, week, weekday).
			none(none).covers("which days of the week"),
		busiest("Hour of the day: busiest"+inZone, "The hour of the day with the most messages, and their number in an average week."+exactRange, week, hour).
			none(none).covers("which hours"),
		busiest("Peak time"+inZone, "The hour of the week with the most messages, and their number in an average week."+exactRange, week, weekday, hour).
			none(none).covers("peak times"),
	)
	b.beside(26, week.none(none),
		barsOf("By day of the week"+inZone, "Messages on an average Monday, Tuesday and so on."+exactRange, week, weekday, shortly(weekdays)).none(none).high(9),
		barsOf("By hour of the day"+inZone, "Messages in each hour of the day in an average week."+exactRange, week, hour, nil).none(none),
	)
	b.row("Over time, in the time zone of your browser")
	b.line(8,
		bars("Messages over time", "Messages by channel, and all messages at the earlier time, which is estimated."+exactSteps).
			largest(messages, metric.Channel).
			over(comparedWith, before(messages), dashed()...).watched("BotTrafficStopped").none("No data on messages in a step that has passed"),
	)
	b.line(12,
		perPair("Assistants and channels", "Messages for each assistant and channel."+exactRange).
			column("Messages", total(messages, pair...), bar(primary)...).
			sortBy("Messages").none(none),
	)
	return b.build()
}

// busiest shows the largest of the week's numbers, added up by some of its labels, and its name.
func busiest(title, description string, week *panel, by ...metric.Label) *panel {
	p := number(title, description).sharing(week)
	p.grouped(by...).transform("sortBy", sorting("Value (sum)", true)).transform("limit", map[string]int{"limitField": 1})
	p.transform("organize", map[string]any{
		"excludeByName": map[string]bool{}, "renameByName": map[string]string{},
		"indexByName": map[string]int{weekday.Name: 0, hour.Name: 1, "Value (sum)": 2},
	})
	p.stat(func(o *stat.Options) {
		o.TextMode = common.BigValueTextModeValueAndName
		o.ReduceOptions = common.ReduceDataOptions{Values: ptr(true), Limit: ptr(1.0), Fields: ptr("/^Value/"), Calcs: []string{"lastNotNull"}}
	})
	return p.override("byName", weekday.Name, mapped(text(weekdays))).override("byName", hour.Name, mapped(text(clock())))
}

// shortly abbreviates names.
func shortly(names map[string]string) map[string]string {
	short := map[string]string{}
	for k, v := range names {
		short[k] = v[:3]
	}
	return short
}

// clock is the hours of the day as people write them.
func clock() map[string]string {
	names := map[string]string{}
	for _, h := range hour.Values {
		names[h] = h + ":00"
	}
	return names
}

// grouped adds up the values of a shared query by some of its labels.
func (p *panel) grouped(by ...metric.Label) *panel {
	fields := map[string]any{"Value": map[string]any{"aggregations": []string{"sum"}, "operation": "aggregate"}}
	for _, l := range by {
		fields[l.Name] = map[string]any{"aggregations": []string{}, "operation": "groupby"}
	}
	return p.transform("groupBy", map[string]any{"fields": fields})
}

func sorting(name string, desc bool) map[string]any {
	return map[string]any{"fields": map[string]any{}, "sort": []map[string]any{{"field": name, "desc": desc}}}
}

// heat is the week as a table: a line for each hour, a column for each day. Grafana's own heat map needs time on one
// axis. Two stable sorts give both lines and columns their order.
func heat(s promql.Selector) *panel {
	p := list("The week, hour by hour"+inZone, "Messages in each hour of the day (00 to 23) on an average Monday to Sunday: the stronger the colour, the more."+exactRange)
	p.query("", averageWeek(s), prometheus.PromQueryFormatTable, true, nil)
	names := map[string]string{hour.Name + `\` + weekday.Name: "Hour"}
	for _, d := range weekday.Values {
		names[d] = weekdays[d][:3]
	}
	p.transform("sortBy", sorting(hour.Name, false)).transform("sortBy", sorting(weekday.Name, false)).
		transform("groupingToMatrix", map[string]any{"rowField": hour.Name, "columnField": weekday.Name, "valueField": "Value", "emptyValue": "zero"}).
		transform("organize", map[string]any{
			"renameByName":  names,
			"excludeByName": map[string]bool{}, "indexByName": map[string]int{},
		})
	p.set(colors(dashboard.FieldColorModeIdContinuousBlues))
	p.FieldConfig.Defaults.Min = ptr(0.0)
	p.override("byRegexp", "^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)$",
		field{Id: "custom.cellOptions", Value: map[string]string{"type": "color-background", "mode": "basic"}},
		field{Id: "custom.align", Value: "center"}, minWidth(44))
	return p.override("byName", "Hour", cellWidth(56), color(plain), unit("string"))
}

// barsOf are bars of the week's numbers, one for each value of a label, in the label's order. Grafana's bar chart has a text of its
// own where there is nothing to show, which no panel can change.
func barsOf(title, description string, week *panel, l metric.Label, names map[string]string) *panel {
	p := breakdown(title, description).sharing(week).grouped(l)
	p.transform("sortBy", sorting(l.Name, false))
	o, ok := p.Options.(*bargauge.Options)
	if !ok {
		p.err = fmt.Errorf("BUG: the options of a breakdown are a %T", p.Options)
		return p
	}
	o.ReduceOptions = common.ReduceDataOptions{Values: ptr(true), Limit: ptr(float64(len(l.Values))), Fields: ptr("/^Value/"), Calcs: []string{"lastNotNull"}}
	o.NamePlacement = common.BarGaugeNamePlacementLeft
	o.MinVizHeight = 8
	if names == nil {
		return p
	}
	return p.override("byName", l.Name, mapped(text(names)))
}
