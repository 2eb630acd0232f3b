package dashboards

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/datasource"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"

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

func (p *panel) table(change func(*table.Options)) {
	switch o := p.Options.(type) {
	case *table.Options:
		change(o)
	default:
		p.err = fmt.Errorf("BUG: the options of a table are a %T", o)
	}
}

// finish joins the columns of a table, gives a text that stands for no value its colour, and an axis of counts room for
// whole numbers: at 2.5, Grafana 10 writes the text for no value.
func (p *panel) finish() {
	d := &p.FieldConfig.Defaults
	if custom, ok := d.Custom.(*timeseries.FieldConfig); ok && *d.Unit == unitCount {
		custom.AxisSoftMax = ptr(max(20, deref(custom.AxisSoftMax)))
	}
	if p.Type == "stat" {
		null := ifNull(*d.NoValue, p.noneColor)
		null.SpecialValueMap.Options.Result.Index = ptr(int32(len(d.Mappings)))
		d.Mappings = append(d.Mappings, null)
	}
	if len(p.order) == 0 {
		return
	}
	_, shared := p.Targets[0].(datasource.Dataquery)
	if len(p.Targets) == 1 && !shared {
		p.rename["Value"], p.order["Value"] = p.rename["Value #A"], p.order["Value #A"]
		delete(p.rename, "Value #A")
		delete(p.order, "Value #A")
	} else {
		p.transform("merge", map[string]any{})
	}
	exclude := map[string]bool{"Time": true}
	for _, name := range p.others {
		exclude[name] = true
	}
	p.transform("organize", map[string]any{
		"excludeByName": exclude,
		"indexByName":   p.order,
		"renameByName":  p.rename,
	})
	if p.notEmpty != "" {
		p.transform("filterByValue", map[string]any{
			"type": "exclude", "match": "any",
			"filters": []map[string]any{{"fieldName": p.notEmpty, "config": map[string]any{"id": "isNull", "options": map[string]any{}}}},
		})
	}
}

// hidden keeps a label for links, out of sight.
func (p *panel) hidden(l metric.Label) *panel {
	p.key(l.Name, l)
	return p.override("byName", l.Name, hide())
}

func deref(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// perPair is a table with a line for each assistant and channel. Both lead to the same dashboard for that one alone.
func perPair(title, description string) *panel {
	return list(title, description+" Click an assistant to see it alone; the funnel of a heading searches.").
		key("Assistant", metric.Bot, minWidth(80), filterable(), alone("/d/${__dashboard.uid}")).
		key("Channel", metric.Channel, minWidth(64), filterable())
}

// alone is a link of a row to a dashboard of its assistant and channel.
func alone(path string) field {
	url := path + "?${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${window:queryparam}&${compare:queryparam}" +
		"&var-bot=${__data.fields.Assistant}&var-channel=${__data.fields.Channel}"
	return field{Id: "links", Value: []dashboard.DashboardLink{linkTo("Show this one alone", url)}}
}

// pairsTable lays out a table of all assistants and channels, largest first, and beside it those that are worst in one
// column: lowest or highest. Both show the answer to one query.
func (b *board) pairsTable(largest *panel, size, worst string, lowest bool, of ...string) {
	largest.sortBy(size)
	b.number(largest)
	beside := list("Worst first: "+strings.ToLower(worst[:1])+worst[1:], "The assistants and channels of the table beside, worst first. A dash stands for too few to judge, or none.").
		sharing(largest)
	beside.others = slices.Sorted(maps.Keys(largest.rename))
	for _, title := range append([]string{"Assistant", "Channel", worst, size}, of...) {
		beside.copyColumn(largest, title)
	}
	beside.notEmpty = worst
	beside.sortBy(worst).none(*largest.FieldConfig.Defaults.NoValue)
	if lowest {
		beside.table(func(o *table.Options) { o.SortBy[0].Desc = ptr(false) })
	}
	b.line(13, largest.wide(15), beside)
}

// copyColumn takes over a column of another table.
func (p *panel) copyColumn(from *panel, title string) {
	for name, t := range from.rename {
		if t == title {
			p.others = slices.DeleteFunc(p.others, func(o string) bool { return o == name })
			p.rename[name], p.order[name] = t, len(p.order)
		}
	}
	if len(p.order) == 0 || !slices.Contains(slices.Collect(maps.Values(p.rename)), title) {
		p.err = fmt.Errorf("no column %q", title)
	}
	for _, o := range from.FieldConfig.Overrides {
		if o.Matcher.Options == title {
			p.FieldConfig.Overrides = append(p.FieldConfig.Overrides, o)
		}
	}
}
