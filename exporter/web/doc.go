// Package web serves the exporter's pages: /metrics, health checks, the landing page, digests, reloads and, on a separate
// address, Go's profiles and the last rejected events.
//
// The path of a page: Handler routes a request, gatherer lends it a copy of the state that several requests may share,
// and package expose renders the copy into the response. The package imports the engine, never the reverse. It knows no
// KPI: modules supply their headlines (collectors.Headline).
package web
