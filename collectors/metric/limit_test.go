package metric

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

func TestLimit(t *testing.T) {
	l := NewLimit(2)
	buf := []byte("first")
	require.Equal(t, "first", l.Admit(string(buf)))
	require.Equal(t, Other, l.Admit(Other), "takes no place")
	require.Equal(t, "second", l.Admit("second"))
	require.Equal(t, Other, l.Admit("third"))
	require.Equal(t, "first", l.Admit("first"), "for good")
	i, ok := l.Index("second")
	require.True(t, ok)
	require.EqualValues(t, 1, i)
	require.Equal(t, "second", l.Value(1))
	require.Equal(t, 2, l.Len())

	lower := NewLimit(1)
	reload(t, l, lower)
	require.Equal(t, "second", lower.Admit("second"), "a series does not disappear when the limit is lowered")
	require.Equal(t, Other, lower.Admit("third"))
}

func reload(t *testing.T, from, to Saver) {
	t.Helper()
	w := codec.NewWriter(nil)
	from.Save(w)
	r := codec.NewReader(w.Bytes())
	to.Load(r)
	require.NoError(t, r.Close())
	again := codec.NewWriter(nil)
	to.Save(again)
	require.Equal(t, w.Bytes(), again.Bytes())
}

// TestPairs: beyond the limits all share __other__, also when there are more names than the cache holds.
func TestPairs(t *testing.T) {
	p := NewPairs(2, 1)
	shop, otherBot, otherChannel := p.Intern("shop", "web", 100)
	require.False(t, otherBot || otherChannel)
	again, _, _ := p.Intern("\u0007shop ", "web", 200)
	require.Equal(t, shop, again, "the same when clean")
	require.EqualValues(t, 100, p.Start(shop))
	_, otherBot, otherChannel = p.Intern("bank", "voice", 300)
	require.True(t, !otherBot && otherChannel)
	var other Pair
	for i := range maxRaw + 10 {
		pair, bot, channel := p.Intern(fmt.Sprint("bot", i), "web", 400)
		require.True(t, bot && !channel)
		if i == 0 {
			other = pair
		}
		require.Equal(t, other, pair)
	}
	require.Len(t, p.index, maxRaw)
	bot, channel := p.Labels(other)
	require.Equal(t, [2]string{Other, "web"}, [2]string{bot, channel})
	require.Equal(t, 3, p.Len())
	next := NewPairs(2, 1)
	reload(t, p, next)
	require.Equal(t, p.list, next.list)
	after, otherBot, _ := next.Intern("bot7", "web", 500)
	require.True(t, otherBot)
	require.Equal(t, other, after)
}
