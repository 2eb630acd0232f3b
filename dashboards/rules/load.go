package rules

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Duration is a time.Duration that YAML writes as 90s, 30m, 6h or 7d.
type Duration time.Duration

func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	return promql.Duration(time.Duration(d))
}

// words is the length for people: hour, 6 hours.
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

// seconds is the number of seconds, as a threshold.
func (d Duration) seconds() float64 { return time.Duration(d).Seconds() }

func (d Duration) window() promql.Window { return promql.For(time.Duration(d)) }

// UnmarshalYAML reads what Prometheus would read.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := model.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes the text.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// Patch are settings of alerts that go over others.
type Patch struct{ node yaml.Node }

// UnmarshalYAML keeps the document, and finds unknown fields and wrong types at once.
func (p *Patch) UnmarshalYAML(n *yaml.Node) error {
	p.node = *n
	_, err := p.over(Alerts{})
	return err
}

// MarshalYAML writes the document.
func (p Patch) MarshalYAML() (any, error) { return &p.node, nil }

// over returns the settings with those of the patch in place of theirs.
func (p Patch) over(a Alerts) (Alerts, error) {
	if p.node.IsZero() {
		return a, nil
	}
	b, err := yaml.Marshal(&p.node)
	if err != nil {
		return a, err
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	err = d.Decode(&a)
	return a, err
}

// Validate returns an error that names the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Confidence <= 0 || c.Confidence >= 1:
		return fmt.Errorf("confidence is %v; it must be between 0 and 1", c.Confidence)
	case c.HeldAbove < 0:
		return fmt.Errorf("held_above is %v; it must not be negative", c.HeldAbove)
	case len(c.Windows) == 0:
		return fmt.Errorf("windows is empty")
	}
	for _, w := range c.Windows {
		if w < minute {
			return fmt.Errorf("windows: %s is shorter than a minute", w)
		}
	}
	if err := c.Alerts.validate(); err != nil {
		return err
	}
	for i := range c.Overrides {
		o := &c.Overrides[i]
		if o.Bot == "" && o.Channel == "" {
			return fmt.Errorf("overrides[%d] names neither bot nor channel", i)
		}
		a, err := o.Alerts.over(c.Alerts)
		if err != nil {
			return fmt.Errorf("overrides[%d]: %w", i, err)
		}
		if err := a.validate(); err != nil {
			return fmt.Errorf("overrides[%d]: %w", i, err)
		}
	}
	return nil
}

// validate looks at the fields of all alerts by their names in YAML: what one means, it means in all of them.
func (a Alerts) validate() error {
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		for field, value := range fieldsOf(v.Field(i)) {
			if err := check(field, value.Interface()); err != nil {
				return fmt.Errorf("%s: %s is %v; %w", name, field, value.Interface(), err)
			}
		}
	}
	return nil
}

// fieldsOf yields the fields of a struct by their names in YAML, those of inlined structs included.
func fieldsOf(v reflect.Value) func(yield func(string, reflect.Value) bool) {
	return func(yield func(string, reflect.Value) bool) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Anonymous {
				for name, value := range fieldsOf(v.Field(i)) {
					if !yield(name, value) {
						return
					}
				}
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if !yield(name, v.Field(i)) {
				return
			}
		}
	}
}

func check(field string, value any) error {
	switch v := value.(type) {
	case string:
		if field == "severity" && !slices.Contains([]string{critical, warning, info}, v) {
			return fmt.Errorf("it must be one of %s, %s, %s", critical, warning, info)
		}
	case Duration:
		if field != "for" && v < minute || v < 0 {
			return fmt.Errorf("it must be at least a minute")
		}
	case []Duration:
		if len(v) == 0 || slices.Min(v) < minute {
			return fmt.Errorf("it must list windows of at least a minute")
		}
	case int:
		if v < 1 {
			return fmt.Errorf("it must be at least 1")
		}
	case float64:
		switch {
		case v < 0:
			return fmt.Errorf("it must not be negative")
		case field == "quantile" && (v <= 0 || v >= 1):
			return fmt.Errorf("it must be between 0 and 1")
		}
	}
	return nil
}
