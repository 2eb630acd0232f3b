package session

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// TestHash: what differs in any way has another hash, and nobody without the key can make it.
func TestHash(t *testing.T) {
	h, other := hasher{key: [16]byte{1}}, hasher{key: [16]byte{2}}
	user := h.of('u', "bot", "web", "ada")
	seen := map[table.Key]string{}
	for what, key := range map[string]table.Key{
		"user":                  user,
		"of another domain":     h.of('c', "bot", "web", "ada"),
		"cut at another place":  h.of('u', "bot", "weba", "da"),
		"fewer parts":           h.of('u', "bot", "webada"),
		"one part empty":        h.of('u', "", "botweb", "ada"),
		"with another key":      other.of('u', "bot", "web", "ada"),
		"on a device":           h.identity(user, 1, 0),
		"in a browser":          h.identity(user, 0, 1),
		"on device 256":         h.identity(user, 256, 0),
		"in both":               h.identity(user, 1, 1),
		"in both, of other key": other.identity(user, 1, 1),
	} {
		require.NotContains(t, seen, key, "%s and %s", what, seen[key])
		require.NotZero(t, key.Hi)
		require.NotZero(t, key.Lo)
		seen[key] = what
	}
	require.Equal(t, user, h.of('u', "bot", "web", "ada"), "always the same")
}
