package session

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// open is an open chat, as plainly as can be.
type open struct {
	index   uint32
	channel string
	last    int64
}

// timeouts are a few nanoseconds: what matters is their order.
var timeouts = map[string]time.Duration{"web": 300, "whatsapp": 2000, "voice": 300, "": 500}

func (o *open) due() int64 { return o.last + int64(timeouts[o.channel]) }

// plain is the chats as a list that is searched, beside the heaps that are tested.
type plain struct {
	*rand.Rand
	cs    chats
	list  []*open
	clock int64
	keys  int
}

// TestTimers compares the heaps with a list: chats become due in the order of their due times, also when late events
// moved them earlier, and the least recently active is known at any time.
func TestTimers(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := plain{Rand: rand.New(rand.NewPCG(seed, 7)), cs: newChats(Config{IdleTimeouts: timeouts, IdleTimeout: timeouts[""]}), clock: 10_000}
			require.Len(t, p.cs.timers.heaps, 3, "channels with the same timeout share a heap")
			for range 3000 {
				switch n := p.IntN(100); {
				case n < 30 || len(p.list) < 20:
					p.open(t)
				case n < 80:
					p.touch()
				case n < 87:
					p.close(p.IntN(len(p.list)), ReasonExplicit)
				case n < 90:
					p.evict(t)
				default:
					p.pass(t)
				}
				require.Equal(t, len(p.list), p.cs.slab.Len())
			}
			for _, o := range p.list {
				require.Equal(t, o.last, p.cs.slab.At(o.index).last)
			}
		})
	}
}

// at is an event time: mostly now, sometimes late.
func (p *plain) at() int64 {
	if p.IntN(5) == 0 {
		return p.clock - p.Int64N(700)
	}
	return p.clock + p.Int64N(5)
}

func (p *plain) open(t *testing.T) {
	channel, at := []string{"web", "whatsapp", "voice", "fax"}[p.IntN(4)], p.at()
	p.keys++
	i := p.cs.open(id(p.keys), 0, channel, at)
	if _, known := timeouts[channel]; !known {
		channel = ""
	}
	require.False(t, slices.ContainsFunc(p.list, func(o *open) bool { return o.index == i }))
	p.list = append(p.list, &open{i, channel, at})
}

// touch has an event that is activity, or one that is not.
func (p *plain) touch() {
	o, at := p.list[p.IntN(len(p.list))], p.at()
	kind := []event.Kind{event.MessageUser, event.ElementClicked, event.MessageBot, event.CSATOffered}[p.IntN(4)]
	p.cs.touch(o.index, p.cs.slab.Edit(o.index), kind, at)
	if kind != event.CSATOffered && (kind != event.MessageBot || o.channel != "whatsapp") {
		o.last = at
	}
}

func (p *plain) close(n int, why Reason) {
	p.cs.close(p.list[n].index, why, false)
	p.list = slices.Delete(p.list, n, n+1)
}

func (p *plain) evict(t *testing.T) {
	least := slices.MinFunc(p.list, func(a, b *open) int { return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.index, b.index)) })
	i, ok := p.cs.leastRecent()
	require.True(t, ok)
	require.Equal(t, least.index, i)
	p.close(slices.Index(p.list, least), ReasonEvicted)
}

// pass lets time pass, and closes what is due.
func (p *plain) pass(t *testing.T) {
	p.clock += []int64{0, 1, 5, 20, 60, 150}[p.IntN(6)]
	var want, have []int64
	for _, o := range p.list {
		if o.due() <= p.clock {
			want = append(want, o.due())
		}
	}
	slices.Sort(want)
	p.cs.timers.overdue(&p.cs, p.clock, func(c *chat) { have = append(have, c.last+int64(p.cs.timers.heaps[c.class].timeout)) })
	slices.Sort(have)
	require.Equal(t, want, have, "overdue for a reader")
	require.True(t, p.cs.due(p.clock) || len(want) == 0)

	have = nil
	for i, ok := p.cs.nextDue(p.clock); ok; i, ok = p.cs.nextDue(p.clock) {
		n := slices.IndexFunc(p.list, func(o *open) bool { return o.index == i })
		have = append(have, p.list[n].due())
		p.close(n, ReasonIdle)
	}
	require.Equal(t, want, have)
}
