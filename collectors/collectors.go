// Package collectors counts: one file for each module of the Analytics page, and the Set that runs them all.
//
// A module may not read a clock, start a goroutine, lock, log or do I/O. It sees Facts, keeps counts in tables of package
// metric, and has the same numbers after the same facts. What the numbers mean is in the README, under Definitions.
package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Collector is one KPI module. It is not safe for concurrent use: the owner of the Set serialises every call.
type Collector interface {
	// Name is that of the module's file, section of a checkpoint, and dashboard.
	Name() string
	// Title is the module's heading on a page.
	Title() string
	// Families are the module's metrics. Every list of metrics anywhere is made from this one.
	Families() []metric.Family
	// Fold counts one fact. It keeps nothing of it: the next call overwrites it.
	Fold(f *session.Fact)
	// Headlines returns the few numbers of the module that a reader looks for first. It reads nothing but n.
	Headlines(n Numbers) []Headline
}

// modules is the list of all modules, in the order of the Analytics page.
func modules(d deps) []Collector {
	return []Collector{
		newUsers(d),
		newMessages(d),
		newChats(d),
		newHandover(d),
		newEngagement(d),
		newFeedback(d),
		newSatisfaction(d),
		newTraffic(d),
		newClicks(d),
		newAgents(d),
		newCustom(d),
		newStream(d),
	}
}

// deps is what a module is made from.
type deps struct {
	cfg      Config
	pairs    *metric.Pairs
	sessions *session.Table // read-only for modules
	overflow *metric.Overflow
}

// Module is one module in the catalogue.
type Module struct {
	Name      string
	Title     string
	Defs      []*metric.Def
	Headlines func(n Numbers) []Headline
}

// Catalogue returns all modules with their metrics, in the order of the Analytics page.
func Catalogue() []Module {
	var list []Module
	for _, c := range New(Defaults()).collectors {
		m := Module{Name: c.Name(), Title: c.Title(), Headlines: c.Headlines}
		for _, f := range c.Families() {
			m.Defs = append(m.Defs, f.Def())
		}
		list = append(list, m)
	}
	return list
}
