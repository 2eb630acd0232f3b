package reference

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStoriesAreReproducible(t *testing.T) {
	assert.Equal(t, Stories(7, 500), Stories(7, 500))
	assert.NotEqual(t, Stories(7, 500), Stories(8, 500))
	assert.Equal(t, Fold(OrderedStories(7, 1000), Options{MaxChats: 3}), Fold(OrderedStories(7, 1000), Options{MaxChats: 3}))
	assert.Len(t, splitLines(Stories(3, 300)), 300)
}

// TestOrderNeedsNoKey: with ordered stories it does not matter which of two chats comes first by key.
func TestOrderNeedsNoKey(t *testing.T) {
	backwards := func(a, b ChatKey) int { return b.compare(a) }
	for seed := range int64(5) {
		lines := OrderedStories(seed, 1000)
		got := Fold(lines, Options{MaxChats: 3})
		assert.Equal(t, got, Fold(lines, Options{MaxChats: 3, ChatOrder: backwards}))
		assert.NotZero(t, sum(got, `bot_chats_ended_total{bot="shop",channel="web",reason="evicted"}`))
	}
}
