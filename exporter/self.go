package exporter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	processes "github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// selfMetrics are the metrics of the process itself. They are in no checkpoint.
type selfMetrics struct {
	registry           *prometheus.Registry
	redelivered        prometheus.Counter
	checkpointDuration prometheus.Gauge
	checkpointSize     prometheus.Gauge
	checkpointFailures prometheus.Counter
	checkpointRejected *prometheus.CounterVec
	markFailures       prometheus.Counter
	fold               prometheus.Histogram
	connected          prometheus.Gauge
	reloaded           prometheus.Gauge
	reloadedAt         prometheus.Gauge
	mismatches         *prometheus.GaugeVec
	brokerClock        prometheus.Gauge
	originLag          prometheus.Gauge
}

func newSelfMetrics(e *Engine) *selfMetrics {
	m := &selfMetrics{
		registry:           prometheus.NewRegistry(),
		redelivered:        prometheus.NewCounter(prometheus.CounterOpts(opts(self.Redelivered))),
		checkpointDuration: prometheus.NewGauge(prometheus.GaugeOpts(opts(self.CheckpointDuration))),
		checkpointSize:     prometheus.NewGauge(prometheus.GaugeOpts(opts(self.CheckpointSize))),
		checkpointFailures: prometheus.NewCounter(prometheus.CounterOpts(opts(self.CheckpointFailures))),
		checkpointRejected: prometheus.NewCounterVec(prometheus.CounterOpts(opts(self.CheckpointRejected)), self.CheckpointRejected.LabelNames()),
		markFailures:       prometheus.NewCounter(prometheus.CounterOpts(opts(self.MarkFailures))),
		fold:               newSelfHistogram(self.FoldDuration),
		connected:          prometheus.NewGauge(prometheus.GaugeOpts(opts(self.Connected))),
		reloaded:           prometheus.NewGauge(prometheus.GaugeOpts(opts(self.ConfigReloaded))),
		reloadedAt:         prometheus.NewGauge(prometheus.GaugeOpts(opts(self.ConfigReloadTime))),
		mismatches:         prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(self.Mismatch)), self.Mismatch.LabelNames()),
		brokerClock:        prometheus.NewGauge(prometheus.GaugeOpts(opts(self.BrokerClock))),
		originLag:          prometheus.NewGauge(prometheus.GaugeOpts(opts(self.OriginLag))),
	}
	for _, v := range self.CheckpointRejected.Labels[0].Values {
		m.checkpointRejected.WithLabelValues(v)
	}
	for _, v := range self.Mismatch.Labels[0].Values {
		m.mismatches.WithLabelValues(v)
	}
	m.registry.MustRegister(
		processes.NewGoCollector(),
		processes.NewProcessCollector(processes.ProcessCollectorOpts{}),
		version.NewCollector("bot_exporter"),
		m.redelivered, m.checkpointDuration, m.checkpointSize, m.checkpointFailures, m.checkpointRejected, m.markFailures,
		m.fold, m.connected, m.reloaded, m.reloadedAt, m.mismatches, m.brokerClock, m.originLag, newDigestCollector(e),
		newTimeZone(e.cfg.KPIs.Session.Location), newStatusCollector(e),
	)
	m.setReloaded(true)
	return m
}

func newTimeZone(zone *time.Location) prometheus.Collector {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(self.TimeZone)), self.TimeZone.LabelNames())
	g.WithLabelValues(zone.String()).Set(1)
	return g
}

// setReloaded records whether the configuration could be read and applied.
func (m *selfMetrics) setReloaded(ok bool) {
	m.reloaded.Set(oneIf(ok))
	if ok {
		m.reloadedAt.SetToCurrentTime()
	}
}

func opts(d *metric.Def) prometheus.Opts { return prometheus.Opts{Name: d.Name, Help: d.Help} }

func newSelfHistogram(d *metric.Def) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets})
}

// statusCollector exports the engine's status as metrics, all from the same moment.
type statusCollector struct {
	engine *Engine
	descs  []*prometheus.Desc // of statusMetrics
	advice *prometheus.Desc
}

func newStatusCollector(e *Engine) *statusCollector {
	c := &statusCollector{engine: e, advice: prometheus.NewDesc(self.Advice.Name, self.Advice.Help, self.Advice.LabelNames(), nil)}
	for _, m := range statusMetrics {
		c.descs = append(c.descs, prometheus.NewDesc(m.def.Name, m.def.Help, nil, nil))
	}
	return c
}

var statusMetrics = []struct {
	def   *metric.Def
	value func(e *Engine, s Status) float64
}{
	{self.Ready, func(_ *Engine, s Status) float64 { return oneIf(s.Phase == PhaseLive) }},
	{self.Lag, func(_ *Engine, s Status) float64 { return float64(s.Pending) }},
	{self.AppliedSequence, func(_ *Engine, s Status) float64 { return float64(s.Position.Seq) }},
	{self.FirstEvent, func(_ *Engine, s Status) float64 { return float64(s.Began) / 1e9 }},
	{self.LastEvent, func(_ *Engine, s Status) float64 { return float64(s.Position.Anchor.Time) / 1e9 }},
	{self.ReplayRemaining, func(_ *Engine, s Status) float64 { return float64(s.Remaining) }},
	{self.ReplayRate, func(_ *Engine, s Status) float64 { return s.Rate }},
	{self.ReplayLeft, func(_ *Engine, s Status) float64 { return s.Left().Seconds() }},
	{self.Epoch, func(_ *Engine, s Status) float64 { return float64(s.Position.Epoch) }},
	{self.BrokerLost, func(_ *Engine, s Status) float64 { return float64(s.Lost) }},
	{self.Series, func(_ *Engine, s Status) float64 { return float64(s.Samples) }},
	{self.SeriesLimit, func(e *Engine, _ Status) float64 { return float64(e.cfg.KPIs.MaxSeries) }},
	{self.CheckpointAge, func(e *Engine, _ Status) float64 { return e.checkpointer.age().Seconds() }},
}

// Describe implements prometheus.Collector.
func (c *statusCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range append([]*prometheus.Desc{c.advice}, c.descs...) {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *statusCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.engine.Status()
	for i, m := range statusMetrics {
		kind := prometheus.GaugeValue
		if m.def.Type == metric.TypeCounter {
			kind = prometheus.CounterValue
		}
		ch <- prometheus.MustNewConstMetric(c.descs[i], kind, m.value(c.engine, s))
	}
	settings := map[string]bool{} // several origins may have the same advice
	for _, a := range s.Advice {
		settings[a.Setting] = true
	}
	for setting := range settings {
		ch <- prometheus.MustNewConstMetric(c.advice, prometheus.GaugeValue, 1, setting)
	}
}

// Registry returns the registry of the process's own metrics.
func (e *Engine) Registry() *prometheus.Registry { return e.metrics.registry }

// Healthy reports whether the process can do its work. It is false after checkpoints failed in a way that a restart
// might cure.
func (e *Engine) Healthy() bool { return e.checkpointer.healthy() }

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// setMismatch records the field in which the stream differs; nil when it matches.
func (m *selfMetrics) setMismatch(found *Mismatch) {
	for _, field := range self.Mismatch.Labels[0].Values {
		m.mismatches.WithLabelValues(field).Set(oneIf(found != nil && field == found.Field))
	}
}

// Connected records whether the connection to the broker is up.
func (e *Engine) Connected(up bool) { e.metrics.connected.Set(oneIf(up)) }

// Advise replaces the list of stream and broker settings that put messages at risk.
func (e *Engine) Advise(list []Advice) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status.Advice = list
}

// BrokerClock records how far the broker's clock is ahead of ours.
func (e *Engine) BrokerClock(ahead time.Duration) { e.metrics.brokerClock.Set(ahead.Seconds()) }

// Origins records how many messages the stream has yet to copy from its origin.
func (e *Engine) Origins(lag uint64) { e.metrics.originLag.Set(float64(lag)) }

// CheckpointRejected counts a damaged checkpoint file.
func (e *Engine) CheckpointRejected(reason string) {
	e.metrics.checkpointRejected.WithLabelValues(reason).Inc()
}
