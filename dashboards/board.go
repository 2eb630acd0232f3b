package dashboards

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Dashboard is a finished dashboard and what it shows.
type Dashboard struct {
	UID     string
	Section string // heading of the platform's page, if any
	V1      *classic
	Panels  []Panel
}

// The classic schema: every Grafana reads it, also from files, which cannot be said of the newer ones.
type (
	classic        = dashboard.Dashboard        //nolint:staticcheck // see above
	classicBuilder = dashboard.DashboardBuilder //nolint:staticcheck // see above
)

var newClassic = dashboard.NewDashboardBuilder //nolint:staticcheck // see above

// Panel is what a panel shows: words of the platform's page, and metrics.
type Panel struct {
	Title   string
	Says    []string
	Metrics []*metric.Def
}

// tag is on every dashboard, and finds them.
const tag = "virtual-assistant"

// board is a dashboard in the making: panels are laid out line by line, from left to right.
type board struct {
	Dashboard
	cfg     Config
	scope   promql.Scope
	builder *classicBuilder
	y       uint32
	id      uint32
	errs    []error
}

func newBoard(cfg Config, uid, title, section, description string) *board {
	b := &board{
		Dashboard: Dashboard{UID: uid, Section: section}, cfg: cfg,
		scope: promql.Dashboard(matchers(cfg.Selector)...),
		builder: newClassic(title).Uid(uid).Description(description).
			Tags([]string{tag}).Readonly().Version(1).
			Time("now-7d", "now").Refresh("5m").Timezone("browser").WeekStart("monday").
			Tooltip(dashboard.DashboardCursorSyncCrosshair),
	}
	b.scope.Replica = append(slices.Clone(b.scope.Replica), cfg.Rules.Replicas...)
	b.builder.WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus"))
	b.variable("job", "Job", ".+", `label_values(%s, job)`, self.BuildInfo)
	b.variable("instance", "Instance", ".+", `label_values(%s{job=~"$job"}, instance)`, self.BuildInfo)
	b.builder.Link(dashboard.NewDashboardLinkBuilder("Virtual assistant").Type(dashboard.DashboardLinkTypeDashboards).
		Tags([]string{tag}).AsDropdown(true).IncludeVars(true).KeepTime(true))
	return b
}

func matchers(selector string) []string {
	if selector = strings.TrimSpace(selector); selector == "" {
		return nil
	}
	return []string{selector}
}

// newModule begins the dashboard of a KPI module.
func newModule(cfg Config, uid, title, section, description string) *board {
	b := newBoard(cfg, uid, title, section, description)
	b.variable("bot", "Assistant", ".+", `label_values(%s{job=~"$job",instance=~"$instance"}, bot)`, collectors.ChatsStarted)
	b.variable("channel", "Channel", ".+", `label_values(%s{job=~"$job",instance=~"$instance",bot=~"$bot"}, channel)`, collectors.ChatsStarted)
	return b
}

func (b *board) variable(name, label, all, query string, def *metric.Def) {
	if selector := strings.TrimSpace(b.cfg.Selector); selector != "" {
		query = strings.Replace(query, "%s{", "%s{"+selector+",", 1)
		query = strings.Replace(query, "%s,", "%s{"+selector+"},", 1)
	}
	query = fmt.Sprintf(query, def.Name)
	b.builder.WithVariable(dashboard.NewQueryVariableBuilder(name).Label(label).
		Datasource(source).Query(dashboard.StringOrMap{String: &query}).Definition(query).
		Multi(true).IncludeAll(true).AllValue(all).Current(everything()).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalCaseInsensitiveAsc))
}

// filter is a variable over the values of a label, which may be empty.
func (b *board) filter(l metric.Label, label string, def *metric.Def) {
	b.variable(l.Name, label, ".*", `label_values(%s{job=~"$job",instance=~"$instance",bot=~"$bot",channel=~"$channel"}, `+l.Name+`)`, def)
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

// windows is the variable of the rolling windows of distinct users: those that the exporter is configured with.
func (b *board) windows() {
	l := collectors.Window.Name
	query := fmt.Sprintf(`label_values(%s{%s}, %s)`, collectors.UsersCohort.Name, strings.Join(b.scope.Target, ","), l)
	b.builder.WithVariable(dashboard.NewQueryVariableBuilder(l).Label("Users of the last").
		Datasource(source).Query(dashboard.StringOrMap{String: &query}).Definition(query).Current(option("7d", "7d")).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortNumericalAsc))
}

// of selects a metric.
func (b *board) of(d *metric.Def) promql.Selector { return b.scope.Of(d) }

// in selects users of the chosen rolling window.
func (b *board) in(d *metric.Def) promql.Selector {
	return b.of(d).Like(collectors.Window, userWindow.Text)
}

// total is a count over the selected range, exactly.
func total(s promql.Selector, by ...metric.Label) promql.Expr {
	return s.Total(promql.Range).Sum(by...)
}

// step is a count over each step of a chart, exactly.
func step(s promql.Selector, by ...metric.Label) promql.Expr {
	return s.Total(promql.Interval).Sum(by...)
}

// before is the count over the same step of the previous time range. PromQL cannot add durations, so it is estimated.
func before(s promql.Selector, by ...metric.Label) promql.Expr {
	return s.Ago(promql.Range).Increase(promql.Interval).Sum(by...)
}

// users adds up a gauge.
func users(s promql.Selector, by ...metric.Label) promql.Expr { return s.Now().Sum(by...) }

// row begins a section with a heading.
func (b *board) row(title string) {
	b.id++
	row := dashboard.NewRowBuilder(title).Id(b.id).Collapsed(false).
		GridPos(dashboard.GridPos{X: 0, Y: b.y, W: 24, H: 1})
	b.builder.WithRow(row)
	b.y++
}

// number gives a panel its id, before others refer to it.
func (b *board) number(p *panel) {
	b.id++
	p.Id = ptr(b.id)
}

// line puts panels beside each other; those without a width share what is left.
func (b *board) line(height uint32, panels ...*panel) {
	left, open := uint32(24), uint32(0)
	for _, p := range panels {
		left -= p.width
		if p.width == 0 {
			open++
		}
	}
	x := uint32(0)
	for _, p := range panels {
		if p.width == 0 {
			p.width = (left + open - 1) / open
			left, open = left-p.width, open-1
		}
		if p.Id == nil {
			b.number(p)
		}
		p.GridPos = &dashboard.GridPos{X: x, Y: b.y, W: p.width, H: height}
		x += p.width
		p.finish()
		if p.err != nil {
			b.errs = append(b.errs, fmt.Errorf("panel %q: %w", *p.Title, p.err))
		}
		b.builder.WithPanel(made{p.Panel})
		b.Panels = append(b.Panels, Panel{Title: *p.Title, Says: p.says, Metrics: p.defs})
	}
	b.y += height
}

// made is a panel that is built already.
type made struct{ dashboard.Panel }

func (m made) Build() (dashboard.Panel, error) { return m.Panel, nil }

var _ cog.Builder[dashboard.Panel] = made{}

func (b *board) build() (Dashboard, error) {
	d, err := b.builder.Build()
	if err = errors.Join(append(slices.Clone(b.errs), err)...); err != nil {
		return Dashboard{}, fmt.Errorf("dashboard %s: %w", b.UID, err)
	}
	for i := range d.Links {
		d.Links[i].Placement = nil // above the panels, not in a menu
	}
	b.V1 = &d
	return b.Dashboard, nil
}

// link is where a click on a value leads: another dashboard, with the same time range and variables.
func (p *panel) link(title, uid string) *panel {
	url := "/d/" + uid + "?${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${bot:queryparam}&${channel:queryparam}"
	p.FieldConfig.Defaults.Links = []dashboard.DashboardLink{{Title: title, Type: dashboard.DashboardLinkTypeLink, Url: &url, Tags: []string{}}}
	return p
}
