package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlaces: the README has a place for the tables of every command that has some.
func TestPlaces(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, command := range []string{"run", "peers", "freshness", "start", "checkpoints", "grow"} {
		got, err := between(string(readme), command, "new\n")
		require.NoError(t, err)
		require.Contains(t, got, "<!-- "+command+":begin -->\nnew\n<!-- "+command+":end -->\n")
	}
	_, err = between("no marks", "run", "")
	require.Error(t, err)
}
