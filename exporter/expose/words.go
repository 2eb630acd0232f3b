package expose

import (
	"slices"
	"strings"
)

// words interns label values. Ids are handed out in the order of arrival and never change, so that a reader may keep
// the slices it was given while more are appended.
type words struct {
	ids     map[string]uint32
	values  []string
	escaped []string // as the text formats write them; mostly the same strings
	sorted  []uint32 // ids in the order of their values
	ranks   []uint32 // the place in sorted, by id
}

var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func (w *words) id(v string) uint32 {
	if id, ok := w.ids[v]; ok {
		return id
	}
	if w.ids == nil {
		w.ids = map[string]uint32{}
	}
	id := uint32(len(w.values))
	w.ids[v] = id
	w.values = append(w.values, v)
	w.escaped = append(w.escaped, escaper.Replace(v))
	return id
}

// rank puts new values into their places.
func (w *words) rank() {
	if len(w.sorted) == len(w.values) {
		return
	}
	fresh := make([]uint32, 0, len(w.values)-len(w.sorted))
	for id := len(w.sorted); id < len(w.values); id++ {
		fresh = append(fresh, uint32(id))
	}
	compare := func(a, b uint32) int { return strings.Compare(w.values[a], w.values[b]) }
	slices.SortFunc(fresh, compare)
	w.sorted = merge(w.sorted, fresh, compare)
	w.ranks = make([]uint32, len(w.values))
	for i, id := range w.sorted {
		w.ranks[id] = uint32(i)
	}
}

// merge returns two sorted lists as one. Neither is changed: readers may hold them.
func merge(a, b []uint32, compare func(a, b uint32) int) []uint32 {
	if len(a) == 0 {
		return b
	}
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compare(a[0], b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
