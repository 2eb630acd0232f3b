package exporter

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Anchor identifies a message: a broker that lost its tail gives the same sequences to other messages.
type Anchor struct {
	Time int64  // stored time, Unix nanoseconds
	Hash uint64 // xxHash of the payload
}

// NewAnchor returns the anchor of a message. It runs for every message. The hash is no security measure and the stored
// time alone identifies nearly all messages, so a fast hash will do: it adds no measurable time to the fold.
func NewAnchor(stored int64, data []byte) Anchor { return Anchor{stored, xxhash.Sum64(data)} }

// Known identifies a message that was applied.
type Known struct {
	Seq   uint64
	Count uint64 // messages applied up to and including it; strictly increasing, may skip numbers
	Anchor
}

const (
	trailRecent = 1024
	trailLevels = 64 - 10 // beyond the recent ones: every 1,024th message, and half as many with each level
)

// trail remembers some of the messages applied: the last 1,024, two for each power of two further back (so that one lies
// between any distance and its double), and the first.
type trail struct {
	count  uint64
	first  Known
	recent [trailRecent]Known    // by Count
	older  [trailLevels][2]Known // the latest two whose Count is a multiple of 1,024, 2,048, ...; the latest comes last
}

// add appends a message.
func (t *trail) add(seq uint64, a Anchor) { t.place(Known{seq, t.count + 1, a}) }

func (t *trail) place(k Known) {
	if t.count == 0 {
		t.first = k
	}
	t.count = k.Count
	t.recent[k.Count%trailRecent] = k
	for level, n := 0, k.Count; level < trailLevels && n%trailRecent == 0; level, n = level+1, n/2 {
		t.older[level] = [2]Known{t.older[level][1], k}
	}
}

// list returns the messages remembered, oldest first.
func (t *trail) list() []Known {
	all := []Known{t.first}
	for _, pair := range &t.older {
		all = append(all, pair[:]...)
	}
	all = append(all, t.recent[:]...)
	all = slices.DeleteFunc(all, func(k Known) bool { return k.Count == 0 })
	slices.SortFunc(all, func(a, b Known) int { return cmp.Compare(a.Count, b.Count) })
	return slices.CompactFunc(all, func(a, b Known) bool { return a.Count == b.Count })
}

// restore replaces the trail by a list.
func (t *trail) restore(list []Known) {
	*t = trail{}
	for _, k := range list {
		t.place(k)
	}
}

// cut forgets all messages after last, which becomes the newest.
func (t *trail) cut(last Known) {
	list := t.list()
	i, found := slices.BinarySearchFunc(list, last.Count, func(k Known, count uint64) int { return cmp.Compare(k.Count, count) })
	if !found {
		list = append(list[:i:i], last)
		i = len(list) - 1
	}
	t.restore(list[:i+1])
}
