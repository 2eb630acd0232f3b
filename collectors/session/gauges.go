package session

import "time"

// Gauges read the state as of a time, which lets windows, open chats and waits go on while no message moves the fold
// clock. Reading changes nothing.

// OpenChats appends the number of open chats of each pair that a user started. Chats whose timeout has passed do not
// count any more, though only the next message closes them.
func (t *Table) OpenChats(dst []float64, now int64) []float64 {
	first := len(dst)
	for p := range t.pairs.Len() {
		n := uint32(0)
		if p < len(t.chats.started) {
			n = t.chats.started[p]
		}
		dst = append(dst, float64(n))
	}
	if now > t.clock {
		t.chats.overdue(now, func(c *chat) {
			if c.has(flagStarted) {
				dst[first+int(c.pair)]--
			}
		})
	}
	return dst
}

// Waiting appends the number of open chats of each pair in which nobody has accepted a takeover request.
func (t *Table) Waiting(dst []float64, now int64) []float64 {
	first := len(dst)
	dst = append(dst, make([]float64, t.pairs.Len())...)
	t.chats.eachWaiting(now, func(c *chat) { dst[first+int(c.pair)]++ })
	return dst
}

// OldestWait appends for how many seconds the chat of each pair that has waited longest has waited; 0 when none waits.
func (t *Table) OldestWait(dst []float64, now int64) []float64 {
	first := len(dst)
	now = max(now, t.clock)
	dst = append(dst, make([]float64, t.pairs.Len())...)
	t.chats.eachWaiting(now, func(c *chat) {
		longest := &dst[first+int(c.pair)]
		*longest = max(*longest, time.Duration(now-c.handover).Seconds())
	})
	return dst
}
