package exporter

import (
	"bytes"
	"context"
	"log/slog"
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

// running is an engine that runs.
type running struct {
	*Engine
	t    *testing.T
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
	r := &running{Engine: e, t: t, log: log, done: make(chan error, 1), end: cancel}
	go func() { r.done <- e.Run(ctx, source) }()
	t.Cleanup(func() { r.close() })
	return r
}

// close ends the run in order.
func (r *running) close() (err error) {
	r.once.Do(func() {
		r.end()
		err = <-r.done
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

func (r *running) ready() bool {
	ok, _ := r.Status().Ready()
	return ok
}

// metrics are those of the process, and the KPIs if they are shown, as a page would have them.
func (r *running) metrics() map[string]*dto.MetricFamily {
	r.t.Helper()
	list, err := r.Registry().Gather()
	require.NoError(r.t, err)
	var kpis bytes.Buffer
	at, shown := r.Read(func(set *collectors.Set) { err = WriteText(&kpis, set, time.Now().UnixNano()) })
	require.NoError(r.t, err)
	if shown {
		r.Showing(at)
	}
	families := parsed(r.t, kpis.String())
	for _, f := range list {
		families[f.GetName()] = f
	}
	return families
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

// value returns a series of the process's own metrics.
func (r *running) value(d *metric.Def, labels ...string) float64 {
	r.t.Helper()
	families := r.metrics()
	require.True(r.t, families[d.Name] != nil, d.Name)
	return sum(families, d, labels...)
}

// shown reports whether a scrape has KPIs. The process's own metrics must be there in any case.
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
func (r *running) state() []collectors.RawSection {
	r.mu.Lock()
	sections := r.set.Sections()
	r.mu.Unlock()
	return written(sections)
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
