package dashboards

import (
	"fmt"
	"maps"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/datasource"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// panel is a panel under construction.
type panel struct {
	dashboard.Panel
	width  uint32
	height uint32   // beside a taller panel
	says   []string // what the platform's page says that the panel shows
	defs   []*metric.Def
	alerts []string // that watch what it shows
	err    error
	rename map[string]string
	order  map[string]int

	noneColor string // of the text for no value

	others   []string // columns of a shared answer that are left out
	notEmpty string   // column without which a line is left out
}

var source = common.DataSourceRef{Type: ptr("prometheus"), Uid: ptr("${datasource}")}

func newPanel(b cog.Builder[dashboard.Panel], title, description string) *panel {
	built, err := b.Build()
	p := &panel{Panel: built, err: err, noneColor: neutral, rename: map[string]string{}, order: map[string]int{}}
	p.Title, p.Description, p.Datasource = &title, &description, &source
	p.Transparent, p.RepeatDirection = nil, nil
	if p.FieldConfig == nil {
		p.FieldConfig = dashboard.NewFieldConfigSource()
	}
	return p
}

// number shows one or a few large numbers.
func number(title, description string) *panel {
	p := newPanel(stat.NewPanelBuilder().
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		TextMode(common.BigValueTextModeAuto).
		JustifyMode(common.BigValueJustifyModeAuto).
		WideLayout(true).
		Text(common.NewVizTextDisplayOptionsBuilder().TitleSize(12).ValueSize(24)).
		Orientation(common.VizOrientationHorizontal), title, description)
	return p.set(unit(unitCount), decimals(0), color(plain))
}

// breakdown shows a bar for each part of a whole.
func breakdown(title, description string) *panel {
	p := newPanel(bargauge.NewPanelBuilder().
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ValueMode(common.BarGaugeValueModeText).
		NamePlacement(common.BarGaugeNamePlacementAuto).
		ShowUnfilled(true).
		Sizing(common.BarGaugeSizingAuto).
		Text(common.NewVizTextDisplayOptionsBuilder().TitleSize(14).ValueSize(18)).
		MinVizWidth(8).MinVizHeight(16).MaxVizHeight(60).
		Orientation(common.VizOrientationHorizontal).
		Min(0), title, description)
	return p.set(unit(unitCount), decimals(0), color(primary))
}

// bars shows counts over time, stacked; lines shows anything else over time.
func bars(title, description string) *panel {
	return overTime(title, description, timeseries.NewPanelBuilder().
		DrawStyle(common.GraphDrawStyleBars).BarAlignment(common.BarAlignmentBefore).BarWidthFactor(0.9).
		FillOpacity(80).LineWidth(0).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A")))
}

func lines(title, description string) *panel {
	return overTime(title, description, timeseries.NewPanelBuilder().
		DrawStyle(common.GraphDrawStyleLine).FillOpacity(8).LineWidth(2).ShowPoints(common.VisibilityModeAlways))
}

// samples shows values as they were scraped.
func samples(title, description string) *panel {
	p := overTime(title, description, timeseries.NewPanelBuilder().
		DrawStyle(common.GraphDrawStyleLine).FillOpacity(0).LineWidth(1))
	p.MaxDataPoints, p.Interval = ptr(360.0), ptr("15s")
	return p
}

// maxPoints is the most steps of a chart: whole days of 30 days, 6 hours of a week, an hour of a day.
const maxPoints = 28

func overTime(title, description string, b *timeseries.PanelBuilder) *panel {
	p := newPanel(b.
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderNone)).
		Orientation(common.VizOrientationHorizontal).
		PointSize(5).
		SpanNulls(common.BoolOrFloat64{Bool: ptr(true)}).
		AxisSoftMin(0).
		MaxDataPoints(maxPoints).Interval("1m").
		Min(0), title, description)
	return p.set(unit(unitCount), decimals(0), palette()).named(channelColors)
}

// list shows a table.
func list(title, description string) *panel {
	p := newPanel(table.NewPanelBuilder().
		ShowHeader(true).MinWidth(64).CellHeight(common.TableCellHeightSm).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{"sum"})), title, description)
	return p.set(unit(unitCount), decimals(0), color(plain))
}

// states shows when something was so: series of 1 with gaps. Grafana's own panel for that has a text of its own where
// there is nothing to show, which no panel can change.
func states(title, description string) *panel {
	p := overTime(title, description, timeseries.NewPanelBuilder().
		DrawStyle(common.GraphDrawStyleLine).LineInterpolation(common.LineInterpolationStepAfter).FillOpacity(50).LineWidth(2).
		AxisPlacement(common.AxisPlacementHidden))
	p.MaxDataPoints, p.Interval = ptr(360.0), ptr("15s")
	if custom, ok := p.FieldConfig.Defaults.Custom.(*timeseries.FieldConfig); ok {
		custom.SpanNulls = &common.BoolOrFloat64{Bool: ptr(false)}
	}
	return p.set(unit(unitPlain), anyDecimals(), upTo(1))
}

// set changes the defaults of all fields.
func (p *panel) set(fields ...field) *panel {
	d := &p.FieldConfig.Defaults
	for _, f := range fields {
		switch v := f.Value.(type) {
		case string: // the unit
			d.Unit = &v
		case int: // the number of decimals
			d.Decimals = ptr(float64(v))
		case nil: // as many as the values need
			d.Decimals = nil
		case float64: // the maximum
			d.Max = &v
		case dashboard.ThresholdsConfig:
			d.Thresholds = &v
		case []mapping:
			d.Mappings = v
		case dashboard.FieldColor:
			d.Color = &v
		default:
			p.err = fmt.Errorf("BUG: %s is no default", f.Id)
		}
	}
	return p
}

// signed writes a plus before what is not negative. Fields of single values come after it and overrule it.
func (p *panel) signed() *panel {
	p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, dashboard.DashboardFieldConfigSourceOverrides{
		Matcher:    dashboard.MatcherConfig{Id: "byValue", Options: map[string]any{"reducer": "lastNotNull", "op": "gte", "value": 0}},
		Properties: []field{unit("prefix:+")},
	})
	return p.set(unit(unitPlain))
}

// limitLine draws a line across a chart where its alert begins to look.
func (p *panel) limitLine(l limit) *panel {
	d := &p.FieldConfig.Defaults
	d.Thresholds = ptr(steps(threshold{0, transparent}, threshold{l.Critical, negative}))
	custom, ok := d.Custom.(*timeseries.FieldConfig)
	if !ok {
		p.err = fmt.Errorf("BUG: the field options of a chart are a %T", d.Custom)
		return p
	}
	if !l.falling {
		custom.AxisSoftMax = ptr(1.1 * l.Critical) // in sight
	}
	custom.ThresholdsStyle = &common.GraphThresholdsStyleConfig{Mode: common.GraphThresholdsStyleModeDashed}
	return p.watched(l.alerts...)
}

func (p *panel) stat(change func(*stat.Options)) {
	if o, ok := p.Options.(*stat.Options); ok {
		change(o)
		return
	}
	p.err = fmt.Errorf("BUG: the options of a number are a %T", p.Options)
}

// sharing shows what another panel has queried.
func (p *panel) sharing(from *panel) *panel {
	p.Datasource = &common.DataSourceRef{Type: ptr("datasource"), Uid: ptr("-- Dashboard --")}
	p.Targets = []variants.Dataquery{datasource.Dataquery{RefId: ptr("A"), PanelId: *from.Id, Datasource: p.Datasource}}
	p.defs = from.defs
	return p
}

// largest adds bars for the seven largest values of a label in the selected time range, and one for all others, so that
// they add up to the total and keep their colours.
func (p *panel) largest(s promql.Selector, l metric.Label) *panel {
	top := total(s, l).Top(7).AtEnd()
	return p.over("{{"+l.Name+"}}", step(s, l).And(top)).
		over("others", step(s, l).Unless(top).Sum(), color(neutral))
}

// named gives series fixed colours by their names.
func (p *panel) named(colors map[string]string) *panel {
	for _, name := range sorted(colors) {
		p.override("byName", name, color(colors[name]))
	}
	return p
}

// none is the text where there is no value.
func (p *panel) none(text string) *panel { p.FieldConfig.Defaults.NoValue = &text; return p }

// noneIsBad makes the text for no value red: nothing to show is a fault here.
func (p *panel) noneIsBad() *panel { p.noneColor = negative; return p }

// wide sets the width in 24ths.
func (p *panel) wide(w uint32) *panel { p.width = w; return p }

// high sets the height of a panel that stands beside a taller one.
func (p *panel) high(h uint32) *panel { p.height = h; return p }

// covers says which words of the platform's page the panel shows.
func (p *panel) covers(words ...string) *panel { p.says = append(p.says, words...); return p }

// now adds a value as of the end of the time range.
func (p *panel) now(name string, e promql.Expr, fields ...field) *panel {
	return p.query(name, e, prometheus.PromQueryFormatTimeSeries, true, fields)
}

// over adds series over time.
func (p *panel) over(name string, e promql.Expr, fields ...field) *panel {
	return p.query(name, e, prometheus.PromQueryFormatTimeSeries, false, fields)
}

func (p *panel) query(name string, e promql.Expr, format prometheus.PromQueryFormat, instant bool, fields []field) *panel {
	text, err := e.PromQL()
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("%s: %w", name, err)
	}
	for _, d := range e.Defs() {
		if !slices.Contains(p.defs, d) {
			p.defs = append(p.defs, d)
		}
	}
	ref := string(rune('A' + len(p.Targets)))
	p.Targets = append(p.Targets, variants.Dataquery(prometheus.Dataquery{
		RefId: &ref, Expr: text, LegendFormat: &name, Datasource: &source, Format: &format,
		Instant: ptr(instant), Range: ptr(!instant), EditorMode: ptr(prometheus.QueryEditorModeCode),
	}))
	if len(fields) > 0 {
		p.override("byFrameRefID", ref, fields...)
	}
	return p
}

func (p *panel) override(matcher, options string, fields ...field) *panel {
	p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, dashboard.DashboardFieldConfigSourceOverrides{
		Matcher: dashboard.MatcherConfig{Id: matcher, Options: options}, Properties: fields,
	})
	return p
}

func (p *panel) transform(id string, options any) *panel {
	p.Transformations = append(p.Transformations, dashboard.DataTransformerConfig{Id: id, Options: options})
	return p
}

func ptr[T any](v T) *T { return &v }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// from sets the minimum.
func (p *panel) from(v float64) *panel { p.FieldConfig.Defaults.Min = &v; return p }
