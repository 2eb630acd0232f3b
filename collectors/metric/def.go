// Package metric defines metrics as values and keeps their numbers: typed tables of counters, gauges and histograms
// over interned bot and channel pairs, with limits on open labels.
//
// A Def is declared once, in the file of its module; everything else (exposition, documentation, dashboards, rules)
// refers to that value. The package knows no Prometheus, no clock, no lock and no I/O.
package metric

import (
	"fmt"
	"strings"
)

// Type is the type of a metric.
type Type uint8

// Types of metrics.
const (
	TypeCounter Type = iota + 1
	TypeGauge
	TypeHistogram
)

func (t Type) String() string { return [...]string{"", "counter", "gauge", "histogram"}[t] }

// Label is a label of a metric. Its values are a closed list, or open and limited: the first Limit values in stream
// order are admitted for good, later ones become Other.
type Label struct {
	Name   string
	Values []string // closed list, in the order of their indexes; nil for an open label
	Limit  int      // default limit of an open label
	Scope  string   // what an open label's limit is counted for, in words
}

// Scopes of the limits of open labels.
const (
	PerExporter      = "exporter"
	PerBotAndChannel = "bot and channel"
)

// Other is the value of an open label beyond its limit.
const Other = "__other__"

// Def is the definition of one metric.
type Def struct {
	Name    string
	Help    string // one sentence: what is counted, and when; ends with a full stop
	Type    Type
	Labels  []Label   // in their order
	Buckets []float64 // upper bounds of a histogram's classic buckets, without +Inf
}

// Enum is a closed list of the contract: its zero value means absent, its values count from 1.
type Enum interface {
	~uint8
	fmt.Stringer
}

// Closed is a label whose values are those of T.
func Closed[T Enum](name string) Label {
	l := Label{Name: name}
	for v := T(1); v.String() != ""; v++ {
		l.Values = append(l.Values, v.String())
	}
	return l
}

// OneOf is a label with the given values.
func OneOf(name string, values ...string) Label { return Label{Name: name, Values: values} }

// Open is a label whose first limit values are admitted, counted for each scope.
func Open(name string, limit int, scope string) Label {
	return Label{Name: name, Limit: limit, Scope: scope}
}

// Bot and Channel are the first labels of every KPI.
var (
	Bot     = Open("bot", 100, PerExporter)
	Channel = Open("channel", 20, PerExporter)
)

// Counter defines a counter for each bot and channel.
func Counter(name, help string, labels ...Label) *Def {
	return &Def{Name: name, Help: help, Type: TypeCounter, Labels: perPair(labels)}
}

// Gauge defines a gauge for each bot and channel.
func Gauge(name, help string, labels ...Label) *Def {
	return &Def{Name: name, Help: help, Type: TypeGauge, Labels: perPair(labels)}
}

// Histogram defines a histogram for each bot and channel.
func Histogram(name, help string, buckets []float64, labels ...Label) *Def {
	return &Def{Name: name, Help: help, Type: TypeHistogram, Labels: perPair(labels), Buckets: buckets}
}

// StreamCounter defines a counter of the stream as a whole, without bot and channel.
func StreamCounter(name, help string, labels ...Label) *Def {
	return &Def{Name: name, Help: help, Type: TypeCounter, Labels: labels}
}

func perPair(labels []Label) []Label { return append([]Label{Bot, Channel}, labels...) }

// own returns the labels beyond bot and channel.
func (d *Def) own() []Label {
	if d.PerPair() {
		return d.Labels[2:]
	}
	return d.Labels
}

// PerPair reports whether the metric is kept for each bot and channel.
func (d *Def) PerPair() bool {
	return len(d.Labels) >= 2 && d.Labels[0].Name == Bot.Name && d.Labels[1].Name == Channel.Name
}

// LabelNames returns the names of the labels in their order.
func (d *Def) LabelNames() []string {
	names := make([]string, len(d.Labels))
	for i, l := range d.Labels {
		names[i] = l.Name
	}
	return names
}

func (d *Def) String() string { return d.Name + "{" + strings.Join(d.LabelNames(), ",") + "}" }

// sizes checks that the metric's own labels are closed lists and returns the number of their combinations.
func (d *Def) sizes(want ...int) int {
	own, n := d.own(), 1
	if len(own) != len(want) {
		panic(fmt.Sprintf("BUG: %s has %d labels beyond bot and channel, its table has %d", d, len(own), len(want)))
	}
	for i, l := range own {
		if len(l.Values) != want[i] {
			panic(fmt.Sprintf("BUG: label %s of %s has %d values, its table has %d", l.Name, d, len(l.Values), want[i]))
		}
		n *= want[i]
	}
	return n
}

func size[T Enum]() int {
	n := 0
	for v := T(1); v.String() != ""; v++ {
		n++
	}
	return n
}
