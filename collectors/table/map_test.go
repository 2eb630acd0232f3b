package table

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

type value struct{ a, b uint64 }

func put(w *codec.Writer, v *value) { w.Uint(v.a); w.Word(v.b) }
func get(r *codec.Reader, v *value) { *v = value{r.Uint(), r.Word()} }

func written(freeze func(*codec.Writer)) []byte {
	w := codec.NewWriter(nil)
	freeze(w)
	return w.Bytes()
}

// keys are few, stand in two parts, and crowd at the homes of some: every operation meets entries that were shifted.
var keys = rapid.Custom(func(t *rapid.T) Key {
	part := rapid.SampledFrom([]uint64{7, shards - 1}).Draw(t, "part")
	near := rapid.SampledFrom([]uint64{0, 1 << 53}).Draw(t, "near")
	return Key{part<<(64-shardBits) | near | rapid.Uint64Range(0, 7).Draw(t, "hi"), rapid.Uint64Range(1, 2).Draw(t, "lo")}
})

// requireCanonical compares the layout with that of other insertions, and with what is restored.
func requireCanonical(t *rapid.T, want map[Key]value, m *Map[value]) {
	bytes := written(m.Freeze(put))
	require.Equal(t, bytes, written(rebuilt(want, m).Freeze(put)), "the layout depends on the order of insertions")

	var restored Map[value]
	r := codec.NewReader(bytes)
	restored.Restore(r, get)
	require.NoError(t, r.Close())
	require.Equal(t, bytes, written(restored.Freeze(put)))
	require.Equal(t, m.capacities(), restored.capacities())
}

// rebuilt has the same entries, put in the order of a Go map, into parts of the same capacities.
func rebuilt(entries map[Key]value, like *Map[value]) *Map[value] {
	var m Map[value]
	for i := range m.parts {
		if n := len(like.parts[i].slots); n > 0 {
			m.parts[i].slots = make([]slot[value], n)
		}
	}
	for k, v := range entries {
		at, _ := m.Put(k)
		*at = v
	}
	return &m
}

func (m *Map[V]) capacities() []int {
	var list []int
	for i := range m.parts {
		list = append(list, len(m.parts[i].slots))
	}
	return list
}

// TestMap compares a Map with a Go map, and what was frozen at any time with a copy of that.
func TestMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Map[value]
		want := map[Key]value{}
		var frozen []func(*codec.Writer)
		var copies [][]byte
		n := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				for _, k := range rapid.SliceOfN(keys, 1, 20).Draw(t, "keys") {
					v, fresh := m.Put(k)
					old, known := want[k]
					require.Equal(t, !known, fresh)
					require.Equal(t, old, *v)
					n++
					*v, want[k] = value{n, n << 32}, value{n, n << 32}
				}
			},
			"get": func(t *rapid.T) {
				k := keys.Draw(t, "key")
				v, ok := m.Get(k)
				old, known := want[k]
				require.Equal(t, known, ok)
				require.Equal(t, old, v)
			},
			"delete": func(t *rapid.T) {
				for _, k := range rapid.SliceOfN(keys, 1, 10).Draw(t, "keys") {
					_, known := want[k]
					require.Equal(t, known, m.Delete(k))
					delete(want, k)
				}
			},
			"delete if": func(t *rapid.T) {
				mod := rapid.Uint64Range(1, 3).Draw(t, "mod")
				for part := range m.Parts() {
					m.DeleteIf(part, func(v *value) bool { return v.a%mod == 0 })
				}
				maps.DeleteFunc(want, func(_ Key, v value) bool { return v.a%mod == 0 })
			},
			"freeze": func(*rapid.T) {
				frozen = append(frozen, m.Freeze(put))
				copies = append(copies, written(rebuilt(want, &m).Freeze(put)))
			},
			"reset": func(*rapid.T) {
				if n%4 == 0 {
					m.Reset()
					clear(want)
				}
			},
			"save": func(t *rapid.T) { requireCanonical(t, want, &m) },
			"": func(t *rapid.T) {
				require.Equal(t, len(want), m.Len())
				for k, v := range want {
					have, ok := m.Get(k)
					require.True(t, ok, "%x", k)
					require.Equal(t, v, have)
				}
			},
		})
		requireCanonical(t, want, &m)
		for i := range frozen {
			require.Equal(t, copies[i], written(frozen[i]), "freeze %d", i)
		}
	})
}

// TestMapMemory bounds what an entry of a key and 16 bytes takes, while the map grows and after most was deleted.
func TestMapMemory(t *testing.T) {
	const n = 1_000_000
	random := rand.New(rand.NewPCG(1, 2))
	var m Map[value]
	slots := func() int {
		sum := 0
		for _, c := range m.capacities() {
			sum += c
		}
		return sum
	}
	for m.Len() < n {
		v, _ := m.Put(Key{random.Uint64(), random.Uint64()})
		v.a = uint64(m.Len())
		if m.Len() > 100_000 && m.Len()%10_000 == 0 {
			require.LessOrEqual(t, slots()*32, m.Len()*48, "at %d entries", m.Len())
		}
	}
	for part := range m.Parts() {
		m.DeleteIf(part, func(v *value) bool { return v.a%100 != 0 })
	}
	require.Equal(t, n/100, m.Len())
	require.LessOrEqual(t, slots(), 4*m.Len()+shards*minSlots, "memory that deleted entries took comes back")
	require.NoError(t, restore(written(m.Freeze(put))))
}

func restore(b []byte) error {
	var m Map[value]
	r := codec.NewReader(b)
	m.Restore(r, get)
	return r.Close()
}

// TestMapRefuses has bytes that no map writes.
func TestMapRefuses(t *testing.T) {
	type part struct {
		size uint64
		keys []Key
	}
	made := func(n uint64, first part) []byte {
		w := codec.NewWriter(nil)
		w.Uint(n)
		for i := range shards {
			p := part{}
			if i == 0 {
				p = first
			}
			w.Uint(p.size)
			for _, k := range p.keys {
				w.Word(k.Hi)
				w.Word(k.Lo)
				put(w, &value{})
			}
			w.Word(0)
			w.Word(0)
		}
		return w.Bytes()
	}
	two := []Key{{1, 1}, {2, 1}}
	require.NoError(t, restore(made(0, part{})))
	require.NoError(t, restore(made(2, part{8, two})))
	for name, b := range map[string][]byte{
		"more counted than there are": made(3, part{8, two}),
		"fewer counted":               made(1, part{8, two}),
		"no room at all":              made(2, part{0, two}),
		"less room than any has":      made(0, part{3, nil}),
		"too little room":             made(9, part{8, []Key{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9}}}),
		"more room than any has":      made(2, part{1 << 16, two}),
		"room for the whole memory":   made(2, part{1 << 62, two}),
		"descending":                  made(2, part{8, []Key{two[1], two[0]}}),
		"twice":                       made(2, part{8, []Key{two[0], two[0]}}),
		"of another part":             made(2, part{8, []Key{two[0], {1 << 63, 1}}}),
		"cut short":                   made(2, part{8, two})[:5],
	} {
		require.Error(t, restore(b), name)
	}
}

// TestMapOrder: entries are written in the order of their keys.
func TestMapOrder(t *testing.T) {
	var m Map[Key]
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		k := Key{random.Uint64(), random.Uint64()}
		v, _ := m.Put(k)
		*v = k
	}
	var order []Key
	m.Freeze(func(_ *codec.Writer, k *Key) { order = append(order, *k) })(codec.NewWriter(nil))
	require.Len(t, order, 5000)
	require.True(t, slices.IsSortedFunc(order, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo)) }))
}
