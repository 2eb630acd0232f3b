package exporter

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The last message before a restart may be empty, and is an anchor like any other.
func TestAnchorOfEmptyMessage(t *testing.T) {
	all, store := stored(50), &shelf{}
	all[39].Data = nil
	r := run(t, quick(), newBroker(all[:39]), store)
	r.live(39)
	_ = r.Position() // hashes message 39
	require.NoError(t, r.close())
	r = run(t, quick(), newBroker(all[:40]), store)
	r.live(40)
	require.NoError(t, r.close())
	r = run(t, quick(), newBroker(all), store)
	r.live(50)
	r.equals(oracle(quick(), all))
	require.NoError(t, r.close())
}
