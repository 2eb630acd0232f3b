// Package dashboards describes the Grafana dashboards of the KPIs, one file for each module of the Analytics page.
//
// It refers to metrics by their definitions and may not spell a name; it knows nothing of the exporter, and does no I/O.
package dashboards

import "errors"

//go:generate go run ../cmd/bot-dashboards generate --out ../deploy

// modules is all dashboards, in the order of the Analytics page.
var modules = []func(Config) (Dashboard, error){
	overviewBoard,
	usersBoard,
	messagesBoard,
	chatsBoard,
	handoverBoard,
	engagementBoard,
	feedbackBoard,
	satisfactionBoard,
	trafficBoard,
	clicksBoard,
	agentsBoard,
	customBoard,
	healthBoard,
}

// All returns the finished dashboards.
func All(cfg Config) ([]Dashboard, error) {
	var all []Dashboard
	var errs []error
	for _, board := range modules {
		d, err := board(cfg)
		all, errs = append(all, d), append(errs, err)
	}
	return all, errors.Join(errs...)
}
