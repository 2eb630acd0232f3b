package metric

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// TestHistogramRefuses has what no histogram saves. That its buckets are right is tested against the client library.
func TestHistogramRefuses(t *testing.T) {
	pairs := NewPairs(1, 1)
	pairs.Intern("shop", "web", 1)
	load := func(first int64, native, classic int) error {
		w := codec.NewWriter(nil)
		w.Uint(1) // series
		w.Uint(1) // observations
		w.Uint(0)
		w.Int(1)
		w.Int(0)
		w.Int(first)
		saveAll(w, make([]uint64, native))
		saveAll(w, make([]uint64, classic))
		r := codec.NewReader(w.Bytes())
		NewHistogramVec(Histogram("bot_test_seconds", "Test.", []float64{1, 2}), pairs).Load(r)
		return r.Close()
	}
	require.NoError(t, load(0, 1, 3))
	require.NoError(t, load(-1000, 2000, 3), "all that there are, nearly")
	require.Error(t, load(-1100, 1, 3), "below the zero threshold")
	require.Error(t, load(8200, 1, 3), "above the largest number")
	require.Error(t, load(0, 8200, 3), "reaches above it")
	require.Error(t, load(1<<40, 1, 3))
	require.Error(t, load(-1<<40, 1, 3))
	require.Error(t, load(0, 1, 2), "of other classic buckets")
}
