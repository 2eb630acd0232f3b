package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 20 << 20: 300, 32 << 20: 200, 50 << 20: 100, 64 << 20: 100, 1 << 40: 100} {
		require.Equal(t, want, gcPercent(live), "%d bytes", live)
	}
}
