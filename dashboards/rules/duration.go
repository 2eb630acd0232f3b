package rules

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Duration is a time.Duration that YAML writes as 90s, 30m, 6h or 7d.
type Duration time.Duration

const (
	minute = Duration(time.Minute)
	hour   = Duration(time.Hour)
	day    = 24 * hour
	week   = 7 * day
)

func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	return promql.Duration(time.Duration(d))
}

// words is the duration in a sentence: "in the last hour", "in the last 6 hours".
func (d Duration) words() string {
	for _, u := range []struct {
		name string
		d    Duration
	}{{"day", day}, {"hour", hour}, {"minute", minute}} {
		switch {
		case d == u.d:
			return u.name
		case d > u.d && d%u.d == 0:
			return fmt.Sprintf("%d %ss", d/u.d, u.name)
		}
	}
	return fmt.Sprintf("%v seconds", d.seconds())
}

func (d Duration) seconds() float64 { return time.Duration(d).Seconds() }

func (d Duration) window() promql.Window { return promql.For(time.Duration(d)) }

// UnmarshalYAML reads a duration as Prometheus does.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := model.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes the duration as Prometheus reads it.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }
