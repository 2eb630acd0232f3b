package dashboards

import (
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// userWindow is the variable for the rolling window of distinct users; earlier is the one for how far back a value lies
// that another is compared with.
var (
	userWindow = promql.Window{Text: "$window"}
	earlier    = promql.Window{Text: "$compare"}
)

// lastWindow ends the title of what is counted in a rolling window; comparedWith is the name of an earlier value.
const (
	lastWindow   = " (last $window)"
	comparedWith = "${compare:text}"
)

// targets adds the variables that every dashboard has.
func (b *board) targets() {
	b.builder.WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus").
		Current(option("default", "default")))
	b.variable("job", "Job", `label_values(%s, job)`, self.BuildInfo)
	b.variable("instance", "Instance", `label_values(%s{job=~"$job"}, instance)`, self.BuildInfo)
}

// pairs adds the variables of KPIs.
func (b *board) pairs() {
	b.variable(metric.Bot.Name, "Assistant", `label_values(%s{job=~"$job",instance=~"$instance"}, bot)`, collectors.ChatsStarted)
	b.variable(metric.Channel.Name, "Channel", `label_values(%s{job=~"$job",instance=~"$instance",bot=~"$bot"}, channel)`, collectors.ChatsStarted)
}

// variable is one over the values of a label. All is a matcher that Prometheus need not look up.
func (b *board) variable(name, label, query string, def *metric.Def) {
	if selector := strings.TrimSpace(b.cfg.Selector); selector != "" {
		query = strings.Replace(query, "%s{", "%s{"+selector+",", 1)
		query = strings.Replace(query, "%s,", "%s{"+selector+"},", 1)
	}
	query = fmt.Sprintf(query, def.Name)
	b.builder.WithVariable(dashboard.NewQueryVariableBuilder(name).Label(label).
		Datasource(source).Query(dashboard.StringOrMap{String: &query}).Definition(query).
		Multi(true).IncludeAll(true).AllValue(".*").Current(everything()).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalCaseInsensitiveAsc))
}

// filter is a variable over the values of a label, which may be empty.
func (b *board) filter(l metric.Label, label string, def *metric.Def) {
	b.variable(l.Name, label, `label_values(%s{job=~"$job",instance=~"$instance",bot=~"$bot",channel=~"$channel"}, `+l.Name+`)`, def)
}

// constant is a hidden variable whose value is that of a label.
func (b *board) constant(l metric.Label, def *metric.Def) {
	query := fmt.Sprintf(`label_values(%s{%s}, %s)`, def.Name, strings.Join(b.scope.Target, ","), l.Name)
	b.builder.WithVariable(dashboard.NewQueryVariableBuilder(l.Name).Hide(dashboard.VariableHideHideVariable).
		Datasource(source).Query(dashboard.StringOrMap{String: &query}).Definition(query).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc))
}

// choice is a variable with a fixed list of values, which needs no data. It is on every dashboard of a module, so that
// links carry it; where no panel uses it, it is hidden.
type choice struct {
	name, label string
	options     [][2]string // text and value; the default stands at the place of start
	start       int
}

func choices() []choice {
	windows := choice{name: collectors.Window.Name, label: "Users of the last", start: 1}
	for _, w := range collectors.Window.Values {
		windows.options = append(windows.options, [2]string{w, w})
	}
	return []choice{windows, {
		name: "compare", label: "Compare with",
		options: [][2]string{{"previous period", promql.Range.Text}, {"same time last week", "7d"}},
	}}
}

func (b *board) choose(c choice, used bool) {
	var values []string
	var options []dashboard.VariableOption
	for i, o := range c.options {
		values = append(values, o[0]+" : "+o[1])
		option := option(o[0], o[1])
		option.Selected = ptr(i == c.start)
		options = append(options, option)
	}
	query := strings.Join(values, ", ")
	v := dashboard.NewCustomVariableBuilder(c.name).Label(c.label).Values(dashboard.StringOrMap{String: &query}).
		Options(options).Current(options[c.start]).Multi(false).IncludeAll(false)
	if !used {
		v = v.Hide(dashboard.VariableHideHideVariable)
	}
	b.builder.WithVariable(v)
}

func option(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Selected: ptr(true),
		Text:     dashboard.StringOrArrayOfString{String: &text}, Value: dashboard.StringOrArrayOfString{String: &value},
	}
}

func everything() dashboard.VariableOption {
	return dashboard.VariableOption{
		Selected: ptr(true),
		Text:     dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
		Value:    dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
	}
}
