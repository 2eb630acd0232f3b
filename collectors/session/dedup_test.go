package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

func id(n int) table.Key { return table.Key{Hi: uint64(n) << 54, Lo: uint64(n)} }

func TestDedupWindow(t *testing.T) {
	hour := time.Hour.Nanoseconds()
	d := dedup{window: hour, max: 10}
	require.False(t, d.seen(id(1), 100))
	require.True(t, d.seen(id(1), 100), "at the same moment")
	require.True(t, d.seen(id(1), 100+hour-1), "1 ns before the window ends; a duplicate does not extend it")
	require.False(t, d.seen(id(1), 100+hour), "exactly an hour later")
	require.True(t, d.seen(id(1), 100+2*hour-1), "remembered anew")
}

func TestDedupMax(t *testing.T) {
	d := dedup{window: 1000, max: 2}
	for n := range 3 {
		require.False(t, d.seen(id(n+1), 0))
	}
	require.True(t, d.seen(id(2), 0), "duplicates push nobody out")
	require.True(t, d.seen(id(3), 0))
	require.False(t, d.seen(id(1), 0), "the oldest was forgotten")
	require.False(t, d.seen(id(2), 0), "which has now happened to this one")

	off := dedup{window: 1000}
	require.False(t, off.seen(id(1), 0))
	require.False(t, off.seen(id(1), 0), "a limit of 0 turns it off")
}

// TestDedup compares with a plain list, and bounds what is kept.
func TestDedup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := dedup{window: 10, max: rapid.SampledFrom([]int{1, 3, 2000}).Draw(t, "max")}
		type remembered struct{ n, at int }
		var list []remembered
		var frozen []func(*codec.Writer)
		var copies [][]byte
		clock := 0
		many := rapid.SampledFrom([]int{4, 10, 5000}).Draw(t, "ids")
		for range rapid.IntRange(1, 100).Draw(t, "rounds") {
			clock += rapid.IntRange(0, 4).Draw(t, "step")
			n := rapid.IntRange(1, many).Draw(t, "id")
			for i := range rapid.SampledFrom([]int{1, 1, 900}).Draw(t, "in a row") {
				n := (n+i)%many + 1
				for len(list) > 0 && list[0].at+10 <= clock {
					list = list[1:]
				}
				known := false
				for _, r := range list {
					known = known || r.n == n
				}
				if !known {
					list = append(list, remembered{n, clock})
					list = list[max(0, len(list)-d.max):]
				}
				if have := d.seen(id(n), int64(clock)); have != known {
					t.Fatalf("id %d at %d: duplicate is %t, want %t", n, clock, have, known)
				}
			}
			require.Equal(t, len(list), d.known.Len())
			if rapid.IntRange(0, 20).Draw(t, "freeze") == 0 {
				frozen, copies = append(frozen, d.known.Freeze()), append(copies, written(d.known.Freeze()))
			}
		}
		for i := range frozen {
			require.Equal(t, copies[i], written(frozen[i]), "freeze %d", i)
		}
		requireDedupReloaded(t, &d)
	})
}

func requireDedupReloaded(t *rapid.T, d *dedup) {
	bytes := written(d.known.Freeze())
	var reloaded dedup
	reloaded.known.Restore(codec.NewReader(bytes))
	require.Equal(t, d.known.Len(), reloaded.known.Len())
	require.Equal(t, bytes, written(reloaded.known.Freeze()))
}

func written(freeze func(*codec.Writer)) []byte {
	w := codec.NewWriter(nil)
	freeze(w)
	return w.Bytes()
}

// TestDedupRefuses has what no list of remembered ids holds.
func TestDedupRefuses(t *testing.T) {
	load := func(ids ...table.Key) error {
		w := codec.NewWriter(nil)
		w.Uint(uint64(len(ids)))
		for _, id := range ids {
			w.Word(id.Hi)
			w.Word(id.Lo)
			w.Int(1)
		}
		var d dedup
		r := codec.NewReader(w.Bytes())
		d.known.Restore(r)
		return r.Close()
	}
	require.NoError(t, load(id(1), id(2)))
	require.Error(t, load(id(1), table.Key{}), "the key of no entry")
	require.Error(t, load(id(1), id(2), id(1)), "twice")
}
