package promql

import (
	"fmt"
	"slices"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Scope is where metrics are looked for.
type Scope struct {
	Target  []string // matchers for all metrics, such as `job=~"$job"`
	Pair    []string // further matchers for metrics with bot and channel
	Replica []string // target labels that tell replicas of one exporter apart
}

var replica = []string{"instance", "pod"}

// Dashboard is the scope of a panel: what the variables of the dashboard select. Further matchers come first.
func Dashboard(matchers ...string) Scope {
	return Scope{
		Target:  append(slices.Clone(matchers), `job=~"$job"`, `instance=~"$instance"`),
		Pair:    []string{name(metric.Bot, "=~", "$bot"), name(metric.Channel, "=~", "$channel")},
		Replica: replica,
	}
}

// Rules is the scope of rules: everything, or what the matchers select.
func Rules(matchers ...string) Scope { return Scope{Target: matchers, Replica: replica} }

// Window is a length of time as PromQL and in seconds.
type Window struct{ Text, Seconds string }

// Windows that Grafana fills in.
var (
	Range        = Window{"$__range", "$__range_s"}                       // the selected time range
	Interval     = Window{"$__interval", "$__interval_ms / 1000"}         // one step of a chart
	RateInterval = Window{"$__rate_interval", "$__rate_interval_ms/1000"} // one step, and at least four scrapes
)

// For is a fixed window.
func For(d time.Duration) Window {
	return Window{Duration(d), fmt.Sprint(int64(d / time.Second))}
}

// Duration writes a duration of whole seconds with the largest unit that fits: 5m, 1h, 7d.
func Duration(d time.Duration) string {
	for _, u := range []struct {
		name string
		d    time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}} {
		if d >= u.d && d%u.d == 0 {
			return fmt.Sprintf("%d%s", d/u.d, u.name)
		}
	}
	return fmt.Sprintf("%ds", int64(d/time.Second))
}
