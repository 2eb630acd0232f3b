package table

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// crowded are keys of which many share a part, a home and the bits that the index keeps.
func crowded(n int) uint64 { return uint64(n%3)<<62 | uint64(n/40)<<30 | uint64(n) }

// TestKeyed compares with a Go map, also what was frozen at any time and what is restored.
func TestKeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k Keyed[uint64]
		want := map[uint64]uint64{}
		var frozen []func(*codec.Writer)
		var copies [][]byte
		value := uint64(0)
		for range rapid.IntRange(1, 60).Draw(t, "rounds") {
			n := rapid.IntRange(0, 2000).Draw(t, "key")
			for range rapid.SampledFrom([]int{1, 1, 300}).Draw(t, "in a row") {
				n = (n + 1) % 2000
				key := crowded(n)
				i := k.Get(key)
				_, known := want[key]
				require.Equal(t, known, i != 0)
				if known && n%3 == 0 {
					require.Equal(t, want[key], *k.At(i))
					k.Remove(i)
					delete(want, key)
					continue
				}
				if !known {
					i = k.Add(key)
					require.Zero(t, *k.At(i))
				}
				value++
				*k.Edit(i), want[key] = value, value
				require.Equal(t, key, k.Key(i))
			}
			switch rapid.IntRange(0, 9).Draw(t, "then") {
			case 0:
				frozen, copies = append(frozen, k.Freeze(putWord)), append(copies, written(k.Freeze(putWord)))
			case 1:
				var again Keyed[uint64]
				r := codec.NewReader(written(k.Freeze(putWord)))
				again.Restore(r, getWord)
				require.NoError(t, r.Close())
				require.Equal(t, written(k.Freeze(putWord)), written(again.Freeze(putWord)))
				k = again
			case 2:
				k.Rekey(func(old uint64) uint64 { return ^old })
				k.Rekey(func(old uint64) uint64 { return ^old })
			}
			require.Equal(t, len(want), k.Len())
		}
		for key, v := range want {
			require.Equal(t, v, *k.At(k.Get(key)))
		}
		for i := range frozen {
			require.Equal(t, copies[i], written(frozen[i]), "freeze %d", i)
		}
	})
}

// TestKeyedRefuses has a key twice.
func TestKeyedRefuses(t *testing.T) {
	w := codec.NewWriter(nil)
	w.Uint(3)
	for range 2 {
		w.Word(7)
		w.Uint(1)
	}
	w.Uint(0)
	var k Keyed[uint64]
	r := codec.NewReader(w.Bytes())
	k.Restore(r, getWord)
	require.Error(t, r.Close())
}

// TestLRU compares with a list from the oldest to the newest.
func TestLRU(t *testing.T) {
	type entry struct {
		key, value uint64
		at         int64
	}
	rapid.Check(t, func(t *rapid.T) {
		var l LRU[uint64]
		var list []entry
		var frozen []func(*codec.Writer)
		var copies [][]byte
		clock := int64(100)
		for step := range rapid.IntRange(1, 200).Draw(t, "steps") {
			clock += rapid.SampledFrom([]int64{0, 0, 1, 5}).Draw(t, "time")
			key := crowded(rapid.IntRange(0, 20).Draw(t, "key"))
			at := -1
			for i := range list {
				if list[i].key == key {
					at = i
				}
			}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				if l.Forget(key); at >= 0 {
					list = append(list[:at:at], list[at+1:]...)
				}
			case 1:
				if len(list) > 0 {
					require.Equal(t, list[0].at, l.Oldest())
					l.Drop()
					list = list[1:]
				}
			case 2:
				frozen, copies = append(frozen, l.Freeze(putWord)), append(copies, written(l.Freeze(putWord)))
			case 3:
				r := codec.NewReader(written(l.Freeze(putWord)))
				var again LRU[uint64]
				again.Restore(r, getWord)
				require.NoError(t, r.Close())
				l = again
			default:
				e := entry{key: key, at: clock}
				if at >= 0 {
					if list[at].at > clock-10 {
						e.value = list[at].value
					}
					list = append(list[:at:at], list[at+1:]...)
				}
				v := l.Touch(key, clock, clock-10)
				require.Equal(t, e.value, *v)
				*v, e.value = uint64(step), uint64(step)
				list = append(list, e)
			}
			w := codec.NewWriter(nil)
			w.Uint(uint64(len(list)))
			for _, e := range list {
				w.Word(e.key)
				w.Int(e.at)
				w.Uint(e.value)
			}
			require.Equal(t, w.Bytes(), written(l.Freeze(putWord)))
			require.Equal(t, len(list), l.Len())
		}
		for i := range frozen {
			require.Equal(t, copies[i], written(frozen[i]), "freeze %d", i)
		}
	})
}

// TestLRURefuses: a key twice, and times that run backwards.
func TestLRURefuses(t *testing.T) {
	for name, list := range map[string][][2]int64{"twice": {{7, 1}, {7, 2}}, "backwards": {{7, 2}, {8, 1}}} {
		w := codec.NewWriter(nil)
		w.Uint(uint64(len(list)))
		for _, e := range list {
			w.Word(uint64(e[0]))
			w.Int(e[1])
			w.Uint(1)
		}
		var l LRU[uint64]
		r := codec.NewReader(w.Bytes())
		l.Restore(r, getWord)
		require.Error(t, r.Close(), name)
	}
}
