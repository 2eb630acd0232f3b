package metric

import (
	"slices"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// Limit admits the first max different values in the order in which they come, for good.
type Limit struct {
	max      int
	admitted map[string]uint32
	values   []string
}

// NewLimit returns a Limit of max values.
func NewLimit(max int) *Limit { return &Limit{max: max, admitted: map[string]uint32{}} }

// Index returns the index of a clean value, and false when the limit keeps it out. The string is not kept.
func (l *Limit) Index(v string) (uint32, bool) {
	if i, ok := l.admitted[v]; ok {
		return i, true
	}
	if len(l.values) >= l.max || v == Other {
		return 0, false
	}
	i := uint32(len(l.values))
	v = clone(v)
	l.admitted[v] = i
	l.values = append(l.values, v)
	return i, true
}

// Find returns the index of a value that was admitted.
func (l *Limit) Find(v string) (uint32, bool) {
	i, ok := l.admitted[v]
	return i, ok
}

// Full reports whether no further value is admitted.
func (l *Limit) Full() bool { return len(l.values) >= l.max }

// Admit returns the value itself, or Other when the limit keeps it out.
func (l *Limit) Admit(v string) string {
	if i, ok := l.Index(v); ok {
		return l.values[i]
	}
	return Other
}

// Len returns the number of admitted values.
func (l *Limit) Len() int { return len(l.values) }

// Value returns the value with an index.
func (l *Limit) Value(i uint32) string { return l.values[i] }

// Save writes the admitted values in their order.
func (l *Limit) Save(w *codec.Writer) {
	w.Uint(uint64(len(l.values)))
	for _, v := range l.values {
		w.String(v)
	}
}

// Load reads what Save wrote. Values above the limit of today stay: a series never disappears.
func (l *Limit) Load(r *codec.Reader) {
	for i := range r.Len(1) {
		v := r.String()
		l.admitted[v] = uint32(i)
		l.values = append(l.values, v)
	}
}

// LabelLimit admits the first max different values of an open label in the order in which they come, for good; of two
// labels that are limited together, the first max pairs of values. The families of a module may share one.
type LabelLimit struct {
	name    string
	max     int
	labels  []Label
	perPair bool
	seen    map[admitted]struct{}
	order   []admitted
	used    map[Pair]int
}

type admitted struct {
	pair Pair
	a, b string
}

// NewLabelLimit returns a limit of max values for one label, or for two together. It is counted for each bot and
// channel unless the label's scope is PerExporter. The name is that of its state, within the module.
func NewLabelLimit(name string, max int, labels ...Label) *LabelLimit {
	if len(labels) < 1 || len(labels) > 2 {
		panic("BUG: limit " + name + " is not for one label or two")
	}
	return &LabelLimit{
		name: name, max: max, labels: labels, perPair: labels[0].Scope != PerExporter,
		seen: map[admitted]struct{}{}, used: map[Pair]int{},
	}
}

// Name returns the name of the limit's state.
func (l *LabelLimit) Name() string { return l.name }

// places returns where the limit's labels are among those of a metric beyond bot and channel.
func (l *LabelLimit) places(d *Def) (list []int) {
	for _, label := range l.labels {
		i := slices.IndexFunc(d.own(), func(own Label) bool { return own.Name == label.Name })
		if i < 0 {
			panic("BUG: " + d.String() + " has no label " + label.Name)
		}
		list = append(list, i)
	}
	return list
}

// admit makes the values at these places clean, and reports whether they may be labels.
func (l *LabelLimit) admit(k *openKey, places []int) bool {
	var a admitted
	if l.perPair {
		a.pair = k.pair
	}
	for n, i := range places {
		k.values[i] = Clean(k.values[i])
		if n == 0 {
			a.a = k.values[i]
		} else {
			a.b = k.values[i]
		}
	}
	if _, ok := l.seen[a]; ok {
		return true
	}
	if l.used[a.pair] >= l.max || a.a == Other {
		return false
	}
	l.add(admitted{a.pair, clone(a.a), clone(a.b)})
	return true
}

func (l *LabelLimit) add(a admitted) {
	l.seen[a] = struct{}{}
	l.order = append(l.order, a)
	l.used[a.pair]++
}

// Save writes the admitted values in their order.
func (l *LabelLimit) Save(w *codec.Writer) {
	w.Uint(uint64(len(l.order)))
	for _, a := range l.order {
		w.Uint(uint64(a.pair))
		w.String(a.a)
		w.String(a.b)
	}
}

// Load reads what Save wrote.
func (l *LabelLimit) Load(r *codec.Reader) {
	for range r.Len(3) {
		l.add(admitted{Pair(r.Uint()), r.String(), r.String()})
	}
}

func clone(s string) string { return strings.Clone(s) }
