package session

import "github.com/bot-exporter/bot-exporter/collectors/table"

// dedup remembers the ids of applied events for a time of the fold clock, and at most so many of them: the oldest is
// forgotten first.
type dedup struct {
	window int64
	max    int
	known  table.Recent
}

// seen reports whether the id is remembered, and remembers it. A duplicate does not extend the time.
func (d *dedup) seen(id table.Key, clock int64) bool {
	for d.known.Len() > 0 && clock-d.known.Oldest() >= d.window {
		d.known.Drop()
	}
	if d.max <= 0 {
		return false
	}
	if !d.known.Add(id, clock) {
		return true
	}
	if d.known.Len() > d.max {
		d.known.Drop()
	}
	return false
}
