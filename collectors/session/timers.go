package session

import (
	"cmp"
	"slices"
)

// timers order the open chats by when they are due, and those that are due at the same time by key.
//
// An entry may be earlier than the chat is due: activity, which is frequent, does not touch the heap, and the entry is
// corrected when it comes to the top. It is never later, since nothing brings a chat's end forward.
type timers struct {
	heap []entry
	pos  []uint32 // of each chat in the heap, by its number

	due  []entry  // scratch
	late []uint32 // scratch
}

// entry holds the upper half of the chat's key, which nearly always decides between chats of the same time: looking at the
// chats themselves costs a cache miss each.
type entry struct {
	due  int64
	key  uint32
	chat uint32
}

func (cs *chats) entry(i uint32, due int64) entry { return entry{due, uint32(cs.Key(i) >> 32), i} }

func (cs *chats) before(a, b entry) bool {
	switch {
	case a.due != b.due:
		return a.due < b.due
	case a.key != b.key:
		return a.key < b.key
	}
	return cs.Key(a.chat) < cs.Key(b.chat)
}

func (cs *chats) compare(a, b entry) int {
	return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.key, b.key), cmp.Compare(cs.Key(a.chat), cs.Key(b.chat)))
}

func (ts *timers) add(cs *chats, i uint32, due int64) {
	for len(ts.pos) <= int(i) {
		ts.pos = append(ts.pos, 0)
	}
	ts.heap = append(ts.heap, cs.entry(i, due))
	ts.up(cs, len(ts.heap)-1)
}

func (ts *timers) drop(cs *chats, i uint32) {
	p, end := int(ts.pos[i]), len(ts.heap)-1
	moved := ts.heap[end]
	ts.heap = ts.heap[:end]
	if p < end {
		ts.heap[p] = moved
		ts.pos[moved.chat] = uint32(p)
		ts.down(cs, p)
		ts.up(cs, int(ts.pos[moved.chat]))
	}
}

func (ts *timers) up(cs *chats, p int) {
	e := ts.heap[p]
	for p > 0 {
		parent := (p - 1) / 4
		if !cs.before(e, ts.heap[parent]) {
			break
		}
		ts.heap[p] = ts.heap[parent]
		ts.pos[ts.heap[p].chat] = uint32(p)
		p = parent
	}
	ts.heap[p] = e
	ts.pos[e.chat] = uint32(p)
}

func (ts *timers) down(cs *chats, p int) {
	e := ts.heap[p]
	for {
		least, at := e, p
		for c := 4*p + 1; c <= 4*p+4 && c < len(ts.heap); c++ {
			if cs.before(ts.heap[c], least) {
				least, at = ts.heap[c], c
			}
		}
		if at == p {
			break
		}
		ts.heap[p] = least
		ts.pos[least.chat] = uint32(p)
		p = at
	}
	ts.heap[p] = e
	ts.pos[e.chat] = uint32(p)
}

// reorder rebuilds the heap, after keys of chats or all of them have changed.
func (cs *chats) reorder() {
	cs.timers = timers{}
	for i, used := range cs.Used() {
		if used {
			cs.timers.add(cs, uint32(i), cs.due(cs.At(uint32(i))))
		}
	}
}

// leastRecent returns the chat that is due first of all, 0 when none is open.
func (cs *chats) leastRecent() uint32 {
	for h := cs.timers.heap; len(h) > 0; {
		e := &h[0]
		due := cs.due(cs.At(e.chat))
		if e.due == due {
			return e.chat
		}
		e.due = due
		cs.timers.down(cs, 0)
	}
	return 0
}

// anyDue reports cheaply whether takeDue may find a chat.
func (cs *chats) anyDue(clock int64) bool {
	return len(cs.timers.heap) > 0 && cs.timers.heap[0].due <= clock
}

// takeDue takes all chats that the clock closes out of the heap, and returns them in the order of their due times. They may
// be all open chats: removing them from the last to the first costs far less than popping the first again and again.
func (cs *chats) takeDue(clock int64) []entry {
	ts := &cs.timers
	due, late := ts.due[:0], ts.late[:0]
	if cs.anyDue(clock) {
		late = append(late, 0)
	}
	for k := 0; k < len(late); k++ { // the places of entries that are due, unless they are too early
		for c := 4*late[k] + 1; c <= 4*late[k]+4 && int(c) < len(ts.heap); c++ {
			if ts.heap[c].due <= clock {
				late = append(late, c)
			}
		}
	}
	for k := len(late) - 1; k >= 0; k-- { // from below, so that a corrected entry has a heap under it to move down in
		e := ts.heap[late[k]]
		c := cs.At(e.chat)
		if right := cs.due(c); right != e.due {
			e.due, ts.heap[late[k]].due = right, right
			ts.down(cs, int(late[k]))
		}
		if cs.isDue(c, clock) {
			due = append(due, e)
		}
	}
	slices.SortFunc(due, cs.compare)
	for k := len(due) - 1; k >= 0; k-- {
		ts.drop(cs, due[k].chat)
	}
	ts.due, ts.late = scratch(due), scratch(late)
	return due
}

// scratch keeps a list for the next time unless it is large.
func scratch[T any](list []T) []T {
	if cap(list) > 4096 {
		return nil
	}
	return list
}

// overdue calls f for every chat that a later clock would close. It changes nothing.
func (cs *chats) overdue(clock int64, f func(*chat)) {
	heap := cs.timers.heap
	var walk func(p int)
	walk = func(p int) {
		if p >= len(heap) || heap[p].due > clock {
			return
		}
		if c := cs.At(heap[p].chat); cs.isDue(c, clock) {
			f(c)
		}
		for c := 4*p + 1; c <= 4*p+4; c++ {
			walk(c)
		}
	}
	walk(0)
}
