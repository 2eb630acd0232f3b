package exporter

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	processes "github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// selfMetrics are the metrics of the process: live, in a registry of their own, and gone with it.
type selfMetrics struct {
	registry           *prometheus.Registry
	redelivered        prometheus.Counter
	checkpointDuration prometheus.Gauge
	checkpointSize     prometheus.Gauge
	checkpointFailures prometheus.Counter
	checkpointRejected *prometheus.CounterVec
	markFailures       prometheus.Counter
	fold, scrape       prometheus.Histogram
	connected          prometheus.Gauge
	reloaded           prometheus.Gauge
	reloadedAt         prometheus.Gauge
	mismatches         *prometheus.GaugeVec
	advice             *prometheus.GaugeVec
	advised            []string // values of its label
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
		scrape:             newSelfHistogram(self.ScrapeDuration),
		connected:          prometheus.NewGauge(prometheus.GaugeOpts(opts(self.Connected))),
		reloaded:           prometheus.NewGauge(prometheus.GaugeOpts(opts(self.ConfigReloaded))),
		reloadedAt:         prometheus.NewGauge(prometheus.GaugeOpts(opts(self.ConfigReloadTime))),
		mismatches:         prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(self.Mismatch)), self.Mismatch.LabelNames()),
		advice:             prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(self.Advice)), self.Advice.LabelNames()),
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
		m.fold, m.scrape, m.connected, m.reloaded, m.reloadedAt, m.mismatches, m.advice, m.brokerClock, m.originLag, newDigestMetric(e),
		ofStatus(e, self.Ready, func(s Status) float64 { return oneIf(s.Phase == PhaseLive) }),
		ofStatus(e, self.Lag, func(s Status) float64 { return float64(s.Pending) }),
		ofStatus(e, self.AppliedSequence, func(s Status) float64 { return float64(s.Position.Seq) }),
		ofStatus(e, self.FirstEvent, func(Status) float64 { return float64(e.began()) / 1e9 }),
		ofStatus(e, self.LastEvent, func(s Status) float64 { return float64(s.Position.Anchor.Time) / 1e9 }),
		ofStatus(e, self.ReplayRemaining, func(s Status) float64 { return float64(s.Remaining) }),
		ofStatus(e, self.ReplayRate, func(s Status) float64 { return s.Rate }),
		ofStatus(e, self.ReplayLeft, func(s Status) float64 { return s.Left().Seconds() }),
		ofStatus(e, self.Epoch, func(s Status) float64 { return float64(s.Position.Epoch) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts(opts(self.BrokerLost)), func() float64 { return float64(e.Status().Lost) }),
		ofStatus(e, self.Series, func(Status) float64 { return float64(e.samples()) }),
		newTimeZone(e.cfg.KPIs.Session.Location),
		ofStatus(e, self.SeriesLimit, func(Status) float64 { return float64(e.cfg.KPIs.MaxSeries) }),
		ofStatus(e, self.CheckpointAge, func(Status) float64 { return e.saver.age().Seconds() }),
	)
	m.configured(true)
	return m
}

func newTimeZone(zone *time.Location) prometheus.Collector {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(self.TimeZone)), self.TimeZone.LabelNames())
	g.WithLabelValues(zone.String()).Set(1)
	return g
}

// configured notes whether the configuration could be read and applied.
func (m *selfMetrics) configured(ok bool) {
	m.reloaded.Set(oneIf(ok))
	if ok {
		m.reloadedAt.SetToCurrentTime()
	}
}

func opts(d *metric.Def) prometheus.Opts { return prometheus.Opts{Name: d.Name, Help: d.Help} }

func newSelfHistogram(d *metric.Def) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets})
}

func ofStatus(e *Engine, d *metric.Def, value func(Status) float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts(opts(d)), func() float64 { return value(e.Status()) })
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *selfMetrics) mismatch(found *Mismatch) {
	for _, field := range self.Mismatch.Labels[0].Values {
		m.mismatches.WithLabelValues(field).Set(oneIf(found != nil && field == found.Field))
	}
}

// Connected notes whether the connection to the broker is up.
func (e *Engine) Connected(up bool) { e.metrics.connected.Set(oneIf(up)) }

// Advise notes the settings of stream and broker that put messages at risk, and forgets those noted before. One that
// stays is there for every scrape. Calls must not overlap.
func (e *Engine) Advise(settings []string) {
	for _, s := range e.metrics.advised {
		if !slices.Contains(settings, s) {
			e.metrics.advice.DeleteLabelValues(s)
		}
	}
	for _, s := range settings {
		e.metrics.advice.WithLabelValues(s).Set(1)
	}
	e.metrics.advised = settings
}

// BrokerClock notes by how much the clock of the broker is ahead of ours.
func (e *Engine) BrokerClock(ahead time.Duration) { e.metrics.brokerClock.Set(ahead.Seconds()) }

// Origins notes how many messages the stream has still to copy from another one.
func (e *Engine) Origins(lag uint64) { e.metrics.originLag.Set(float64(lag)) }

// CheckpointRejected counts a checkpoint file that was found damaged.
func (e *Engine) CheckpointRejected(reason string) {
	e.metrics.checkpointRejected.WithLabelValues(reason).Inc()
}
