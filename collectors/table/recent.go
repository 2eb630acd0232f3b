package table

import "github.com/bot-exporter/bot-exporter/collectors/codec"

const recentChunk = 4096

// Recent is a set of keys in the order in which they came, each with the time of its arrival: the oldest leaves first.
type Recent struct {
	chunks []*[recentChunk]arrival
	head   uint32 // number of the oldest key; keys are numbered in the order of their coming, modulo 2^32
	tail   uint32 // number of the next one
	base   uint32 // number of the first place of the first chunk

	// slots is an open hash table of numbers at most half full: the upper half of a slot is a part of the key, odd, and
	// the lower half its number. One word nearly always shows that a key is not there.
	slots []uint64
	shift uint8 // of a slot, to its home
}

type arrival struct {
	key Key
	at  int64
}

const minRecent = 64

// Len returns the number of keys.
func (r *Recent) Len() int { return int(r.tail - r.head) }

// Oldest returns when the oldest key came. There must be one.
func (r *Recent) Oldest() (at int64) { return r.place(r.head).at }

func (r *Recent) place(number uint32) *arrival {
	i := number - r.base
	return &r.chunks[i/recentChunk][i%recentChunk]
}

func slotOf(k Key, number uint32) uint64 { return (k.Hi>>32|1)<<32 | uint64(number) }

// find returns the slot of k, or the empty one where it belongs. There must be slots.
func (r *Recent) find(k Key) (i uint32, ok bool) {
	want := slotOf(k, 0)
	for i = uint32(want >> r.shift); r.slots[i] != 0; i = r.after(i) {
		if r.slots[i]>>32 == want>>32 && r.place(uint32(r.slots[i])).key == k {
			return i, true
		}
	}
	return i, false
}

func (r *Recent) after(i uint32) uint32 { return (i + 1) & uint32(len(r.slots)-1) }

// Add adds k unless it is there, and reports whether it did. A key that is there keeps its time.
func (r *Recent) Add(k Key, at int64) bool {
	if 2*r.Len() >= len(r.slots) {
		r.resize(max(minRecent, 2*len(r.slots)))
	}
	i, ok := r.find(k)
	if ok {
		return false
	}
	if int(r.tail-r.base) == len(r.chunks)*recentChunk {
		r.chunks = append(r.chunks, new([recentChunk]arrival))
	}
	*r.place(r.tail) = arrival{k, at}
	r.slots[i] = slotOf(k, r.tail)
	r.tail++
	return true
}

// Drop removes the oldest key. There must be one.
func (r *Recent) Drop() {
	slot := slotOf(r.place(r.head).key, r.head)
	i := uint32(slot >> r.shift)
	for r.slots[i] != slot {
		i = r.after(i)
	}
	r.remove(i)
	r.head++
	if r.head-r.base == recentChunk {
		r.chunks[0] = nil
		r.chunks, r.base = r.chunks[1:], r.head
	}
	if len(r.slots) > minRecent && r.Len() < len(r.slots)/8 {
		r.resize(len(r.slots) / 2)
	}
}

// remove empties a slot and moves those behind it that a search would not reach any more.
func (r *Recent) remove(i uint32) {
	mask := uint32(len(r.slots) - 1)
	for j := r.after(i); r.slots[j] != 0; j = r.after(j) {
		home := uint32(r.slots[j] >> r.shift)
		if (j-home)&mask >= (j-i)&mask {
			r.slots[i] = r.slots[j]
			i = j
		}
	}
	r.slots[i] = 0
}

func (r *Recent) resize(size int) {
	old := r.slots
	r.slots, r.shift = make([]uint64, size), 64
	for n := size; n > 1; n /= 2 {
		r.shift--
	}
	for _, s := range old {
		if s == 0 {
			continue
		}
		i := uint32(s >> r.shift)
		for r.slots[i] != 0 {
			i = r.after(i)
		}
		r.slots[i] = s
	}
}

// Freeze returns a function that writes the keys of this moment; it may run while the set changes: places that hold a
// key are never written again.
func (r *Recent) Freeze() func(*codec.Writer) {
	now := Recent{chunks: append([]*[recentChunk]arrival(nil), r.chunks...), head: r.head, tail: r.tail, base: r.base}
	return func(w *codec.Writer) {
		w.Uint(uint64(now.Len()))
		for i := now.head; i != now.tail; i++ {
			a := now.place(i)
			w.Word(a.key.Hi)
			w.Word(a.key.Lo)
			w.Int(a.at)
		}
	}
}

// Restore fills an empty set with what Freeze wrote, and fails on anything else.
func (r *Recent) Restore(from *codec.Reader) {
	for range from.Len(17) {
		k, at := Key{from.Word(), from.Word()}, from.Int()
		if k == (Key{}) || !r.Add(k, at) {
			from.Fail()
			return
		}
	}
}
