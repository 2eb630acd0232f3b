package rules

import (
	"fmt"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Alert is an alerting rule, before it takes the form of Prometheus or Grafana.
type Alert struct {
	Name   string
	Suffix string // what tells apart rules of one name, in words
	Module string
	Common
	KeepFiring Duration
	Labels     map[string]string

	// The alert fires for what is above (or below) the limit and passes the guard.
	Value Value
	Guard func(promql.Expr) promql.Expr

	// Text. $value is the value, $labels its labels.
	Summary     string
	Description string
	Dashboard   []metric.Label // that the link to the dashboard selects

	// For the table of alerts.
	Meaning, Threshold, Why string

	expr, query string // with the limit, and without
}

// Value is what an alert compares with its limit.
type Value struct {
	promql.Expr
	Op    string // > or <
	Limit float64
}

func above(e promql.Expr, limit float64) Value { return Value{e, ">", limit} }

func below(e promql.Expr, limit float64) Value { return Value{e, "<", limit} }

// alert adds an alert, with settings that are left out by default: empty is no guard.
func (b *book) alert(a Alert) {
	if a.Disabled {
		return
	}
	if a.Module == "" {
		a.Module = b.module
	}
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

// ready is 1 while all partitions of a job are ready.
func (b *book) ready() promql.Selector {
	defer b.in("exporter")()
	return b.record(pair[:1], self.Ready.Name, "min", 0, b.scope.Of(self.Ready).Now().Aggregate("min", promql.Job))
}

// lag is that of the most advanced replica.
func (b *book) lag() promql.Selector {
	defer b.in("exporter")()
	behind := b.scope.Of(self.Lag).Least().Aggregate("max", promql.Job)
	return b.record(pair[:1], self.Lag.Name, "max", 0, behind)
}

// held keeps a rate alert from beginning while the exporter catches up: what is folded then happened earlier. While it
// is not scraped at all, the last values stand.
func (b *book) held(e promql.Expr) promql.Expr {
	return e.
		UnlessOn(b.ready().Recorded().Where("<", promql.Number(1)), promql.Job).
		UnlessOn(b.lag().Recorded().Where(">", promql.Number(b.cfg.HeldAbove)), promql.Job)
}

// view is the bots and channels that a rule is for.
type view struct {
	*book
	cfg    Alerts
	bot    string
	chann  string
	except []*Override // that have rules of their own
}

// each calls a function that adds an alert on bots and channels: for the default settings, and for each override that
// changes them. The setting is a pointer to the alert's in cfg, which tells whether it changes.
func each[T any](b *book, setting func(*Alerts) *T, add func(v view, settings T)) {
	defaults := b.cfg.Alerts
	v := view{book: b}
	var own []view
	for i := range b.cfg.Overrides {
		o := &b.cfg.Overrides[i]
		a, err := o.Alerts.over(defaults)
		if err != nil {
			b.errs = append(b.errs, err)
			continue
		}
		if fmt.Sprint(*setting(&a)) == fmt.Sprint(*setting(&defaults)) {
			continue
		}
		w := view{book: b, cfg: a, bot: o.Bot, chann: o.Channel, except: v.except}
		own = append(own, w)
		v.except = append(v.except[:len(v.except):len(v.except)], o)
	}
	add(v, *setting(&defaults))
	for i := range own {
		add(own[i], *setting(&own[i].cfg))
	}
}

// read is what a record says about the view's bots and channels.
func (v view) read(s promql.Selector) promql.Selector { return narrow(s, v.bot, v.chann) }

func (v view) now(s promql.Selector) promql.Expr { return v.read(s).Recorded() }

func narrow(s promql.Selector, bot, channel string) promql.Selector {
	if bot != "" {
		s = s.Is(metric.Bot, bot)
	}
	if channel != "" {
		s = s.Is(metric.Channel, channel)
	}
	return s
}

// guard is held, and leaves out bots and channels that have rules of their own. volume is any record by pair.
func (v view) guard(volume promql.Selector, conditions ...promql.Expr) func(promql.Expr) promql.Expr {
	all := v.conditions(conditions)
	return func(e promql.Expr) promql.Expr {
		e = all(e)
		for _, o := range v.except {
			e = e.UnlessOn(narrow(volume, o.Bot, o.Channel).Recorded())
		}
		return v.held(e)
	}
}

// conditions demands all of them.
func (b *book) conditions(list []promql.Expr) func(promql.Expr) promql.Expr {
	return func(e promql.Expr) promql.Expr {
		for _, c := range list {
			e = e.AndOn(c)
		}
		return e
	}
}

// labels name the window, and the override if there is one.
func (v view) labels(window string) map[string]string {
	labels := map[string]string{}
	if window != "" {
		labels["window"] = window
	}
	if v.bot != "" || v.chann != "" {
		labels["override"] = strings.TrimSpace(v.bot + " " + v.chann)
	}
	return labels
}

// suffix tells rules of one name apart.
func (v view) suffix(window string) string {
	return strings.Join(strings.Fields(strings.Join([]string{window, v.bot, v.chann}, " ")), " ")
}

// atLeast is the condition that there was enough of something.
func atLeast(e promql.Expr, n float64) promql.Expr { return e.Where(">=", promql.Number(n)) }

// number writes a threshold for people.
func number(v float64) string { return fmt.Sprint(round(v)) }

// percent writes a share for people.
func percent(v float64) string { return fmt.Sprint(round(100*v)) + "%" }
