package session

import "time"

// timers orders the open chats by their last activity: one heap for each length of idle timeout, since within one
// the order of last activities is the order of due times.
//
// An entry may be older than the chat's last activity: activity, which is frequent, does not touch the heap, and the
// entry is put right when it comes to the top. It is never newer.
type timers struct {
	heaps []heap
	pos   []uint32 // of each chat in its heap, by index in the slab
}

type heap struct {
	timeout time.Duration
	entries []entry
}

type entry struct {
	last int64
	chat uint32
}

// before orders chats of the same moment by their index, so that the order does not depend on the heap's past.
func (e entry) before(o entry) bool { return e.last < o.last || e.last == o.last && e.chat < o.chat }

// class returns the index of the heap for a timeout.
func (ts *timers) class(timeout time.Duration) uint8 {
	for i := range ts.heaps {
		if ts.heaps[i].timeout == timeout {
			return uint8(i)
		}
	}
	ts.heaps = append(ts.heaps, heap{timeout: timeout})
	return uint8(len(ts.heaps) - 1)
}

func (ts *timers) add(i uint32, class uint8, last int64) {
	for len(ts.pos) <= int(i) {
		ts.pos = append(ts.pos, 0)
	}
	h := &ts.heaps[class]
	h.entries = append(h.entries, entry{last, i})
	ts.up(h, len(h.entries)-1)
}

// moved puts an entry right whose chat's last activity is earlier than the entry says.
func (ts *timers) moved(i uint32, class uint8, last int64) {
	h := &ts.heaps[class]
	if p := int(ts.pos[i]); last < h.entries[p].last {
		h.entries[p].last = last
		ts.up(h, p)
	}
}

func (ts *timers) drop(i uint32, class uint8) {
	h := &ts.heaps[class]
	p, end := int(ts.pos[i]), len(h.entries)-1
	moved := h.entries[end]
	h.entries = h.entries[:end]
	if p < end {
		h.entries[p] = moved
		ts.pos[moved.chat] = uint32(p)
		ts.down(h, p)
		ts.up(h, int(ts.pos[moved.chat]))
	}
}

func (ts *timers) up(h *heap, p int) {
	e := h.entries[p]
	for p > 0 {
		parent := (p - 1) / 4
		if !e.before(h.entries[parent]) {
			break
		}
		h.entries[p] = h.entries[parent]
		ts.pos[h.entries[p].chat] = uint32(p)
		p = parent
	}
	h.entries[p] = e
	ts.pos[e.chat] = uint32(p)
}

func (ts *timers) down(h *heap, p int) {
	e := h.entries[p]
	for {
		least, at := e, p
		for c := 4*p + 1; c <= 4*p+4 && c < len(h.entries); c++ {
			if h.entries[c].before(least) {
				least, at = h.entries[c], c
			}
		}
		if at == p {
			break
		}
		h.entries[p] = least
		ts.pos[least.chat] = uint32(p)
		p = at
	}
	h.entries[p] = e
	ts.pos[e.chat] = uint32(p)
}

// top brings the chat with the earliest last activity to the top of a heap.
func (cs *chats) top(h *heap) (entry, bool) {
	for len(h.entries) > 0 {
		e := &h.entries[0]
		last := cs.slab.At(e.chat).last
		if e.last == last {
			return *e, true
		}
		e.last = last
		cs.timers.down(h, 0)
	}
	return entry{}, false
}

// due tells cheaply whether nextDue may find a chat. (Here and below the timeout is taken from the clock and not added
// to an event time, which may be the end of all time.)
func (cs *chats) due(clock int64) bool {
	for i := range cs.timers.heaps {
		h := &cs.timers.heaps[i]
		if len(h.entries) > 0 && h.entries[0].last <= clock-int64(h.timeout) {
			return true
		}
	}
	return false
}

// nextDue returns the chat with the earliest due time that the clock has reached. Chats that are due at the same time
// may come in any order: closing one does not bear on another.
func (cs *chats) nextDue(clock int64) (uint32, bool) {
	found, at := uint32(0), clock
	for i := range cs.timers.heaps {
		h := &cs.timers.heaps[i]
		for len(h.entries) > 0 && h.entries[0].last <= at-int64(h.timeout) {
			if e, _ := cs.top(h); e.last <= at-int64(h.timeout) {
				found, at = e.chat, e.last+int64(h.timeout)
				break
			}
		}
	}
	return found, found != 0
}

// leastRecent returns the chat with the earliest last activity of all.
func (cs *chats) leastRecent() (uint32, bool) {
	var found entry
	for i := range cs.timers.heaps {
		if e, ok := cs.top(&cs.timers.heaps[i]); ok && (found.chat == 0 || e.before(found)) {
			found = e
		}
	}
	return found.chat, found.chat != 0
}

// overdue calls f for every chat whose timeout has passed at a time.
func (ts *timers) overdue(cs *chats, now int64, f func(*chat)) {
	for i := range ts.heaps {
		h := &ts.heaps[i]
		var walk func(p int)
		walk = func(p int) {
			if p >= len(h.entries) || h.entries[p].last > now-int64(h.timeout) {
				return
			}
			if c := cs.slab.At(h.entries[p].chat); c.last <= now-int64(h.timeout) {
				f(c)
			}
			for c := 4*p + 1; c <= 4*p+4; c++ {
				walk(c)
			}
		}
		walk(0)
	}
}
