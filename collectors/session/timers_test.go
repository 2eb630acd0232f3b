package session

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// open is an open chat, as plainly as can be.
type open struct {
	index         uint32
	key           uint64
	channel       string
	last, touched int64
	takeover      bool
}

// timeouts are a few nanoseconds: what matters is their order.
var timeouts = map[string]time.Duration{"web": 300, "whatsapp": 2000, "voice": 300, "": 500}

func (o *open) due() int64 {
	timeout := timeouts[o.channel]
	if o.takeover {
		timeout = max(timeout, 700)
	}
	return max(o.last, o.touched) + int64(timeout)
}

func byDue(a, b *open) int { return cmp.Or(cmp.Compare(a.due(), b.due()), cmp.Compare(a.key, b.key)) }

// plain is the chats as a list that is searched, beside the heap that is tested.
type plain struct {
	*rand.Rand
	cs    chats
	list  []*open
	clock int64
	keys  int
}

// TestTimers compares the heap with a list: chats become due in the order of their due times and keys, and the one that is
// due first is known at any time.
func TestTimers(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := plain{Rand: rand.New(rand.NewPCG(seed, 7)), cs: newChats(Config{IdleTimeouts: timeouts, IdleTimeout: timeouts[""], OperatorTimeout: 700, UserSessions: []string{"whatsapp"}}), clock: 10_000}
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
				require.Equal(t, len(p.list), p.cs.Len())
			}
			for _, o := range p.list {
				require.Equal(t, o.due(), p.cs.due(p.cs.At(o.index)))
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
	key := uint64(p.keys) * 0x9e3779b97f4a7c15
	i := p.cs.open(key, 0, channel, at, p.clock)
	if _, known := timeouts[channel]; !known {
		channel = ""
	}
	require.False(t, slices.ContainsFunc(p.list, func(o *open) bool { return o.index == i }))
	p.list = append(p.list, &open{i, key, channel, at, p.clock, false})
}

// touch has an event that is activity, now and then the request for a takeover.
func (p *plain) touch() {
	o, at := p.list[p.IntN(len(p.list))], p.at()
	c := p.cs.Edit(o.index)
	c.touch(at, p.clock)
	o.last, o.touched = max(o.last, at), p.clock
	if p.IntN(10) == 0 {
		c.set(flagTakeover, true)
		o.takeover = true
	}
}

func (p *plain) close(n int, why Reason) {
	p.cs.close(p.list[n].index, why, false)
	p.list = slices.Delete(p.list, n, n+1)
}

func (p *plain) evict(t *testing.T) {
	least := slices.MinFunc(p.list, byDue)
	require.Equal(t, least.index, p.cs.leastRecent())
	p.close(slices.Index(p.list, least), ReasonEvicted)
}

// pass lets time pass, and closes what is due.
func (p *plain) pass(t *testing.T) {
	p.clock += []int64{0, 1, 5, 20, 60, 150}[p.IntN(6)]
	var due []*open
	for _, o := range p.list {
		if o.due() <= p.clock {
			due = append(due, o)
		}
	}
	slices.SortFunc(due, byDue)
	overdue := 0
	p.cs.overdue(p.clock, func(*chat) { overdue++ })
	require.Equal(t, len(due), overdue, "overdue for a reader")
	require.True(t, p.cs.anyDue(p.clock) || len(due) == 0)

	taken := p.cs.takeDue(p.clock)
	require.Len(t, taken, len(due))
	for i, o := range due {
		require.Equal(t, o.index, taken[i].chat)
		p.cs.end(o.index, ReasonIdle, false)
		p.list = slices.DeleteFunc(p.list, func(other *open) bool { return other == o })
	}
	require.Empty(t, p.cs.takeDue(p.clock))
}
