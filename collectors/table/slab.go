package table

import "github.com/bot-exporter/bot-exporter/collectors/codec"

const chunkSize = 512

// Slab holds records under indexes that stay the same until they are freed. Index 0 is never given out.
type Slab[T any] struct {
	chunks []*chunk[T]
	frozen []bool
	next   uint32 // first index that was never used
	free   []uint32
}

type chunk[T any] [chunkSize]T

// Len returns the number of records in use.
func (s *Slab[T]) Len() int {
	if s.next == 0 {
		return 0
	}
	return int(s.next) - 1 - len(s.free)
}

// New returns the index of a zero record.
func (s *Slab[T]) New() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	if s.next == 0 {
		s.next = 1
	}
	i := s.next
	s.next++
	if int(i/chunkSize) == len(s.chunks) {
		s.chunks = append(s.chunks, new(chunk[T]))
		s.frozen = append(s.frozen, false)
	}
	return i
}

// At returns record i for reading.
func (s *Slab[T]) At(i uint32) *T { return &s.chunks[i/chunkSize][i%chunkSize] }

// Edit returns record i for writing. The pointer is valid until the next Freeze.
func (s *Slab[T]) Edit(i uint32) *T {
	if c := i / chunkSize; s.frozen[c] {
		copied := *s.chunks[c]
		s.chunks[c], s.frozen[c] = &copied, false
	}
	return s.At(i)
}

// Free releases record i.
func (s *Slab[T]) Free(i uint32) {
	var zero T
	*s.Edit(i) = zero
	s.free = append(s.free, i)
}

// Freeze returns a function that writes the records of this moment; it may run while the slab changes. Freed records
// are written as the zero records that they are: an exact image keeps later indexes, and so later bytes, the same.
func (s *Slab[T]) Freeze(put func(*codec.Writer, *T)) func(*codec.Writer) {
	at := s.reader()
	free := append([]uint32(nil), s.free...)
	next := s.next
	return func(w *codec.Writer) {
		w.Uint(uint64(next))
		for i := uint32(1); i < next; i++ {
			put(w, at(i))
		}
		w.Uint(uint64(len(free)))
		for _, i := range free {
			w.Uint(uint64(i))
		}
	}
}

// reader returns a function that reads the records as they are now, while the slab changes.
func (s *Slab[T]) reader() func(i uint32) *T {
	chunks := append([]*chunk[T](nil), s.chunks...)
	for i := range s.frozen {
		s.frozen[i] = true
	}
	return func(i uint32) *T { return &chunks[i/chunkSize][i%chunkSize] }
}

// Restore fills an empty slab with what Freeze wrote, and fails on anything else.
func (s *Slab[T]) Restore(r *codec.Reader, get func(*codec.Reader, *T)) {
	*s = Slab[T]{}
	next := uint32(r.Len(1))
	for i := uint32(1); i < next && r.Err() == nil; i++ {
		get(r, s.At(s.New()))
	}
	used := s.Used()
	for range r.Len(1) {
		i := r.Uint()
		if i >= uint64(len(used)) || !used[i] {
			r.Fail()
			return
		}
		used[i] = false
		s.free = append(s.free, uint32(i))
	}
}

// Used reports, for every index ever given out, whether its record is in use.
func (s *Slab[T]) Used() []bool {
	used := make([]bool, s.next)
	for i := range used {
		used[i] = i > 0
	}
	for _, i := range s.free {
		used[i] = false
	}
	return used
}
