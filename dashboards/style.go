package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Colours of Okabe and Ito, which people with any colour vision tell apart. What a colour means is the same everywhere:
// a rating, a cause or a sender keeps its colour on all dashboards.
const (
	positive = "#009E73" // bluish green: good, thumbs up, the bot
	negative = "#D55E00" // vermillion: bad, thumbs down, errors
	warning  = "#E69F00" // orange: worth a look
	neutral  = "#8C9196" // grey: neither, unknown, an earlier time
	primary  = "#3E95CF" // blue: what a panel is about
	second   = "#CC79A7" // reddish purple: beside it
	third    = "#F0E442" // yellow
	plain    = "text"    // the theme's text colour: plain numbers

	transparent = "transparent" // below a line
)

// Units.
const (
	unitCount   = "locale" // 12,345: a number of things, in full
	unitShare   = "percentunit"
	unitSeconds = "s"
	unitMinutes = "suffix: min" // on an axis
	unitBytes   = "bytes"
	unitRate    = "short"
	unitScore   = "none"
	unitPlain   = "none"
	unitWhen    = "dateTimeFromNow"
)

// How precise a panel is; a sentence of this ends each description.
const (
	exactRange  = " Exact for the selected time range."
	exactSteps  = " Exact for each bar; the bars add up to the total."
	sparse      = " Steps with few of them have no point."
	exactWindow = " Distinct users of the rolling window that ends with the selected time range."
	exactNow    = " As of the end of the selected time range."
	estimate    = " Estimated from buckets."
	fromRates   = " Estimated from rates."
)

// field is a setting of one series or column.
type field = dashboard.DynamicConfigValue

func unit(u string) field         { return field{Id: "unit", Value: u} }
func anyDecimals() field          { return field{Id: "decimals", Value: nil} }
func decimals(n int) field        { return field{Id: "decimals", Value: n} }
func upTo(v float64) field        { return field{Id: "max", Value: v} }
func cellWidth(px int) field      { return field{Id: "custom.width", Value: px} }
func minWidth(px int) field       { return field{Id: "custom.minWidth", Value: px} }
func filterable() field           { return field{Id: "custom.filterable", Value: true} }
func mapped(m ...mapping) field   { return field{Id: "mappings", Value: m} }
func limits(l ...threshold) field { return field{Id: "thresholds", Value: steps(l...)} }

func color(c string) field {
	return field{Id: "color", Value: dashboard.FieldColor{Mode: dashboard.FieldColorModeIdFixed, FixedColor: &c}}
}

// byThresholds colours a value by the thresholds, palette each series by its place.
func byThresholds() field { return colors(dashboard.FieldColorModeIdThresholds) }
func palette() field      { return colors(dashboard.FieldColorModeIdPaletteClassic) }

func colors(m dashboard.FieldColorModeId) field {
	return field{Id: "color", Value: dashboard.FieldColor{Mode: m}}
}

// dashed draws a thin line without area: an earlier time.
func dashed() []field {
	return []field{
		color(neutral),
		{Id: "custom.drawStyle", Value: "line"},
		{Id: "custom.lineWidth", Value: 1},
		{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{6, 6}}},
		{Id: "custom.fillOpacity", Value: 0},
		{Id: "custom.showPoints", Value: "never"},
		{Id: "custom.stacking", Value: map[string]any{"mode": "none", "group": "before"}},
	}
}

// bar draws a proportional bar in a table cell.
func bar(c string) []field {
	return []field{
		{Id: "custom.cellOptions", Value: map[string]any{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}},
		{Id: "min", Value: 0}, {Id: "fieldMinMax", Value: true}, color(c), minWidth(90),
	}
}

type mapping = dashboard.ValueMapping

// text shows words in place of values.
func text(words map[string]string) mapping {
	options := map[string]dashboard.ValueMappingResult{}
	i := int32(0)
	for _, k := range sorted(words) {
		index, word := i, words[k]
		options[k] = dashboard.ValueMappingResult{Text: &word, Index: &index}
		i++
	}
	return mapping{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}
}

// ifNull shows a text where there is no value, which would have the colour of the lowest threshold otherwise.
func ifNull(text, color string) mapping {
	return mapping{SpecialValueMap: &dashboard.SpecialValueMap{
		Type: dashboard.MappingTypeSpecialValue,
		Options: dashboard.DashboardSpecialValueMapOptions{
			Match:  dashboard.SpecialValueMatchNullAndNan,
			Result: dashboard.ValueMappingResult{Text: &text, Color: &color, Index: ptr(int32(0))},
		},
	}}
}

// colouredText colours the text of a table's cell.
func colouredText() field {
	return field{Id: "custom.cellOptions", Value: map[string]any{"type": "color-text"}}
}

// threshold is a colour from a value on.
type threshold struct {
	from  float64
	color string
}

// steps makes thresholds; the first one is the base.
func steps(list ...threshold) dashboard.ThresholdsConfig {
	c := dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute}
	for i, t := range list {
		step := dashboard.Threshold{Color: t.color}
		if i > 0 {
			step.Value = &t.from
		}
		c.Steps = append(c.Steps, step)
	}
	return c
}

// channelColors are those of the usual channels; others get one of the palette.
var channelColors = map[string]string{"web": primary, "whatsapp": second, "voice": third}

// otherName is shown for the value of a label beyond its limit.
var otherName = map[string]string{metric.Other: "(all others)"}

// hide leaves a column out of sight; links can read it.
func hide() field { return field{Id: "custom.hidden", Value: true} }
