package dashboards

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
	"github.com/bot-exporter/bot-exporter/dashboards/rules"
)

// What Prometheus writes for each alert that is pending or fires.
var (
	alertName = metric.Label{Name: "alertname"}
	severity  = metric.OneOf("severity", "critical", "warning", "info")
	boardName = metric.Label{Name: "dashboard"} // added by alertsByBoard
	alerts    = &metric.Def{Name: "ALERTS", Type: metric.TypeGauge, Labels: []metric.Label{
		alertName, metric.OneOf("alertstate", "pending", "firing"), severity, metric.Bot, metric.Channel, promql.Job, promql.Instance,
	}}
)

// firing selects our alerts that fire now for what the variables choose. An alert on the exporter has no bot, and one on
// a bot has no instance, so both may be empty.
func (b *board) firing(names ...string) promql.Selector {
	s := promql.Scope{}.Of(alerts).Is(alerts.Labels[1], "firing").Is(alertName, names...).Like(promql.Job, "$job|")
	if b.module {
		s = s.Like(metric.Bot, "$bot|").Like(metric.Channel, "$channel|")
	}
	return s
}

// watchers are the alerts that rules define.
type watchers struct {
	byBoard   map[string][]string // names, by the uid of their dashboard
	names     []string
	evaluated *metric.Def // recorded whenever rules are evaluated
}

func watchersOf(cfg rules.Config) (watchers, error) {
	w := watchers{byBoard: map[string][]string{}}
	records, list, err := rules.Rules(cfg)
	if err != nil {
		return w, err
	}
	for _, a := range list {
		if !slices.Contains(w.names, a.Name) {
			w.names = append(w.names, a.Name)
			w.byBoard[a.UID()] = append(w.byBoard[a.UID()], a.Name)
		}
	}
	for _, r := range records {
		if strings.HasPrefix(r.Name, promql.Job.Name+":"+self.Ready.Name+":") {
			w.evaluated = &metric.Def{Name: r.Name, Type: metric.TypeGauge, Labels: []metric.Label{promql.Job}}
			return w, nil
		}
	}
	return w, errors.New("BUG: no rule records whether the exporter is ready")
}

// alertCount is the number of alerts that fire. Where Prometheus evaluates no rules, it is unknown rather than 0.
func (b *board) alertCount() *panel {
	p := number("Alerts firing", "Alerts that fire now. Open the list beside for what to do. Alerts that only Grafana manages are not among them: see its list of alerts.")
	rulesRun := promql.Scope{}.Of(b.watchers.evaluated).LastOver(promql.For(day)).Aggregate("count")
	count := b.firing(b.watchers.names...).Recorded().Aggregate("count")
	p.now("", count.Or(promql.Number(0).Mul(rulesRun))).set(byThresholds(), limits(threshold{0, positive}, threshold{1, negative})).
		none("No alert rules in this Prometheus")
	p.FieldConfig.Defaults.Links = []dashboard.DashboardLink{linkTo("All alerts", "/alerting/list")}
	return p
}

// alertList is the alerts that fire, by assistant; each leads to its dashboard.
func (b *board) alertList() *panel {
	var firing promql.Expr
	for i, uid := range sorted(b.watchers.byBoard) {
		e := b.firing(b.watchers.byBoard[uid]...).Recorded().Max(alertName, severity, metric.Bot, metric.Channel).Labelled(boardName, uid)
		if i == 0 {
			firing = e
		} else {
			firing = firing.Or(e)
		}
	}
	p := list("Firing now", "Alerts that fire now, by assistant and channel. Click an alert for its dashboard, and there the panel's description for what it means; its runbook says what to do.").
		key("Alert", alertName, minWidth(150)).
		key("Severity", severity, cellWidth(80)).
		key("Assistant", metric.Bot, minWidth(80)).
		key("Channel", metric.Channel, minWidth(70)).
		hidden(boardName).
		column("Firing", firing.Filled(metric.Bot, "All").Filled(metric.Channel, "All"), hide()).
		none("No firing alert known")
	url := "/d/${__data.fields.dashboard}?${__url_time_range}&${datasource:queryparam}&${job:queryparam}" +
		"&var-bot=${__data.fields.Assistant}&var-channel=${__data.fields.Channel}"
	return p.override("byName", "Alert", field{Id: "links", Value: []dashboard.DashboardLink{linkTo("Open its dashboard", url)}})
}

// annotate marks on all charts when alerts began to fire, and when processes started.
func (b *board) annotate() {
	fired, err := b.firing(b.watchers.names...).Began(promql.Interval, alertName, metric.Bot, metric.Channel).PromQL()
	version := self.BuildInfo.Labels[0]
	started, err2 := promql.Number(1000).Mul(b.of(self.StartTime).Each().
		WithLabel(version, b.of(self.BuildInfo).Each().Max(promql.Job, promql.Instance, version))).PromQL()
	for _, e := range []error{err, err2} {
		if e != nil {
			b.errs = append(b.errs, fmt.Errorf("annotations: %w", e))
		}
	}
	mark := func(name, expr, color, title, text, tags string, atValue bool) madeAnnotation {
		a := dashboard.NewAnnotationQuery()
		a.Name, a.Datasource, a.Enable, a.IconColor = name, &source, true, color
		a.Expr, a.TitleFormat, a.TextFormat, a.TagKeys, a.Step, a.UseValueForTime = &expr, &title, &text, &tags, ptr("60s"), &atValue
		return madeAnnotation{*a}
	}
	b.builder.Annotation(mark("Alerts", fired, negative, "{{alertname}}", "{{bot}} {{channel}}", "bot,channel", false)).
		Annotation(mark("Starts", started, primary, "{{instance}} started", "version {{version}}", "", true))
}

// madeAnnotation is an annotation that is built already.
type madeAnnotation struct{ dashboard.AnnotationQuery }

func (m madeAnnotation) Build() (dashboard.AnnotationQuery, error) { return m.AnnotationQuery, nil }

// watched says which alerts watch what the panel shows.
func (p *panel) watched(names ...string) *panel {
	for _, n := range names {
		if !slices.Contains(p.alerts, n) {
			p.alerts = append(p.alerts, n)
		}
	}
	return p
}

// PanelsOf returns the panel of each alert, for links from alerts: the first that shows it.
func PanelsOf(all []Dashboard) map[string]rules.Panel {
	panels := map[string]rules.Panel{}
	for _, d := range all {
		if d.UID == overviewUID {
			continue
		}
		for _, p := range d.Panels {
			for _, a := range p.Alerts {
				if _, ok := panels[a]; !ok {
					panels[a] = rules.Panel{Dashboard: d.UID, ID: p.ID}
				}
			}
		}
	}
	return panels
}
