package main

import (
	"fmt"
	"strings"
)

type peerTable struct {
	now     *conditions
	events  int
	readers []reader // two that only count, ours, the peers
	results [][]result
	crashes []string
}

const ourRow = 2

func (t *peerTable) String() string {
	w := &strings.Builder{}
	ours := medians(t.results[ourRow], t.events)
	fmt.Fprintf(w, "%d events, %d rounds in alternation, medians. %s\n\n", t.events, len(t.results[0]), t.now)
	fmt.Fprintln(w, "| reader | counts | events/s | ours is faster | client CPU s/M | ours needs | server CPU s/M | peak MiB | shows the first after | wrong by | kill -9 in the middle, and restart |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for i, r := range t.readers {
		m := medians(t.results[i], t.events)
		what, first, wrong := "one family", fmt.Sprintf("%.1f s", m.first), fmt.Sprintf("%.0f", m.wrong)
		switch {
		case i < ourRow:
			what, first, wrong = "nothing", "", ""
		case i == ourRow:
			what, first = "all KPIs", ""
		}
		fmt.Fprintf(w, "| %s | %s | %.0f | %.1f× | %.2f | %s | %.2f | %.0f | %s | %s | %s |\n",
			r.name, what, m.rate, ours.rate/m.rate, m.client, share(ours.client/m.client), m.server, m.mib, first, wrong, t.crashes[i])
	}
	return w.String()
}

// share is how a part is said: 1/4 or 1.5 times.
func share(of float64) string {
	if of < 1 {
		return fmt.Sprintf("1/%.1f", 1/of)
	}
	return fmt.Sprintf("%.1f×", of)
}
