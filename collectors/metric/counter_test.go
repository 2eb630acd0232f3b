package metric

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

type two uint8

func (v two) String() string { return [...]string{"", "first", "second", ""}[min(v, 3)] }

// TestGrownList: a closed list that has grown at its end reads the state of before, where it is not a matter of each bot
// and channel; a longer one is refused.
func TestGrownList(t *testing.T) {
	p := NewPairs(1, 1)
	p.Intern("shop", "web", 1)
	load := func(d *Def, saved ...uint64) ([]float64, error) {
		w := codec.NewWriter(nil)
		saveAll(w, saved)
		r := codec.NewReader(w.Bytes())
		c := NewCounterVec1[two](d, p)
		c.Load(r)
		return c.Read(nil, 0), r.Close()
	}
	stream, perPair := StreamCounter("bot_test_total", "Test.", Closed[two]("kind")), Counter("bot_test_total", "Test.", Closed[two]("kind"))
	values, err := load(stream, 7)
	require.NoError(t, err)
	require.Equal(t, []float64{7, 0}, values)
	values, err = load(perPair, 7, 8)
	require.NoError(t, err)
	require.Equal(t, []float64{7, 8}, values)
	_, err = load(stream, 1, 2, 3)
	require.Error(t, err)
	_, err = load(perPair, 7)
	require.Error(t, err)
}
