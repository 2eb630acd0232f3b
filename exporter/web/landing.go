package web

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/common/version"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter"
)

//go:embed landing.html
var landingHTML string

var landingPage = template.Must(template.New("landing").Funcs(template.FuncMap{"write": write}).Parse(landingHTML))

// landing shows people what Prometheus would scrape: the current headline KPIs of every module. All visitors within a
// second get the same page.
type landing struct {
	*gatherer
	modules []collectors.Module

	mu   sync.Mutex // guards the fields below; held while a page is made
	page []byte
	made time.Time
}

func newLanding(g *gatherer) http.Handler {
	return atMost(maxVisitors, &landing{gatherer: g, modules: collectors.Catalogue()})
}

type landingData struct {
	Status  exporter.Status
	Ready   bool
	Reason  string
	Version string
	Now     time.Time
	Modules []moduleData
	Rejects []exporter.Rejected
}

// moduleData are the headlines of one module.
type moduleData struct {
	Title   string
	Figures []collectors.Headline
}

func (l *landing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	page, err := l.current()
	if err != nil {
		l.log.Error("cannot render landing page", "err", err)
		http.Error(w, "internal error; see the exporter's log", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(page)
}

// current returns the page of this second. Callers must not change it.
func (l *landing) current() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.page != nil && time.Since(l.made) < landingFor {
		return l.page, nil
	}
	data := landingData{Status: l.engine.Status(), Version: program(), Now: time.Now()}
	data.Ready, data.Reason = data.Status.Ready()
	if data.Status.Shows() {
		data.Rejects = l.engine.Rejects()
		data.Modules, _ = l.headlines() // without them the page still shows the status
	}
	var page bytes.Buffer
	if err := landingPage.Execute(&page, data); err != nil {
		return nil, err
	}
	l.page, l.made = page.Bytes(), data.Now
	return l.page, nil
}

func (l *landing) headlines() (list []moduleData, err error) {
	kpis, err := l.acquire(time.Hour) // any copy will do: a visitor must not cut off a scrape
	if err != nil {
		return nil, err
	}
	defer l.release(kpis)
	return list, l.guarded(func() error {
		for _, m := range l.modules {
			list = append(list, moduleData{m.Title, m.Headlines(kpis.Cut)})
		}
		return nil
	})
}

// program names the version. One that was built without a release has that of its checkout, if that is known.
func program() string {
	if version.Version != "" {
		return "bot-exporter " + version.Info()
	}
	revision := version.GetRevision()
	if len(revision) > 12 {
		revision = revision[:12]
	}
	return fmt.Sprintf("bot-exporter, built from source (revision %s, %s)", cmp.Or(revision, "unknown"), version.GoVersion)
}
