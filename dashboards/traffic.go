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
	traffic := b.of(collectors.Traffic)

	b.row("Peak times")
	b.line(4,
		number("Messages", "Messages exchanged, and the number in the previous time range."+exactRange).
			now("this period", total(traffic)).
			now("previous", total(traffic).Before(rangeWindow), color(neutral)).sideBySide().
			covers("frequency of messages exchanged over a specified period"),
		busiest("Busiest day of the week", "The day of the week with the most messages, and their number."+exactRange).
			now("{{weekday}}", total(traffic, weekday).Top(1)).weekdays("").
			covers("which days of the week"),
		busiest("Busiest hour of the day", "The hour of the day with the most messages, and their number."+exactRange).
			now("{{hour}}:00", total(traffic, hour).Top(1)).
			covers("which hours"),
		busiest("Busiest hour of the week", "The hour of the week with the most messages, and their number."+exactRange).
			now("{{weekday}} {{hour}}:00", total(traffic, weekday, hour).Top(1)).weekdays(" ").
			covers("peak times"),
	)
	b.line(9, heat(traffic).covers("highest levels of interaction"))
	b.line(8,
		columns("By day of the week", "Messages exchanged on each day of the week."+exactRange, "Day", weekday, total(traffic, weekday), mapped(text(weekdays))),
		columns("By hour of the day", "Messages exchanged in each hour of the day."+exactRange, "Hour", hour, total(traffic, hour)),
	)
	b.row("Over time")
	b.line(8,
		bars("Messages over time", "Messages exchanged by channel, and all of the previous time range."+exactSteps).
			over("{{channel}}", step(traffic, metric.Channel)).
			over("previous period", before(traffic), dashed()...).wide(16),
		perChannel("Assistants and channels", "Messages exchanged for each assistant and channel."+exactRange).
			column("Messages", total(traffic, metric.Bot, metric.Channel), bar(primary)...).
			sortBy("Messages").totals("Messages"),
	)
	return b.build()
}

// busiest shows the name of the largest, and its number.
func busiest(title, description string) *panel {
	p := number(title, description)
	if o, ok := p.Options.(*stat.Options); ok {
		o.TextMode = common.BigValueTextModeValueAndName
	}
	return p
}

// weekdays renames series that begin with the number of a weekday.
func (p *panel) weekdays(after string) *panel {
	for _, number := range sorted(weekdays) {
		p.transform("renameByRegex", map[string]string{"regex": "^" + number + after + "(.*)$", "renamePattern": weekdays[number] + after + "$1"})
	}
	return p
}

// heat is the week as a table: a line for each day, a column for each hour, the more messages the darker. Grafana's own
// heat map needs time on one axis. Two stable sorts give both lines and columns their order.
func heat(s promql.Selector) *panel {
	p := list("The week, hour by hour", "Messages exchanged on each day of the week (Monday to Sunday) in each hour of the day (0 to 23): the darker, the more."+exactRange)
	p.query("", total(s, weekday, hour), prometheus.PromQueryFormatTable, true, nil)
	byLabel := func(l metric.Label) map[string]any {
		return map[string]any{"fields": map[string]any{}, "sort": []map[string]any{{"field": l.Name, "desc": false}}}
	}
	matrix := weekday.Name + `\` + hour.Name
	p.transform("sortBy", byLabel(weekday)).transform("sortBy", byLabel(hour)).
		transform("groupingToMatrix", map[string]any{"rowField": weekday.Name, "columnField": hour.Name, "valueField": "Value", "emptyValue": "zero"}).
		transform("organize", map[string]any{"renameByName": map[string]string{matrix: "Day"}, "excludeByName": map[string]bool{}, "indexByName": map[string]int{}})
	p.set(colors(dashboard.FieldColorModeIdContinuousBlues))
	p.FieldConfig.Defaults.Min = ptr(0.0)
	p.override("byRegexp", "^[0-9]{2}$",
		field{Id: "custom.cellOptions", Value: map[string]string{"type": "color-background", "mode": "basic"}},
		field{Id: "custom.align", Value: "center"}, minWidth(44))
	return p.override("byName", "Day", cellWidth(110), mapped(text(weekdays)), color(plain), unit("string"))
}

// columns is a chart with one column for each value of a label, in the label's order.
func columns(title, description, axis string, l metric.Label, e promql.Expr, names ...field) *panel {
	p := newPanel(barchart.NewPanelBuilder().
		Orientation(common.VizOrientationVertical).XField(axis).
		ShowValue(common.VisibilityModeNever).Stacking(common.StackingModeNone).
		BarWidth(0.85).GroupWidth(0.7).FillOpacity(80).LineWidth(0).XTickLabelRotation(0).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(false).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle).Sort(common.SortOrderNone)).
		AxisSoftMin(0).Min(0), title, description)
	p.set(unit(unitCount), decimals(0), color(primary))
	p.query("Messages", e, prometheus.PromQueryFormatTable, true, nil)
	p.transform("sortBy", map[string]any{"fields": map[string]any{}, "sort": []map[string]any{{"field": l.Name, "desc": false}}})
	p.transform("organize", map[string]any{
		"excludeByName": map[string]bool{"Time": true}, "indexByName": map[string]int{l.Name: 0, "Value": 1},
		"renameByName": map[string]string{l.Name: axis, "Value": "Messages"},
	})
	if len(names) > 0 {
		p.override("byName", axis, names...)
	}
	return p
}
