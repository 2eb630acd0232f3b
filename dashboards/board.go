package dashboards

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
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

// Panel is what a panel shows: words of the platform's page, metrics, and what alerts watch.
type Panel struct {
	ID      uint32
	Title   string
	Says    []string
	Metrics []*metric.Def
	Alerts  []string
}

// tag is on every dashboard, and finds them.
const tag = "virtual-assistant"

// board is a dashboard under construction: panels are laid out line by line, from left to right.
type board struct {
	Dashboard
	cfg     Config
	scope   promql.Scope
	builder *classicBuilder
	y       uint32
	id      uint32
	module  bool
	errs    []error

	watchers watchers
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
	var err error
	if b.watchers, err = watchersOf(cfg.Rules); err != nil {
		b.errs = append(b.errs, err)
		b.watchers.evaluated = alerts // to finish, and report the error
	}
	b.targets()
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
	b.module = true
	b.pairs()
	return b
}

// of selects a metric.
func (b *board) of(d *metric.Def) promql.Selector { return b.scope.Of(d) }

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

// perLine is the most numbers of a line: on a narrow screen, each has 200 pixels.
const perLine = 4

// lines lays out numbers in lines of equal height, as evenly as possible.
func (b *board) lines(height uint32, panels ...*panel) {
	rows := (len(panels) + perLine - 1) / perLine
	for ; rows > 0; rows-- {
		n := (len(panels) + rows - 1) / rows
		b.line(height, panels[:n]...)
		panels = panels[n:]
	}
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
		b.place(p, x, b.y, height)
		x += p.width
	}
	b.y += height
}

// beside puts panels below each other at the right of a tall one; those without a height share what is left.
func (b *board) beside(height uint32, tall *panel, panels ...*panel) {
	b.place(tall, 0, b.y, height)
	y, end := b.y, b.y+height
	for i, p := range panels {
		h := (end - y) / uint32(len(panels)-i)
		if p.height > 0 {
			h = p.height
		}
		p.width = 24 - tall.width
		b.place(p, tall.width, y, h)
		y += h
	}
	b.y = end
}

func (b *board) place(p *panel, x, y, height uint32) {
	if p.Id == nil {
		b.number(p)
	}
	p.GridPos = &dashboard.GridPos{X: x, Y: y, W: p.width, H: height}
	p.finish()
	if p.err != nil {
		b.errs = append(b.errs, fmt.Errorf("panel %q: %w", *p.Title, p.err))
	}
	b.builder.WithPanel(made{p.Panel})
	b.Panels = append(b.Panels, Panel{ID: *p.Id, Title: *p.Title, Says: p.says, Metrics: p.defs, Alerts: p.alerts})
}

// made is a panel that is built already.
type made struct{ dashboard.Panel }

func (m made) Build() (dashboard.Panel, error) { return m.Panel, nil }

var _ cog.Builder[dashboard.Panel] = made{}

func (b *board) build() (Dashboard, error) {
	if b.module {
		used := b.queried()
		for _, c := range choices() {
			b.choose(c, strings.Contains(used, "$"+c.name) || strings.Contains(used, "${"+c.name))
		}
	}
	b.annotate()
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

// queried returns the text of all queries so far.
func (b *board) queried() string {
	d, err := b.builder.Build()
	if err != nil {
		b.errs = append(b.errs, err)
	}
	var all strings.Builder
	for _, p := range d.Panels {
		if p.Panel == nil {
			continue
		}
		for _, t := range p.Panel.Targets {
			if q, ok := t.(prometheus.Dataquery); ok {
				all.WriteString(q.Expr + *q.LegendFormat)
			}
		}
	}
	return all.String()
}

// link is where a click on a value leads: another dashboard, with the same time range and variables.
func (p *panel) link(title, uid string) *panel {
	p.FieldConfig.Defaults.Links = []dashboard.DashboardLink{linkTo(title, "/d/"+uid+"?${__url_time_range}&${__all_variables}")}
	return p
}

func linkTo(title, url string) dashboard.DashboardLink {
	return dashboard.DashboardLink{Title: title, Type: dashboard.DashboardLinkTypeLink, Url: &url, Tags: []string{}}
}
