package jetstream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	nc := client(t, serve(t))
	create(t, nc)
	const n = 100_000
	publish(t, nc, 0, n)
	r := newReader(t, nc)
	r.until(n)
	r.exactly(0, n)
	require.Equal(t, 1, r.opened)
	require.Empty(t, r.errs)
	require.EqualValues(t, n, r.info.Last)
	require.EqualValues(t, n, r.info.Pending)
	require.EqualValues(t, 1, r.info.First)
}
