package table

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

func putWord(w *codec.Writer, v *uint64) { w.Uint(*v) }
func getWord(r *codec.Reader, v *uint64) { *v = r.Uint() }

// TestSlab compares a Slab with a Go map, and what was frozen at any time with what was written at that time. A slab
// that was restored goes on like the one that was saved: it gives out the same indexes.
func TestSlab(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Slab[uint64]
		want := map[uint32]uint64{}
		var frozen []func(*codec.Writer)
		var copies [][]byte
		n := uint64(0)
		add := func() {
			i := s.New()
			require.NotZero(t, i)
			require.NotContains(t, want, i)
			require.Zero(t, *s.At(i))
			n++
			*s.Edit(i), want[i] = n, n
		}
		for range chunkSize - 3 { // what follows happens where one chunk ends and the next begins
			add()
		}
		some := func(t *rapid.T) uint32 {
			i := rapid.Uint32Range(1, uint32(len(s.Used())-1)).Draw(t, "index")
			if _, used := want[i]; !used {
				t.Skip("free")
			}
			return i
		}
		t.Repeat(map[string]func(*rapid.T){
			"new": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "times") {
					add()
				}
			},
			"edit": func(t *rapid.T) {
				i := some(t)
				require.Equal(t, want[i], *s.Edit(i))
				n++
				*s.Edit(i), want[i] = n, n
			},
			"free": func(t *rapid.T) {
				i := some(t)
				s.Free(i)
				delete(want, i)
			},
			"freeze": func(*rapid.T) {
				frozen = append(frozen, s.Freeze(putWord))
				copies = append(copies, written(s.Freeze(putWord)))
			},
			"save and go on": func(t *rapid.T) {
				bytes := written(s.Freeze(putWord))
				var restored Slab[uint64]
				r := codec.NewReader(bytes)
				restored.Restore(r, getWord)
				require.NoError(t, r.Close())
				require.Equal(t, bytes, written(restored.Freeze(putWord)))
				s = restored
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(want), s.Len())
				for i, used := range s.Used() {
					v, known := want[uint32(i)]
					if used != known || used && *s.At(uint32(i)) != v {
						t.Fatalf("record %d: used %t, want %t", i, used, known)
					}
				}
			},
		})
		for i := range frozen {
			require.Equal(t, copies[i], written(frozen[i]), "freeze %d", i)
		}
	})
}

// TestSlabRefuses has bytes that no slab writes.
func TestSlabRefuses(t *testing.T) {
	refused := func(values ...uint64) error {
		w := codec.NewWriter(nil)
		for _, v := range values {
			w.Uint(v)
		}
		var s Slab[uint64]
		r := codec.NewReader(w.Bytes())
		s.Restore(r, getWord)
		return r.Close()
	}
	require.NoError(t, refused(0, 0), "empty")
	require.NoError(t, refused(3, 11, 12, 1, 2), "two records, the second free")
	for name, values := range map[string][]uint64{
		"free beyond the end":      {3, 11, 12, 1, 3},
		"index 0 free":             {3, 11, 12, 1, 0},
		"free twice":               {3, 11, 12, 2, 1, 1},
		"fewer records":            {9, 11, 12, 0},
		"free list is too short":   {3, 11, 12, 2, 1},
		"records without end":      {1 << 40, 11, 12, 0},
		"more indexes than 32 bit": {1<<32 + 3, 11, 12, 0},
		"more free than there are": {1, 1, 1},
		"nothing":                  {},
	} {
		require.Error(t, refused(values...), name)
	}
}
