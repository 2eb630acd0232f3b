package metric

import (
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

func clone(s string) string { return strings.Clone(s) }
