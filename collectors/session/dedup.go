package session

import "github.com/bot-exporter/bot-exporter/collectors/table"

// dedup remembers the ids of applied events for a time of the fold clock, and at most so many of them: the oldest is
// forgotten first.
type dedup struct {
	window int64
	max    int
	known  table.Map[struct{}]
	queue  []remembered
	head   int
	frozen bool // a snapshot may still read the queue's array: it is appended to, and not moved
}

type remembered struct {
	key table.Key
	at  int64
}

// seen tells whether the id is remembered, and remembers it. A duplicate does not extend the time.
func (d *dedup) seen(id table.Key, clock int64) bool {
	for d.head < len(d.queue) && clock-d.queue[d.head].at >= d.window {
		d.forget()
	}
	if _, ok := d.known.Get(id); ok {
		return true
	}
	if d.max <= 0 {
		return false
	}
	for len(d.queue)-d.head >= d.max {
		d.forget()
	}
	if d.head > len(d.queue)/2 && d.head > 1024 {
		into := d.queue[:0]
		if d.frozen {
			into, d.frozen = nil, false
		}
		d.queue, d.head = append(into, d.queue[d.head:]...), 0
	}
	d.known.Put(id)
	d.queue = append(d.queue, remembered{id, clock})
	return false
}

func (d *dedup) forget() {
	d.known.Delete(d.queue[d.head].key)
	d.head++
}
