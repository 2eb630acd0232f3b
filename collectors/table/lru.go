package table

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// LRU remembers values by a 64-bit hash, in the order in which they were last touched.
type LRU[V any] struct {
	keyed          Keyed[touched[V]]
	oldest, newest uint32
}

type touched[V any] struct {
	at           int64
	older, newer uint32
	val          V
}

// Len returns the number of values.
func (l *LRU[V]) Len() int { return l.keyed.Len() }

// Oldest returns when the least recently touched value was touched. There must be one.
func (l *LRU[V]) Oldest() (at int64) { return l.keyed.At(l.oldest).at }

// Touch returns the value of k for writing, and makes it the newest. A value last touched at since
// or before counts as forgotten: it is zero then, as when k is new. The pointer is valid until the next call.
func (l *LRU[V]) Touch(k uint64, at, since int64) *V {
	i := l.keyed.Get(k)
	if i == 0 {
		i = l.keyed.Add(k)
	} else {
		l.unlink(i)
	}
	r := l.keyed.Edit(i)
	if r.at <= since {
		var none V
		r.val = none
	}
	r.at, r.older, r.newer = at, l.newest, 0
	if l.newest != 0 {
		l.keyed.Edit(l.newest).newer = i
	} else {
		l.oldest = i
	}
	l.newest = i
	return &l.keyed.Edit(i).val
}

func (l *LRU[V]) unlink(i uint32) {
	r := *l.keyed.At(i)
	if r.older != 0 {
		l.keyed.Edit(r.older).newer = r.newer
	} else {
		l.oldest = r.newer
	}
	if r.newer != 0 {
		l.keyed.Edit(r.newer).older = r.older
	} else {
		l.newest = r.older
	}
}

// Forget removes the value of k, if there is one.
func (l *LRU[V]) Forget(k uint64) {
	if i := l.keyed.Get(k); i != 0 {
		l.remove(i)
	}
}

// Drop removes the least recently touched value. There must be one.
func (l *LRU[V]) Drop() { l.remove(l.oldest) }

func (l *LRU[V]) remove(i uint32) {
	l.unlink(i)
	l.keyed.Remove(i)
}

// Reset removes everything and gives the memory back.
func (l *LRU[V]) Reset() { *l = LRU[V]{} }

// Freeze returns a function that writes the values of this moment from the oldest on; it may run while the table changes.
func (l *LRU[V]) Freeze(put func(*codec.Writer, *V)) func(*codec.Writer) {
	n, first, at := l.Len(), l.oldest, l.keyed.slab.reader()
	return func(w *codec.Writer) {
		w.Uint(uint64(n))
		for i := first; i != 0; {
			r := at(i)
			w.Word(r.key)
			w.Int(r.val.at)
			put(w, &r.val.val)
			i = r.val.newer
		}
	}
}

// Restore fills an empty table with what Freeze wrote, and fails on anything else.
func (l *LRU[V]) Restore(r *codec.Reader, get func(*codec.Reader, *V)) {
	l.Reset()
	for range r.Len(9) {
		k, at := r.Word(), r.Int()
		if r.Err() != nil || l.Len() == MaxKeyed || l.keyed.Get(k) != 0 || l.newest != 0 && at < l.keyed.At(l.newest).at {
			r.Fail()
			return
		}
		get(r, l.Touch(k, at, at))
	}
}
