package table

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// TestRecent compares with a plain list. Keys crowd at few homes, and some differ only where the table does not look.
func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]uint32{0, 1<<32 - 5000}).Draw(t, "first number") // numbers overflow
		r := Recent{head: start, tail: start, base: start}
		var list []arrival
		there := map[Key]bool{}
		var frozen []func(*codec.Writer)
		var copies [][]byte
		homes := rapid.SampledFrom([]int{1, 3, 1000}).Draw(t, "homes")
		for range rapid.IntRange(1, 60).Draw(t, "rounds") {
			n := rapid.IntRange(0, 20_000).Draw(t, "id")
			for range rapid.SampledFrom([]int{1, 1, 900}).Draw(t, "in a row") {
				n = (n + 1) % 20_000
				k := Key{Hi: uint64(n%homes)<<54 | uint64(n%7), Lo: uint64(n + 1)}
				if there[k] != has(&r, k) || there[k] == r.Add(k, int64(n)) || !has(&r, k) {
					t.Fatalf("%v is there: %t", k, there[k])
				}
				if !there[k] {
					list, there[k] = append(list, arrival{k, int64(n)}), true
				}
			}
			for range rapid.SampledFrom([]int{0, 1, 800, 5000}).Draw(t, "drop") {
				if len(list) == 0 {
					break
				}
				if list[0].at != r.Oldest() {
					t.Fatalf("%v is not the oldest", list[0])
				}
				r.Drop()
				if has(&r, list[0].key) {
					t.Fatalf("%v is still there", list[0].key)
				}
				delete(there, list[0].key)
				list = list[1:]
			}
			require.Equal(t, len(list), r.Len())
			require.LessOrEqual(t, len(r.slots), max(minRecent, 16*r.Len()), "memory is given back")
			require.LessOrEqual(t, len(r.chunks), r.Len()/recentChunk+2)
			for _, a := range list {
				if !has(&r, a.key) {
					t.Fatalf("%v is gone", a.key)
				}
			}
			if rapid.IntRange(0, 10).Draw(t, "freeze") == 0 {
				frozen, copies = append(frozen, r.Freeze()), append(copies, writtenRecent(&r))
			}
		}
		for i := range frozen {
			w := codec.NewWriter(nil)
			frozen[i](w)
			require.Equal(t, copies[i], w.Bytes(), "freeze %d", i)
		}
		var again Recent
		in := codec.NewReader(writtenRecent(&r))
		again.Restore(in)
		require.NoError(t, in.Close())
		require.Equal(t, writtenRecent(&r), writtenRecent(&again))
	})
}

func writtenRecent(r *Recent) []byte {
	w := codec.NewWriter(nil)
	r.Freeze()(w)
	return w.Bytes()
}

func has(r *Recent, k Key) bool {
	if len(r.slots) == 0 {
		return false
	}
	_, ok := r.find(k)
	return ok
}
