package session

// within returns the group in which a user may be counted: this one, or that of the overflow values when another group is
// beyond the limit on all series: a group has a gauge for each window, and a counter.
func (t *Table) within(g groupKey) groupKey {
	if _, ok := t.users.index[g]; ok || t.pairs.Room(len(t.users.windows)+1) {
		return g
	}
	return groupKey{pair: g.pair}
}
