package exporter

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"time"

	"github.com/prometheus/common/version"
)

//go:embed landing.html
var landingHTML string

var landingPage = template.Must(template.New("landing").Parse(landingHTML))

// landing shows a person what Prometheus would scrape: the headline KPIs of every module as they are now.
type landing struct {
	engine *Engine
	kpis   *gatherer
}

type landingData struct {
	Status  Status
	Ready   bool
	Reason  string
	Version string
	Now     time.Time
	Modules []headlines
}

func (l *landing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	data := landingData{Status: l.engine.Status(), Version: version.Info(), Now: time.Now()}
	data.Ready, data.Reason = data.Status.Ready()
	families, done, err := l.kpis.Gather()
	if err == nil && data.Status.Shows() {
		data.Modules = headlinesOf(families)
	}
	done()
	var page bytes.Buffer
	if err := landingPage.Execute(&page, data); err != nil {
		l.engine.log.Error("landing page", "err", err)
		http.Error(w, "internal error; see the log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = page.WriteTo(w)
}
