// Package dashboards describes the Grafana dashboards of the KPIs, one file for each module of the Analytics page.
//
// It refers to metrics by their definitions and may not spell a name; it knows nothing of the exporter, and does no I/O.
// A module's file holds all panels that read its metrics: also those that it lends to other dashboards, which know
// nothing of them.
package dashboards

import "errors"

//go:generate go run ../cmd/bot-dashboards generate --out ../deploy

// module is a module of the Analytics page: its dashboard, and what it contributes to others.
type module struct {
	board func(Config) (Dashboard, error)
	// headlines are the module's panels on the overview, and its columns in the overview's tables.
	headlines func(*board) headlines
	// lends are panels that belong to the subject of another dashboard, by its uid.
	lends map[string]func(*board) []*panel
}

// headlines is what the overview shows of a module.
type headlines struct {
	numbers []*panel       // each leads to the module
	trends  []*panel       // over time
	columns []func(*panel) // add a column to a table of assistants and channels
}

// modules returns all dashboards, in the order of the Analytics page.
func modules() []module {
	return []module{
		{board: overviewBoard},
		usersModule(),
		messagesModule(),
		chatsModule(),
		handoverModule(),
		engagementModule(),
		feedbackModule(),
		satisfactionModule(),
		trafficModule(),
		clicksModule(),
		agentsModule(),
		customModule(),
		{board: healthBoard},
	}
}

// lent returns the panels that modules lend to a dashboard.
func lent(b *board) []*panel {
	var panels []*panel
	for _, m := range modules() {
		if lend := m.lends[b.UID]; lend != nil {
			panels = append(panels, lend(b)...)
		}
	}
	return panels
}

// All returns the finished dashboards.
func All(cfg Config) ([]Dashboard, error) {
	var all []Dashboard
	var errs []error
	for _, m := range modules() {
		d, err := m.board(cfg)
		all, errs = append(all, d), append(errs, err)
	}
	return all, errors.Join(errs...)
}
