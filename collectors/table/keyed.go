package table

import (
	"math/bits"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// MaxKeyed is the largest number of records in a Keyed: a record's number takes 24 bits, and 0 is none.
const MaxKeyed = 1<<numberBits - 1

// Keyed is a Slab whose records are found by a 64-bit hash. The index costs some 6 bytes a record: it holds no keys,
// but for each record its number and eight bits of its key, which save nearly all looks at wrong records.
type Keyed[V any] struct {
	slab  Slab[record[V]]
	parts [shards]indexPart
}

type record[V any] struct {
	key uint64
	val V
}

// indexPart is an open hash table that is at most three quarters full. It grows on its own, by a quarter.
type indexPart struct {
	slots []uint32 // 0 is empty
	n     int
}

const numberBits = 24

func slotFor(k uint64, i uint32) uint32 { return uint32(k)<<numberBits | i }

func (x *indexPart) home(k uint64) int {
	hi, _ := bits.Mul64(k<<shardBits, uint64(len(x.slots)))
	return int(hi)
}

func (x *indexPart) after(p int) int {
	if p++; p == len(x.slots) {
		return 0
	}
	return p
}

func (x *indexPart) put(slot uint32, k uint64) {
	p := x.home(k)
	for x.slots[p] != 0 {
		p = x.after(p)
	}
	x.slots[p] = slot
}

// Len returns the number of records.
func (t *Keyed[V]) Len() int { return t.slab.Len() }

// At returns record i for reading.
func (t *Keyed[V]) At(i uint32) *V { return &t.slab.At(i).val }

// Edit returns record i for writing. The pointer is valid until the next Freeze.
func (t *Keyed[V]) Edit(i uint32) *V { return &t.slab.Edit(i).val }

// Key returns the key of record i.
func (t *Keyed[V]) Key(i uint32) uint64 { return t.slab.At(i).key }

// Used reports, for every index ever given out, whether its record is in use.
func (t *Keyed[V]) Used() []bool { return t.slab.Used() }

func (t *Keyed[V]) part(k uint64) *indexPart { return &t.parts[k>>(64-shardBits)] }

// find returns the slot of k in its part.
func (t *Keyed[V]) find(x *indexPart, k uint64) (p int, ok bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	for p = x.home(k); x.slots[p] != 0; p = x.after(p) {
		if s := x.slots[p]; s>>numberBits == uint32(k)&0xff && t.Key(s&MaxKeyed) == k {
			return p, true
		}
	}
	return p, false
}

// Get returns the index of the record of k, 0 when there is none.
func (t *Keyed[V]) Get(k uint64) uint32 {
	x := t.part(k)
	if p, ok := t.find(x, k); ok {
		return x.slots[p] & MaxKeyed
	}
	return 0
}

// Add returns the index of a new, zero record of k, which has none. There are fewer than MaxKeyed.
func (t *Keyed[V]) Add(k uint64) uint32 {
	i := t.slab.New()
	if i > MaxKeyed {
		panic("BUG: more records than their index can number")
	}
	t.slab.Edit(i).key = k
	t.index(k, i)
	return i
}

func (t *Keyed[V]) index(k uint64, i uint32) {
	x := t.part(k)
	if 4*(x.n+1) > 3*len(x.slots) {
		old := x.slots
		x.slots = make([]uint32, max(minSlots, len(old)+len(old)/4))
		for _, s := range old {
			if s != 0 {
				x.put(s, t.Key(s&MaxKeyed))
			}
		}
	}
	x.put(slotFor(k, i), k)
	x.n++
}

// Remove removes record i.
func (t *Keyed[V]) Remove(i uint32) {
	k := t.Key(i)
	x := t.part(k)
	p, _ := t.find(x, k)
	// Those behind the gap that a search would not reach any more move into it.
	for q := x.after(p); x.slots[q] != 0; q = x.after(q) {
		home, n := x.home(t.Key(x.slots[q]&MaxKeyed)), len(x.slots)
		if (q-home+n)%n >= (q-p+n)%n {
			x.slots[p] = x.slots[q]
			p = q
		}
	}
	x.slots[p] = 0
	x.n--
	t.slab.Free(i)
}

// Rekey gives every record the key that again makes of its old one, which is new to the table.
func (t *Keyed[V]) Rekey(again func(uint64) uint64) {
	t.parts = [shards]indexPart{}
	for i, used := range t.slab.Used() {
		if used {
			r := t.slab.Edit(uint32(i))
			r.key = again(r.key)
			t.index(r.key, uint32(i))
		}
	}
}

// Freeze returns a function that writes the records of this moment; it may run while the table changes.
func (t *Keyed[V]) Freeze(put func(*codec.Writer, *V)) func(*codec.Writer) {
	return t.slab.Freeze(func(w *codec.Writer, r *record[V]) {
		w.Word(r.key)
		put(w, &r.val)
	})
}

// Restore fills an empty table with what Freeze wrote, and fails on anything else.
func (t *Keyed[V]) Restore(r *codec.Reader, get func(*codec.Reader, *V)) {
	*t = Keyed[V]{}
	t.slab.Restore(r, func(r *codec.Reader, v *record[V]) {
		v.key = r.Word()
		get(r, &v.val)
	})
	for i, used := range t.slab.Used() {
		if r.Err() != nil {
			return
		}
		if !used {
			continue
		}
		k := t.Key(uint32(i))
		if i > MaxKeyed || t.Get(k) != 0 {
			r.Fail()
			return
		}
		t.index(k, uint32(i))
	}
}
