package rules

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Alert is an alerting rule, before it takes the form of Prometheus or Grafana.
type Alert struct {
	Name     string
	Suffix   string // distinguishes rules of one name
	Module   string
	Settings settings
	Common   // from the settings

	KeepFiring Duration
	Labels     map[string]string

	// The alert fires for what is above (or below) the limit and passes the guard.
	Value Value
	Guard func(promql.Expr) promql.Expr

	// Text. $value is the value, $labels its labels.
	Summary     string
	Description string
	Dashboard   []metric.Label // which the link to the dashboard selects

	// For the table of alerts.
	Meaning, Threshold, Why string

	expr, query string // with the limit, and without
}

// onChannel is the subject of most texts.
const onChannel = "{{ $labels.bot }} on {{ $labels.channel }}"

// Value is what an alert compares with its limit.
type Value struct {
	promql.Expr
	Op    string // > or <
	Limit float64
}

func above(e promql.Expr, limit float64) Value { return Value{e, ">", limit} }

func below(e promql.Expr, limit float64) Value { return Value{e, "<", limit} }

// alert adds an alert, unless its settings disable it. Without a guard, all values pass.
func (b *builder) alert(a Alert) {
	if !b.valid(a.Name, a.Settings) {
		return
	}
	a.Common = a.Settings.common()
	if a.Disabled {
		return
	}
	a.Module = b.module
	guard := a.Guard
	if guard == nil {
		guard = func(e promql.Expr) promql.Expr { return e }
	}
	var err error
	if a.expr, err = guard(a.Value.Where(a.Value.Op, promql.Number(a.Value.Limit))).PromQL(); err == nil {
		a.query, err = guard(a.Value.Expr).PromQL()
	}
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("alert %s: %w", a.Name, err))
	}
	b.alerts = append(b.alerts, &a)
}

// valid reports whether the settings of an alert can work, and keeps the error if not.
func (b *builder) valid(name string, s settings) bool {
	err := s.validate()
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("%s: %w", name, err))
	}
	return err == nil
}

// ready records 1 while all partitions of a job are ready.
func (b *builder) ready() promql.Selector {
	defer b.in("exporter")()
	return b.record(pair[:1], self.Ready.Name, "min", 0, b.scope.Of(self.Ready).Now().Aggregate("min", promql.Job))
}

// lag records the lag of the most advanced replica.
func (b *builder) lag() promql.Selector {
	defer b.in("exporter")()
	behind := b.scope.Of(self.Lag).Least().Aggregate("max", promql.Job)
	return b.record(pair[:1], self.Lag.Name, "max", 0, behind)
}

// held keeps an alert on rates from starting while the exporter catches up: what it counts then happened earlier. While
// the exporter is not scraped at all, the last values stand.
func (b *builder) held(e promql.Expr) promql.Expr {
	return e.
		UnlessOn(b.ready().Recorded().Where("<", promql.Number(1)), promql.Job).
		UnlessOn(b.lag().Recorded().Where(">", promql.Number(b.cfg.HeldAbove)), promql.Job)
}

// selection is the bots and channels of a rule: one or both of the labels, or all but those with a rule of their own.
type selection struct {
	*builder
	where        string // which override it is from, for errors
	bot, channel string
	except       []*Override
}

// each adds an alert on bots and channels: once with the settings of all, and once for each override that changes them.
func each[S settings](b *builder, setting func(*BotAlerts) *S, add func(selection, S)) {
	defaults := *setting(&b.cfg.Alerts.BotAlerts)
	rest := selection{builder: b}
	var own []func()
	for i := range b.cfg.Overrides {
		o := &b.cfg.Overrides[i]
		changed := *setting(&o.Alerts)
		if reflect.DeepEqual(changed, defaults) {
			continue
		}
		sel := selection{builder: b, where: fmt.Sprintf("overrides[%d]: ", i), bot: o.Bot, channel: o.Channel, except: slices.Clone(rest.except)}
		own = append(own, func() { add(sel, changed) })
		rest.except = append(rest.except, o)
	}
	add(rest, defaults)
	for _, add := range own {
		add()
	}
}

// alert adds an alert on the bots and channels of the selection.
func (sel selection) alert(a Alert) {
	if !sel.valid(a.Name, a.Settings) {
		return
	}
	a.Suffix = strings.Join(strings.Fields(strings.Join([]string{a.Suffix, sel.bot, sel.channel}, " ")), " ")
	a.KeepFiring, a.Dashboard = sel.cfg.KeepFiring, pair
	if sel.bot != "" || sel.channel != "" {
		a.Labels = maps.Clone(a.Labels)
		if a.Labels == nil {
			a.Labels = map[string]string{}
		}
		a.Labels["override"] = strings.TrimSpace(sel.bot + " " + sel.channel)
	}
	sel.builder.alert(a)
}

// valid is that of the builder, with the place of the settings in the error.
func (sel selection) valid(name string, of settings) bool {
	return sel.builder.valid(sel.where+name, of)
}

// of narrows a record down to the bots and channels of the selection.
func (sel selection) of(record promql.Selector) promql.Selector {
	return narrow(record, sel.bot, sel.channel)
}

// now is the present value of a record.
func (sel selection) now(record promql.Selector) promql.Expr { return sel.of(record).Recorded() }

func narrow(s promql.Selector, bot, channel string) promql.Selector {
	if bot != "" {
		s = s.Is(metric.Bot, bot)
	}
	if channel != "" {
		s = s.Is(metric.Channel, channel)
	}
	return s
}

// guard demands all conditions, leaves out bots and channels that have rules of their own, and holds the alert while the
// exporter catches up. volume is any record by bot and channel.
func (sel selection) guard(volume promql.Selector, conditions ...promql.Expr) func(promql.Expr) promql.Expr {
	return func(e promql.Expr) promql.Expr {
		e = all(conditions)(e)
		for _, o := range sel.except {
			e = e.UnlessOn(narrow(volume, o.Bot, o.Channel).Recorded())
		}
		return sel.held(e)
	}
}

// all demands all conditions.
func all(conditions []promql.Expr) func(promql.Expr) promql.Expr {
	return func(e promql.Expr) promql.Expr {
		for _, c := range conditions {
			e = e.AndOn(c)
		}
		return e
	}
}

// atLeast is the condition that there was enough of something.
func atLeast(e promql.Expr, n float64) promql.Expr { return e.Where(">=", promql.Number(n)) }

// number writes a threshold for people.
func number(v float64) string { return fmt.Sprint(round(v)) }

// percent writes a share for people.
func percent(v float64) string { return fmt.Sprint(round(100*v)) + "%" }
