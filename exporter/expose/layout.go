// Package expose renders the numbers of a Set as Prometheus reads them: text, OpenMetrics and protobuf, byte for byte as
// the client library would. It knows no HTTP, no engine and no lock.
//
// A Layout holds what never changes of a series once it exists: labels, start, place in the page. A Cut holds the
// numbers as of one moment, as flat lists. A page is rendered from the two in pieces, into any number of writers at once,
// and no page is kept.
package expose

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Layout is what is known of the series of a Set. Series are only ever appended, and so are the lists here: a Cut keeps
// using the part that it was made with. A Layout is not safe for concurrent use, but Cuts made from it may be read
// meanwhile.
type Layout struct {
	set      *collectors.Set
	words    words
	families []*family // in the order of their names
	labels   []string  // read but not yet learned, by family and series
	starts   []int64
}

// family is the layout of one table.
type family struct {
	table metric.Family
	form  *form
	read  int // series whose labels were read

	series
}

// series is a part of a layout that no longer changes.
type series struct {
	rows  []uint32 // for each: an id for each label, in the order of their names, and an index in born
	born  []int64  // starts, without repetitions in a row
	order []uint32 // indexes in the order of their labels
}

// form is what all series of a family have in common.
type form struct {
	def    *metric.Def
	names  []string // of labels, in their order
	places []int    // of each name among the labels of the definition
	before []string // what a text format writes before each value: `{bot="`, `",channel="`, ...
	fields []string // the name of each label as a field of protobuf
}

func newForm(d *metric.Def) *form {
	f := &form{def: d, names: d.LabelNames()}
	for i := range f.names {
		f.places = append(f.places, i)
	}
	slices.SortFunc(f.places, func(a, b int) int { return cmp.Compare(f.names[a], f.names[b]) })
	slices.Sort(f.names)
	start := "{"
	for _, name := range f.names {
		f.before = append(f.before, start+name+`="`)
		f.fields = append(f.fields, string(appendText(nil, labelName, name)))
		start = `",`
	}
	return f
}

// width is the length of a row.
func (f *form) width() int { return len(f.names) + 1 }

func (l *Layout) follow(set *collectors.Set) {
	if l.set == set {
		return
	}
	*l = Layout{set: set}
	for _, t := range set.Families() {
		l.families = append(l.families, &family{table: t, form: newForm(t.Def())})
	}
	slices.SortFunc(l.families, func(a, b *family) int { return strings.Compare(a.form.def.Name, b.form.def.Name) })
}

// atOnce is how many series are read before the fold goes on: about a millisecond.
const atOnce = 1 << 14

// Copy reads all numbers of a Set as of now, in Unix nanoseconds, into a Cut. It must not run concurrently with the fold.
// When many series are new it reads the labels of some of them instead, and returns false: call Learn, let the fold go on,
// and call Copy again.
func (l *Layout) Copy(c *Cut, set *collectors.Set, now int64) bool {
	l.follow(set)
	room := atOnce
	for _, f := range l.families {
		if len(f.born) > 0 && f.born[0] == 0 && f.table.Start(0) != 0 { // the stream has begun meanwhile
			f.series, f.read = series{}, 0
		}
		for n := f.table.Len(); f.read < n; f.read++ {
			if room == 0 {
				return false
			}
			room--
			l.labels = f.table.Labels(l.labels, f.read)
			l.starts = append(l.starts, f.table.Start(f.read))
		}
	}
	c.copy(l, now)
	return true
}

// Learn takes in the labels that Copy read. It may run concurrently with the fold.
func (l *Layout) Learn() {
	labels, starts := l.labels, l.starts
	for _, f := range l.families {
		width := f.form.width()
		n := f.read - len(f.rows)/width
		f.rows = slices.Grow(f.rows, n*width)
		for range n {
			for _, place := range f.form.places {
				f.rows = append(f.rows, l.words.id(labels[place]))
			}
			if len(f.born) == 0 || f.born[len(f.born)-1] != starts[0] {
				f.born = append(f.born, starts[0])
			}
			f.rows = append(f.rows, uint32(len(f.born)-1))
			labels, starts = labels[len(f.form.places):], starts[1:]
		}
	}
	clear(l.labels)
	l.labels, l.starts = l.labels[:0], l.starts[:0]
}

// Place sorts the series of a whole Cut by their labels. It may run concurrently with the fold.
func (l *Layout) Place(c *Cut) {
	l.words.rank()
	c.words, c.escaped = l.words.values, l.words.escaped
	for i, f := range l.families {
		f.sort(l.words.ranks)
		c.families[i].series = f.series
	}
}

func (f *family) sort(ranks []uint32) {
	width := f.form.width()
	n := len(f.rows) / width
	if len(f.order) == n {
		return
	}
	compare := func(a, b uint32) int {
		x, y := f.rows[int(a)*width:][:width-1], f.rows[int(b)*width:][:width-1]
		for i := range x {
			if x[i] != y[i] {
				return cmp.Compare(ranks[x[i]], ranks[y[i]])
			}
		}
		return 0
	}
	fresh := make([]uint32, 0, n-len(f.order))
	for i := len(f.order); i < n; i++ {
		fresh = append(fresh, uint32(i))
	}
	slices.SortFunc(fresh, compare)
	f.order = merge(f.order, fresh, compare)
}
