// Package table holds large state without pointers: a Map from 128-bit hashes, a Slab of records that keep their index,
// and a Recent of hashes in the order of their coming. All can be frozen for a checkpoint at the cost of a list of their
// parts; what the fold changes afterwards is copied first. None reads a clock, locks or does I/O; one goroutine owns each.
package table

import (
	"math/bits"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// Key is a 128-bit hash. The zero Key stands for no entry and is never stored.
type Key struct{ Hi, Lo uint64 }

func (k Key) less(o Key) bool { return k.Hi < o.Hi || k.Hi == o.Hi && k.Lo < o.Lo }

const (
	shardBits = 10
	shards    = 1 << shardBits
	minSlots  = 8
)

// Map is a hash table whose entries stand in the order of their keys with gaps between them, so that its layout is a
// function of its entries and capacities alone, not of the order of their insertion. It is cut into 1,024 parts that
// grow one at a time.
type Map[V any] struct {
	parts [shards]part[V]
	n     int
}

type part[V any] struct {
	slots  []slot[V]
	n      int
	frozen bool // slots are shared with a snapshot: copied before they are written
}

type slot[V any] struct {
	key Key
	val V
}

// Len returns the number of entries.
func (m *Map[V]) Len() int { return m.n }

func (m *Map[V]) part(k Key) *part[V] { return &m.parts[k.Hi>>(64-shardBits)] }

// home is monotone in the key: that is what keeps the entries of a part sorted.
func (p *part[V]) home(k Key) int {
	hi, _ := bits.Mul64(k.Hi<<shardBits|k.Lo>>(64-shardBits), uint64(p.homes()))
	return int(hi)
}

// homes leaves a tail for entries that are pushed out of the last homes, so that no probe wraps around.
func (p *part[V]) homes() int { return len(p.slots) - len(p.slots)/64 - 4 }

// find returns the position of k, or the one where it belongs.
func (p *part[V]) find(k Key) (int, bool) {
	if len(p.slots) == 0 {
		return 0, false
	}
	for i := p.home(k); i < len(p.slots); i++ {
		s := &p.slots[i]
		if s.key == k {
			return i, true
		}
		if s.key == (Key{}) || k.less(s.key) {
			return i, false
		}
	}
	return len(p.slots), false
}

// Get returns the value of k.
func (m *Map[V]) Get(k Key) (V, bool) {
	p := m.part(k)
	if i, ok := p.find(k); ok {
		return p.slots[i].val, true
	}
	var none V
	return none, false
}

// Put returns the value of k for writing, a zero one when k is new. The pointer is valid until the next call.
func (m *Map[V]) Put(k Key) (v *V, fresh bool) {
	p := m.part(k)
	p.thaw()
	i, ok := p.find(k)
	if ok {
		return &p.slots[i].val, false
	}
	for !p.insert(i, k) {
		p.grow()
		i, _ = p.find(k)
	}
	m.n++
	return &p.slots[i].val, true
}

// insert makes room at i by shifting the run behind it to the right, and fails when the part is too full for that.
func (p *part[V]) insert(i int, k Key) bool {
	if p.n >= p.homes()-p.homes()/10 || i >= len(p.slots) { // at most nine of ten homes taken: runs stay short
		return false
	}
	j := i
	for j < len(p.slots) && p.slots[j].key != (Key{}) {
		j++
	}
	if j == len(p.slots) {
		return false
	}
	copy(p.slots[i+1:j+1], p.slots[i:j])
	p.slots[i] = slot[V]{key: k}
	p.n++
	return true
}

func (p *part[V]) thaw() {
	if p.frozen {
		p.slots = append([]slot[V](nil), p.slots...)
		p.frozen = false
	}
}

// grow makes the part a quarter larger: small steps keep the memory for an entry near its size.
func (p *part[V]) grow() { p.resize(max(minSlots, len(p.slots)+len(p.slots)/4)) }

func (p *part[V]) resize(size int) {
	for {
		next := part[V]{slots: make([]slot[V], size)}
		if next.adopt(p.slots) {
			*p = next
			return
		}
		size += size/4 + 1
	}
}

// adopt places sorted entries, each at its home or right behind the one before it.
func (p *part[V]) adopt(from []slot[V]) bool {
	at := 0
	for i := range from {
		if from[i].key == (Key{}) {
			continue
		}
		at = max(at, p.home(from[i].key))
		if at >= len(p.slots) {
			return false
		}
		p.slots[at] = from[i]
		at++
		p.n++
	}
	return true
}

// Delete removes k.
func (m *Map[V]) Delete(k Key) bool {
	p := m.part(k)
	i, ok := p.find(k)
	if !ok {
		return false
	}
	p.thaw()
	p.remove(i)
	p.shrink()
	m.n--
	return true
}

// sparse is the least part of its slots that a part of more than minSlots has entries in, as a divisor.
const sparse = 4

// shrink gives memory back after most entries were removed.
func (p *part[V]) shrink() {
	if len(p.slots) > max(minSlots, sparse*p.n) {
		p.resize(max(minSlots, 2*p.n))
	}
}

// remove shifts the run behind i back to the left, up to the first entry that stands at its home.
func (p *part[V]) remove(i int) {
	j := i + 1
	for j < len(p.slots) && p.slots[j].key != (Key{}) && p.home(p.slots[j].key) < j {
		j++
	}
	copy(p.slots[i:], p.slots[i+1:j])
	p.slots[j-1] = slot[V]{}
	p.n--
}

// Parts is the number of parts that DeleteIf can be called for.
func (m *Map[V]) Parts() int { return shards }

// DeleteIf removes the entries of one part for which drop returns true: a sweep of the whole map in small slices.
func (m *Map[V]) DeleteIf(part int, drop func(*V) bool) {
	p := &m.parts[part]
	for i := 0; i < len(p.slots); {
		if p.slots[i].key == (Key{}) || !drop(&p.slots[i].val) {
			i++
			continue
		}
		p.thaw()
		p.remove(i)
		m.n--
	}
	p.shrink()
}

// Reset removes everything and gives the memory back.
func (m *Map[V]) Reset() { *m = Map[V]{} }

// Freeze returns a function that writes the entries of this moment; it may run while the map changes.
func (m *Map[V]) Freeze(put func(*codec.Writer, *V)) func(*codec.Writer) {
	var frozen [shards][]slot[V]
	for i := range m.parts {
		m.parts[i].frozen = len(m.parts[i].slots) > 0
		frozen[i] = m.parts[i].slots
	}
	n := m.n
	return func(w *codec.Writer) {
		w.Uint(uint64(n))
		for _, slots := range &frozen {
			w.Uint(uint64(len(slots)))
			for i := range slots {
				if slots[i].key != (Key{}) {
					w.Word(slots[i].key.Hi)
					w.Word(slots[i].key.Lo)
					put(w, &slots[i].val)
				}
			}
			w.Word(0) // no entry: the zero key ends the part
			w.Word(0)
		}
	}
}

// Restore fills an empty map with what Freeze wrote, and fails on anything else.
func (m *Map[V]) Restore(r *codec.Reader, get func(*codec.Reader, *V)) {
	m.Reset()
	n := r.Len(16)
	room := uint64(shards*minSlots + sparse*n) // for the slots of all parts
	for i := range m.parts {
		p := &m.parts[i]
		size := r.Uint()
		if size > room || size > 0 && size < minSlots {
			r.Fail()
			return
		}
		room -= size
		p.slots = make([]slot[V], size)
		last := Key{}
		for at := 0; ; at++ {
			s := slot[V]{key: Key{r.Word(), r.Word()}}
			if s.key == (Key{}) {
				break
			}
			get(r, &s.val)
			if size > 0 {
				at = max(at, p.home(s.key))
			}
			if at >= len(p.slots) || m.part(s.key) != p || !last.less(s.key) {
				r.Fail()
				return
			}
			p.slots[at], last = s, s.key
			p.n++
			m.n++
		}
	}
	if m.n != n {
		r.Fail()
	}
}
