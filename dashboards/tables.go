package dashboards

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/table"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// key adds a column for a label; all keys come before all columns.
func (p *panel) key(title string, l metric.Label, fields ...field) *panel {
	p.rename[l.Name] = title
	p.order[l.Name] = len(p.order)
	if len(fields) > 0 {
		p.override("byName", title, fields...)
	}
	return p
}

// column adds a column of values: one for each combination of the keys.
func (p *panel) column(title string, e promql.Expr, fields ...field) *panel {
	value := fmt.Sprintf("Value #%c", 'A'+len(p.Targets))
	p.query(title, e, prometheus.PromQueryFormatTable, true, nil)
	p.rename[value] = title
	p.order[value] = len(p.order)
	return p.override("byName", title, append([]field{{Id: "noValue", Value: "–"}}, fields...)...)
}

// sortBy sorts a table, largest first.
func (p *panel) sortBy(title string) *panel {
	p.table(func(o *table.Options) {
		o.SortBy = []common.TableSortByFieldState{{DisplayName: title, Desc: ptr(true)}}
	})
	return p
}

// totals adds a line with the sums of all columns; so there must be no shares among them.
func (p *panel) totals() *panel {
	p.table(func(o *table.Options) { o.Footer.Show = true })
	return p
}

func (p *panel) table(change func(*table.Options)) {
	switch o := p.Options.(type) {
	case *table.Options:
		change(o)
	default:
		p.err = fmt.Errorf("BUG: the options of a table are a %T", o)
	}
}

// finish joins the columns of a table, and takes the colour of a threshold from a text that stands for no value.
func (p *panel) finish() {
	d := &p.FieldConfig.Defaults
	if p.Type == "stat" && d.Color.Mode == dashboard.FieldColorModeIdThresholds {
		d.Mappings = append(d.Mappings, mapping{SpecialValueMap: &dashboard.SpecialValueMap{
			Type: dashboard.MappingTypeSpecialValue,
			Options: dashboard.DashboardSpecialValueMapOptions{
				Match:  dashboard.SpecialValueMatchNullAndNan,
				Result: dashboard.ValueMappingResult{Text: d.NoValue, Color: ptr(neutral), Index: ptr(int32(len(d.Mappings)))},
			},
		}})
	}
	if len(p.order) == 0 {
		return
	}
	if len(p.Targets) == 1 {
		p.rename["Value"], p.order["Value"] = p.rename["Value #A"], p.order["Value #A"]
		delete(p.rename, "Value #A")
		delete(p.order, "Value #A")
	} else {
		p.transform("merge", map[string]any{})
	}
	p.transform("organize", map[string]any{
		"excludeByName": map[string]bool{"Time": true},
		"indexByName":   p.order,
		"renameByName":  p.rename,
	})
}

// perChannel is a table with a line for each assistant and channel.
func perChannel(description string) *panel {
	return list("Assistants and channels", description).
		key("Assistant", metric.Bot, mapped(text(otherName)), minWidth(120)).
		key("Channel", metric.Channel, mapped(text(otherName)), minWidth(100))
}
