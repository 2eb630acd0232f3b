package session

import "github.com/bot-exporter/bot-exporter/collectors/metric"

// within returns the labels under which a user may be counted: these, or the overflow values when another group of users
// is beyond the limit on all series: a group has a gauge for each window, and a counter.
func (t *Table) within(p metric.Pair, device, browser label) (label, label) {
	if _, ok := t.users.index[groupKey{p, device, browser}]; ok || t.pairs.Room(len(t.users.windows)+1) {
		return device, browser
	}
	return 0, 0
}
