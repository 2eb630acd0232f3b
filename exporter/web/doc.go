// Package web serves the pages of the exporter: /metrics, health checks, the landing page, digests, reloads and, on an
// address of its own, Go's profiles.
//
// The way of one page: Handler routes a request, gatherer lends it a copy of the state that several requests may share,
// and package expose renders the copy into the response. It imports the engine and is never imported by it. It knows no
// KPI: modules say what their headlines are (collectors.Headline).
package web
