package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 40 << 20: 300, 64 << 20: 200, 100 << 20: 100, 128 << 20: 100, 1 << 40: 100} {
		require.Equal(t, want, gcPercent(live), "%d bytes", live)
	}
}
