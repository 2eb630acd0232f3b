package exporter

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = proctest.Patience // of a test for what should take much less
	tick     = 2 * time.Millisecond
)

// quick is the default configuration with shorter waits.
func quick(change ...func(*Config)) Config {
	c := Defaults()
	c.KeyID = "key"
	c.WatchInterval, c.CheckpointInterval = time.Hour, time.Hour
	for _, f := range change {
		f(&c)
	}
	return c
}

func watchful(c *Config) { c.WatchInterval = 5 * time.Millisecond }

// running is an engine that runs, with its pages.
type running struct {
	*Engine
	t    *testing.T
	web  *httptest.Server
	log  *proctest.Output
	done chan error
	end  context.CancelFunc
	once sync.Once
}

func run(t *testing.T, cfg Config, source Source, store Store) *running {
	t.Helper()
	return runWith(t, cfg, source, store, func(*Engine) {})
}

func runWith(t *testing.T, cfg Config, source Source, store Store, change func(*Engine)) *running {
	t.Helper()
	log := &proctest.Output{}
	e, err := New(cfg, store, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	change(e)
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{Engine: e, t: t, web: httptest.NewServer(e.Handler(nil)), log: log, done: make(chan error, 1), end: cancel}
	go func() { r.done <- e.Run(ctx, source) }()
	t.Cleanup(func() { r.close() })
	return r
}

// close ends the run in order.
func (r *running) close() (err error) {
	r.once.Do(func() {
		r.end()
		err = <-r.done
		r.web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return err
}

// until waits for something to become true.
func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	proctest.Until(r.t, what, ok, r.log.String)
}

func (r *running) applied(seq uint64) {
	r.t.Helper()
	r.until("message is applied", func() bool { return r.Position().Seq >= seq })
}

// live waits until everything up to seq is folded and the engine says so.
func (r *running) live(seq uint64) {
	r.t.Helper()
	r.until("engine is live", func() bool { s := r.Status(); return s.Phase == PhaseLive && s.Position.Seq >= seq })
}

func (r *running) phase(p Phase) {
	r.t.Helper()
	r.until("phase is "+string(p), func() bool { return r.Status().Phase == p })
}

// get reads a page.
func (r *running) get(path string, header ...string) (int, http.Header, string) {
	r.t.Helper()
	return fetch(r.t, http.MethodGet, r.web.URL+path, header...)
}

func fetch(t *testing.T, method, url string, header ...string) (int, http.Header, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(body)
}

// metrics scrapes the text format.
func (r *running) metrics() map[string]*dto.MetricFamily {
	r.t.Helper()
	status, _, text := r.get("/metrics")
	require.Equal(r.t, http.StatusOK, status, text)
	return parsed(r.t, text)
}

func parsed(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	return families
}

// sum adds up a metric's series that have the given label values.
func sum(families map[string]*dto.MetricFamily, d *metric.Def, labels ...string) (sum float64) {
	for _, m := range families[d.Name].GetMetric() {
		if matches(m, labels) {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func matches(m *dto.Metric, labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if label(m, labels[i]) != labels[i+1] {
			return false
		}
	}
	return true
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// page scrapes an engine whose server may not run.
func page(e *Engine, header ...string) (int, string) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/metrics", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	e.Handler(nil).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// value returns a series of the process's own metrics.
func (r *running) value(d *metric.Def, labels ...string) float64 {
	r.t.Helper()
	families := r.metrics()
	require.True(r.t, families[d.Name] != nil, d.Name)
	return sum(families, d, labels...)
}

// shown tells whether a scrape has KPIs. The process's own metrics must be there in any case.
func (r *running) shown() bool {
	r.t.Helper()
	families, found := r.metrics(), false
	require.True(r.t, families[self.AppliedSequence.Name] != nil)
	for name := range families {
		found = found || strings.HasPrefix(name, "bot_") && !strings.HasPrefix(name, "bot_exporter_")
	}
	return found
}

func contains(text string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

// state returns the canonical bytes of the whole state.
func (r *running) state() []collectors.Saved {
	r.mu.Lock()
	sections := r.set.Sections()
	r.mu.Unlock()
	return written(sections)
}

// broken takes the state away until mend is called: every view of it panics. No checkpoint is made meanwhile, which
// would panic too.
func (r *running) broken() (mend func()) {
	r.saver.writing.Lock()
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.set
	r.set = nil
	mend = sync.OnceFunc(func() {
		r.mu.Lock()
		r.set = was
		r.mu.Unlock()
		r.saver.writing.Unlock()
	})
	r.t.Cleanup(mend) // else the end would wait for it
	return mend
}

// oracle folds the messages in one go.
func oracle(cfg Config, messages ...[]Message) *collectors.Set {
	set, d := collectors.New(cfg.KPIs), event.NewDecoder(cfg.Events)
	var ev event.Event
	for _, list := range messages {
		for i := range list {
			var reject *event.Reject
			if err := d.Decode(list[i].Header, list[i].Data, &ev); err != nil {
				reject = err.(*event.Reject) //nolint:errorlint // Decode returns nothing else
			}
			set.Fold(list[i].Time, &ev, reject)
		}
	}
	return set
}

// equals requires the very state of another fold.
func (r *running) equals(want *collectors.Set) {
	r.t.Helper()
	require.Equal(r.t, written(want.Sections()), r.state())
}
