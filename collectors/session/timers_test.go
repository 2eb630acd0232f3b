package session

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// open is an open chat, as plainly as can be.
type open struct {
	index   uint32
	channel string
	last    int64
}

// timeouts are a few nanoseconds: what matters is their order.
var timeouts = map[string]time.Duration{"web": 30, "whatsapp": 200, "voice": 30, "": 50}

func (o open) due() int64 { return o.last + int64(timeouts[o.channel]) }

// TestTimers compares the heaps with a list that is searched: chats become due in the order of their due times, also
// when activity was late and moved them earlier.
func TestTimers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cs := newChats(Config{IdleTimeouts: timeouts, IdleTimeout: timeouts[""]})
		require.Len(t, cs.timers.heaps, 3, "channels with the same timeout share a heap")
		chats := map[uint32]*open{}
		clock, keys := int64(1000), 0
		shut := func(i uint32, why Reason) {
			cs.close(i, why, false)
			delete(chats, i)
		}
		pick := func(t *rapid.T) *open {
			if len(chats) == 0 {
				t.Skip("no chat is open")
			}
			return chats[rapid.SampledFrom(slices.Sorted(maps.Keys(chats))).Draw(t, "chat")]
		}
		when := func(t *rapid.T) int64 { return clock + rapid.Int64Range(-60, 5).Draw(t, "at") }
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(t, "chats") {
					channel, at := rapid.SampledFrom([]string{"web", "whatsapp", "voice", "fax"}).Draw(t, "channel"), when(t)
					keys++
					i := cs.open(id(keys), 0, channel, at)
					if _, known := timeouts[channel]; !known {
						channel = ""
					}
					require.NotContains(t, chats, i)
					chats[i] = &open{i, channel, at}
				}
			},
			"touch": func(t *rapid.T) {
				for range rapid.IntRange(1, 6).Draw(t, "times") {
					c, at := pick(t), when(t)
					cs.touch(c.index, cs.slab.Edit(c.index), event.MessageUser, at)
					c.last = at
				}
			},
			"touch nothing": func(t *rapid.T) {
				c := pick(t)
				cs.touch(c.index, cs.slab.Edit(c.index), event.CSATOffered, when(t))
				if c.channel == "whatsapp" {
					cs.touch(c.index, cs.slab.Edit(c.index), event.MessageBot, when(t))
				}
			},
			"close": func(t *rapid.T) { shut(pick(t).index, ReasonExplicit) },
			"evict": func(t *rapid.T) {
				least := pick(t)
				for _, c := range chats {
					if cmp.Or(cmp.Compare(c.last, least.last), cmp.Compare(c.index, least.index)) < 0 {
						least = c
					}
				}
				i, ok := cs.leastRecent()
				require.True(t, ok)
				require.Equal(t, least.index, i)
				shut(i, ReasonEvicted)
			},
			"pass": func(t *rapid.T) {
				clock += rapid.SampledFrom([]int64{0, 1, 2, 5, 10, 30, 200}).Draw(t, "time")
				seen := map[uint32]bool{}
				cs.timers.overdue(&cs, clock, func(c *chat) { seen[cs.find(c)] = true })
				var want, have []int64
				for i, c := range chats {
					require.Equal(t, c.due() <= clock, seen[i])
					if c.due() <= clock {
						want = append(want, c.due())
					}
				}
				slices.Sort(want)
				require.True(t, cs.due(clock) || len(want) == 0)
				for i, ok := cs.nextDue(clock); ok; i, ok = cs.nextDue(clock) {
					have = append(have, chats[i].due())
					shut(i, ReasonIdle)
				}
				require.Equal(t, want, have)
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(chats), cs.slab.Len())
				for i, c := range chats {
					require.Equal(t, c.last, cs.slab.At(i).last)
				}
			},
		})
	})
}

// find returns the index of an open chat.
func (cs *chats) find(c *chat) uint32 {
	i, _ := cs.index.Get(c.key)
	return i
}
