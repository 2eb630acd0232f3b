package metric

// Samples returns how many samples the text format has for one series of the metric.
func (d *Def) Samples() int {
	if d.Type == TypeHistogram {
		return len(d.Buckets) + 3 // +Inf, _sum and _count
	}
	return 1
}

// Samples returns how many samples the text format has for some families.
func Samples(families []Family) (n int) {
	for _, f := range families {
		n += f.Len() * f.Def().Samples()
	}
	return n
}

// Budget limits the samples of all metrics together: the limits of single labels multiply. Before a series is made,
// Room is asked; what is refused goes to a series of Other, which is always allowed, so that nothing is lost.
// Series never disappear, so that what was refused once is refused for good. The Budget has no state of its own.
type Budget struct {
	max      int
	pair     int // samples that a new pair brings
	families []Family
}

// NewBudget returns a Budget of max samples for all the families there are; each new pair takes pair of them.
func NewBudget(max, pair int, families []Family) *Budget { return &Budget{max, pair, families} }

// Room reports whether so many samples more are within the limit on all of them.
func (p *Pairs) Room(samples int) bool {
	return p.budget == nil || Samples(p.budget.families)+samples <= p.budget.max
}

// SetBudget limits the series of all tables over these Pairs from now on.
func (p *Pairs) SetBudget(b *Budget) { p.budget = b }

// fits returns the key that may be a pair: itself, or that of Other.
func (p *Pairs) fits(key [2]string) [2]string {
	if _, ok := p.known[key]; ok || p.budget == nil || p.Room(p.budget.pair) {
		return key
	}
	return [2]string{Other, Other}
}
