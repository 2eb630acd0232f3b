package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/barchart"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func trafficBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, "bot-traffic", "Traffic", "Traffic",
		"When messages are exchanged: which days of the week and which hours have the highest levels of interaction. Days and hours are those of the time zone that the exporter is configured with.")
	traffic, messages := b.of(collectors.Traffic), b.of(collectors.Messages)
	week := heat(traffic).covers("highest levels of interaction")
	b.number(week) // the others show its numbers: its query reads 168 series for each assistant and channel

	b.row("Peak times")
	b.line(4,
		number("Messages", "Messages exchanged, and the number in the previous time range."+exactRange).
			now("this period", total(messages)).
			now("previous", total(messages).Before(rangeWindow), color(neutral)).
			covers("frequency of messages exchanged over a specified period"),
		busiest("Busiest day of the week", "The day of the week with the most messages, and their number."+exactRange, week, weekday).
			covers("which days of the week"),
		busiest("Busiest hour of the day", "The hour of the day with the most messages, and their number."+exactRange, week, hour).
			covers("which hours"),
		busiest("Busiest hour of the week", "The hour of the week with the most messages, and their number."+exactRange, week, weekday, hour).
			covers("peak times"),
	)
	b.line(9, week)
	b.line(8,
		columns("By day of the week", "Messages exchanged on each day of the week."+exactRange, week, weekday, "Day", mapped(text(shortly(weekdays)))),
		columns("By hour of the day", "Messages exchanged in each hour of the day."+exactRange, week, hour, "Hour"),
	)
	b.row("Over time")
	b.line(8,
		bars("Messages over time", "Messages exchanged by channel, and all of the previous time range."+exactSteps).
			over("{{channel}}", step(messages, metric.Channel)).
			over("previous period", before(messages), dashed()...).wide(16),
		perChannel("Messages exchanged for each assistant and channel."+exactRange).
			column("Messages", total(messages, metric.Bot, metric.Channel), bar(primary)...).
			sortBy("Messages").totals(),
	)
	return b.build()
}

// peak is the hour of the week with the most messages, for a dashboard without the whole week.
func peak(title, description string, s promql.Selector) *panel {
	p := number(title, description).now("{{weekday}} {{hour}}:00", total(s, weekday, hour).Top(1))
	p.stat(func(o *stat.Options) { o.TextMode = common.BigValueTextModeValueAndName })
	for _, number := range sorted(weekdays) {
		p.transform("renameByRegex", map[string]string{"regex": "^" + number + " (.*)$", "renamePattern": weekdays[number] + " $1"})
	}
	return p
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

// heat is the week as a table: a line for each day, a column for each hour, the more messages the darker. Grafana's own
// heat map needs time on one axis. Two stable sorts give both lines and columns their order.
func heat(s promql.Selector) *panel {
	p := list("The week, hour by hour", "Messages exchanged on each day of the week (Monday to Sunday) in each hour of the day (0 to 23): the darker, the more."+exactRange)
	p.query("", total(s, weekday, hour), prometheus.PromQueryFormatTable, true, nil)
	p.transform("sortBy", sorting(weekday.Name, false)).transform("sortBy", sorting(hour.Name, false)).
		transform("groupingToMatrix", map[string]any{"rowField": weekday.Name, "columnField": hour.Name, "valueField": "Value", "emptyValue": "zero"}).
		transform("organize", map[string]any{
			"renameByName":  map[string]string{weekday.Name + `\` + hour.Name: "Day"},
			"excludeByName": map[string]bool{}, "indexByName": map[string]int{},
		})
	p.set(colors(dashboard.FieldColorModeIdContinuousBlues))
	p.FieldConfig.Defaults.Min = ptr(0.0)
	p.override("byRegexp", "^[0-9]{2}$",
		field{Id: "custom.cellOptions", Value: map[string]string{"type": "color-background", "mode": "basic"}},
		field{Id: "custom.align", Value: "center"}, minWidth(44))
	return p.override("byName", "Day", cellWidth(110), mapped(text(weekdays)), color(plain), unit("string"))
}

// columns is a chart of the week's numbers with one column for each value of a label, in the label's order.
func columns(title, description string, week *panel, l metric.Label, axis string, names ...field) *panel {
	p := newPanel(barchart.NewPanelBuilder().
		Orientation(common.VizOrientationVertical).XField(axis).
		ShowValue(common.VisibilityModeNever).Stacking(common.StackingModeNone).
		BarWidth(0.85).GroupWidth(0.7).FillOpacity(80).LineWidth(0).XTickLabelRotation(0).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(false).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle).Sort(common.SortOrderNone)).
		AxisSoftMin(0).Min(0), title, description)
	p.set(unit(unitCount), decimals(0), color(primary)).sharing(week).grouped(l)
	p.transform("sortBy", sorting(l.Name, false))
	p.transform("organize", map[string]any{
		"excludeByName": map[string]bool{}, "indexByName": map[string]int{l.Name: 0, "Value (sum)": 1},
		"renameByName": map[string]string{l.Name: axis, "Value (sum)": "Messages"},
	})
	if len(names) > 0 {
		p.override("byName", axis, names...)
	}
	return p
}
