package dashboards

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

const healthUID = "bot-exporter"

const (
	day       = 24 * time.Hour
	noTarget  = "No exporter seen for a day"
	noSamples = "No samples of the exporter in this range"
	unknown   = "Unknown: no exporter answers"
	process   = "{{instance}}"
)

var (
	yesNo     = mapped(text(map[string]string{"0": "no", "1": "yes"}))
	yesIsGood = []field{byThresholds(), limits(threshold{0, negative}, threshold{1, positive})}
	anyIsBad  = []field{byThresholds(), limits(threshold{0, positive}, threshold{1, negative})}
	eventKind = collectors.Events.Labels[0]
)

// remembered is the value of a gauge, and the fallback where its target has vanished within a day: a panel that goes
// grey when the exporter dies would hide just that.
func (b *board) remembered(d *metric.Def, fallback func(last promql.Expr) promql.Expr) promql.Expr {
	return b.of(d).Now().Or(fallback(b.of(d).LastOver(promql.For(day))))
}

// ready is whether every partition has a replica that is ready.
func (b *board) ready() *panel {
	gone := func(last promql.Expr) promql.Expr { return promql.Number(0).Mul(last) }
	return number("Exporter ready", "Whether the numbers are complete and follow the stream. \"No\" when the exporter is gone, connects or catches up: open Exporter health.").
		now("", b.remembered(self.Ready, gone).Min()).set(append(yesIsGood, yesNo)...).
		watched("BotExporterNotReady", "BotExporterDown").none(noTarget).noneIsBad()
}

// dataAge is how old the last event is, also when the exporter is gone.
func (b *board) dataAge() *panel {
	last := b.of(self.LastEvent).LastOver(promql.For(day)).Where(">", promql.Number(0)).Max()
	return number("Data as of", "How long ago the last event that is counted was stored. It grows when nobody talks to the assistants, when bots stop publishing, and when the exporter stops.").
		now("ago", promql.Time().Sub(last)).set(unit(unitSeconds), decimals(0)).none("No event yet")
}

// lag is what the slowest partition has still to apply.
func (b *board) lag() *panel {
	return number("Lag", "Messages of the stream that are not yet counted. Red is where its alert begins.").
		now("messages", b.of(self.Lag).Now().Max()).set(b.lagLimit().fields()...).
		watched("BotExporterLagging").none(unknown).noneIsBad()
}

func (b *board) lagLimit() limit {
	a := b.cfg.Rules.Alerts.ExporterLagging
	return limit{Limit{b.cfg.Rules.HeldAbove, a.Above}, false, 0, []string{"BotExporterLagging"}}
}

// each is a gauge of every process: here a replica is not a copy but something that can fail.
func (b *board) each(d *metric.Def) promql.Expr { return b.of(d).Each().Max(promql.Instance) }

// up is whether Prometheus could scrape each target that was an exporter within a day.
func (b *board) up() promql.Expr {
	return b.of(self.Up).Each().And(b.of(self.Ready).EachOver("last_over_time", promql.For(day)))
}

func healthBoard(cfg Config) (Dashboard, error) {
	b := newBoard(cfg, healthUID, "Exporter health", "",
		"Whether the exporter follows the stream, saves its state, and what it could not count. Every process is shown for itself.")
	b.scope.Pair = nil // whatever assistants there are
	b.builder.Time("now-6h", "now").Refresh("30s")
	b.healthState()
	b.healthUse()
	b.healthEvents()
	b.healthCheckpoints()
	b.healthStream()
	b.healthProcess()
	return b.build()
}

func (b *board) healthState() {
	rejected, applied := b.of(collectors.EventsRejected), b.of(collectors.Events)
	a := b.cfg.Rules.Alerts.EventsRejectedHigh
	share := ratio{part: tally(rejected), whole: sumOfDifferent(rejected, applied)}
	reject := rising(a.Above, a.MinCount, "BotEventsRejectedHigh", "BotEventsAllRejected")

	b.row("State")
	down := b.of(self.Ready).Each().Or(promql.Number(0).Mul(b.up())).Max(promql.Instance)
	b.lines(4,
		b.alertCount(),
		number("Ready", "Whether each process shows complete numbers and follows the stream. \"No\" also when Prometheus cannot scrape it.").
			now(process, down).set(append(yesIsGood, yesNo)...).watched("BotExporterNotReady", "BotExporterDown").none(noTarget).noneIsBad(),
		number("Scraped (up)", "Whether Prometheus could scrape each process that was an exporter within a day.").
			now(process, b.up().Max(promql.Instance)).set(append(yesIsGood, yesNo)...).watched("BotExporterDown").none(noTarget).noneIsBad(),
		number("Settings at risk", "Settings of the stream or the broker that put messages at risk: the list below names them.").
			now("settings", b.of(self.Advice).Each().Max(self.Advice.Labels[0]).Aggregate("sum").Or(promql.Number(0).Mul(b.of(self.Ready).Each().Max()))).
			set(anyIsBad...).watched("BotStreamUnread").none(unknown).noneIsBad(),
		number("Lag", "Messages of the stream that each process has not yet counted. Red is where its alert begins.").
			now(process, b.each(self.Lag)).set(b.lagLimit().fields()...).watched("BotExporterLagging").none(unknown).noneIsBad(),
		number("Connected to NATS", "Whether the connection to NATS is up.").
			now(process, b.of(self.Connected).Each().Or(promql.Number(0).Mul(b.up())).Max(promql.Instance)).set(append(yesIsGood, yesNo)...).none(noTarget).noneIsBad(),
		b.dataAge(),
		number("Rejected", "Share of the messages of the stream that could not be counted. Red is where its alert begins."+exactRange).
			now("", share.of(total)).set(append(reject.fields(), unit(unitShare), decimals(2))...).watched(reject.alerts...).none("No data on events in this range"),
		number("Stream mismatch", "What says that the stream is not the one that the state was made from. The exporter then stops counting until a person decides.").
			now("", b.of(self.Mismatch).Each().Max()).
			set(append(anyIsBad, yesNo)...).watched("BotStreamIdentityBroken").none(unknown).noneIsBad(),
		number("Messages lost", "Messages that the stream dropped before they were read, and messages that the broker lost after they were counted, which stay counted."+exactRange).
			now("dropped", total(b.of(collectors.EventsLost))).
			now("lost by the broker", b.of(self.BrokerLost).EachOver("increase", promql.Range).Max()).
			set(anyIsBad...).watched("BotEventsLost", "BotBrokerLostMessages").none(unknown),
		number("Series in use", "Samples of all KPIs, as a part of their limit. Beyond it, new label values become __other__. Red is where its alert begins.").
			now(process, b.of(self.Series).Each().Div(b.of(self.SeriesLimit).Each()).Max(promql.Instance)).
			set(append(b.partLimit(b.cfg.Rules.Alerts.SeriesNearLimit.Above).fields(), unit(unitShare), decimals(1))...).
			watched("BotSeriesNearLimit").none(unknown).noneIsBad(),
		number("Replays", "How often the exporter was told to go on with another stream, and when the broker stored the first message that is counted.").
			now("other streams", b.each(self.Epoch).Max()).
			now("counting since", promql.Number(1000).Mul(b.each(self.FirstEvent).Where(">", promql.Number(0)).Min()), unit("dateTimeAsIso")).
			none(unknown),
	)
	b.line(7, b.alertList().wide(14),
		list("Settings of stream and broker at risk", "Settings of the stream or the broker that put messages at risk.").
			key("Setting", self.Advice.Labels[0], minWidth(100)).
			key("Process", promql.Instance, minWidth(100)).
			column("At risk", b.of(self.Advice).Each().Max(self.Advice.Labels[0], promql.Instance).Where(">", promql.Number(0)), yesNo).
			none("No setting known to be at risk"),
	)
	b.line(6,
		states("Ready over time", "When each process was ready, and when it was not or could not be scraped.").
			over("ready "+process, down.Where(">", promql.Number(0)), color(positive)).
			over("not ready "+process, promql.Number(1).Sub(down).Where(">", promql.Number(0)), color(negative)).none(noSamples),
		samples("Lag over time", "Messages of the stream that are not yet counted. The line is where its alert begins.").
			over(process, b.each(self.Lag)).limitLine(b.lagLimit()).none(noSamples),
		samples("Catching up", "Messages that are still to be counted before the numbers are shown.").
			over(process, b.each(self.ReplayRemaining)).none(noSamples),
		samples("Time to catch up", "How long it still takes until the numbers are shown, at the rate so far.").
			over(process, b.each(self.ReplayLeft)).set(unit(unitSeconds), anyDecimals()).none(noSamples),
	)
}

// partLimit is a limit on how much of something limited is in use.
func (b *board) partLimit(above float64, alerts ...string) limit { return rising(above, 0, alerts...) }

// sumOfDifferent adds up counters that share no label.
func sumOfDifferent(a, c promql.Selector) func(count, ...metric.Label) promql.Expr {
	return func(read count, _ ...metric.Label) promql.Expr { return read(a).Add(read(c)) }
}

// healthUse is the use of what a process needs: CPU, memory, goroutines, files.
func (b *board) healthUse() {
	memory := b.partLimit(b.cfg.Rules.Alerts.MemoryNearLimit.Above, "BotMemoryNearLimit")
	b.row("Use of the machine")
	b.line(7,
		samples("CPU", "Processor cores that each process uses."+fromRates).
			over(process, b.of(self.CPU).EachOver("rate", promql.RateInterval).Max(promql.Instance)).set(anyDecimals(), unit(unitRate)).none(noSamples),
		samples("Memory", "Resident memory of each process, and GOMEMLIMIT where it is set.").
			over(process, b.each(self.ResidentMemory)).
			over("limit of "+process, b.each(self.MemoryLimit).Where("<", promql.Number(1<<50)), color(neutral)).
			set(unit(unitBytes), anyDecimals()).watched(memory.alerts...).none(noSamples),
		samples("Goroutines", "Goroutines of each process: more and more of them are a fault.").
			over(process, b.each(self.Goroutines)).none(noSamples),
		samples("Open files", "File descriptors in use, as a part of those that the process may open.").
			over(process, b.of(self.OpenFiles).Each().Div(b.of(self.MaxFiles).Each()).Max(promql.Instance)).
			set(unit(unitShare), anyDecimals()).none(noSamples),
	)
}

func (b *board) healthEvents() {
	rejected, delay := b.of(collectors.EventsRejected), b.of(collectors.EventDelay)
	overflow := collectors.LabelOverflow.Labels
	const none = "No data on events in a step that has passed"
	b.row("Events")
	b.line(8,
		bars("Events by kind", "Events applied, by kind: the seven most frequent of the selected range, and all others."+exactSteps).
			largest(b.of(collectors.Events), eventKind).none(none),
		bars("Left out or changed", "Events that were duplicates, ignored since they are tests, clamped to the time at which they were stored, stored at a time that the clock did not follow, or lost."+exactSteps).
			over("duplicates", step(b.of(collectors.EventsDuplicate)), color(neutral)).
			over("ignored: {{reason}}", step(b.of(collectors.EventsIgnored), collectors.EventsIgnored.Labels[0]), color(primary)).
			over("clamped: {{direction}}", step(b.of(collectors.EventsClamped), collectors.EventsClamped.Labels[0])).
			over("clock doubted", step(b.of(collectors.ClockDoubted)), color(warning)).
			over("lost", step(b.of(collectors.EventsLost)), color(negative)).none(none),
	)
	b.line(8,
		bars("Rejected messages", "Messages that could not be counted, by the first reason found."+exactSteps).
			over("{{reason}}", step(rejected, collectors.EventsRejected.Labels[0])).none(none),
		lines("Delay of events", "Time from an event to its storing in the stream: median, p90 and p99. Producers that queue events, and wrong clocks, show here."+estimate+sparse).
			over("median", stepQuantile(0.5, delay, b.cfg.Thresholds.Least.Point), color(primary)).
			over("p90", stepQuantile(0.9, delay, b.cfg.Thresholds.Least.Point), color(warning)).
			over("p99", stepQuantile(0.99, delay, b.cfg.Thresholds.Least.Point), color(negative)).
			set(unit(unitSeconds), anyDecimals()).watched("BotEventsLate").none("Too few events in each step"),
	)
	b.line(7,
		number("Events", "Events applied, rejected and duplicate, and messages that were delivered a second time and left out."+exactRange).
			now("applied", total(b.of(collectors.Events))).
			now("rejected", total(rejected), anyIsBad...).
			now("duplicate", total(b.of(collectors.EventsDuplicate)), color(neutral)).
			now("redelivered", b.of(self.Redelivered).EachOver("increase", promql.Range).Sum(), color(neutral)).none("No data on events in this range").wide(6),
		list("Label overflow", "Increments that went to the overflow value of a label because it reached its limit."+exactRange).
			key("Metric", overflow[0], minWidth(140)).key("Label", overflow[1]).
			column("Increments", total(b.of(collectors.LabelOverflow), overflow...).Where(">", promql.Number(0)), bar(warning)...).
			sortBy("Increments").watched("BotLabelOverflow").none("No label known at its limit"),
		samples("Series", "Samples of all KPIs, and how many there may be before new label values become __other__.").
			over(process, b.each(self.Series)).
			over("limit of "+process, b.each(self.SeriesLimit), color(neutral)).none(noSamples),
	)
}

func (b *board) healthCheckpoints() {
	a := b.cfg.Rules.Alerts.CheckpointStale
	stale := rising(time.Duration(a.Above).Seconds(), 0, "BotCheckpointStale")
	increase := func(d *metric.Def) promql.Expr {
		return b.of(d).EachOver("increase", promql.Interval).Sum(promql.Instance)
	}
	b.row("Checkpoints")
	b.line(7,
		samples("Age of the checkpoint", "Time since the state was last found to be saved. The line is where its alert begins.").
			over(process, b.each(self.CheckpointAge)).set(unit(unitSeconds), anyDecimals()).limitLine(stale).none(noSamples),
		samples("Duration of a checkpoint", "Time that the last checkpoint took to write.").
			over(process, b.each(self.CheckpointDuration)).set(unit(unitSeconds), anyDecimals()).none(noSamples),
		samples("Size of the checkpoint", "Size of the last checkpoint.").
			over(process, b.each(self.CheckpointSize)).set(unit(unitBytes), anyDecimals()).none(noSamples),
		bars("Failed checkpoints", "Checkpoints, and marks of what a page showed, that could not be written, and checkpoint files that were found damaged at start."+fromRates).
			over("not written "+process, increase(self.CheckpointFailures), color(negative)).
			over("mark not written "+process, increase(self.MarkFailures), color(negative)).
			over("damaged "+process, increase(self.CheckpointRejected), color(warning)).none(noSamples),
	)
}

func (b *board) healthStream() {
	b.row("Stream and broker")
	clock := rising(time.Duration(b.cfg.Rules.Alerts.BrokerClockOff.Above).Seconds(), 0, "BotBrokerClockOff")
	b.line(6,
		samples("Applied sequence", "Stream sequence of the last message counted: replicas should be close together.").
			over(process, b.each(self.AppliedSequence)).none(noSamples),
		samples("Clock of the broker", "Clock of the broker minus that of each process. It should be about 0: the broker's clock places events in time. The line is where its alert begins.").
			over(process, b.each(self.BrokerClock)).set(unit(unitSeconds), anyDecimals()).limitLine(clock).none(noSamples),
		samples("Origin: lag", "Messages that the origin of a mirror or sourced stream holds and the stream does not yet. 0 where bots publish to the stream itself.").
			over(process, b.each(self.OriginLag)).watched("BotStreamUnread").none(noSamples),
		samples("Rate of catching up", "Messages counted per second while a process catches up.").
			over(process, b.each(self.ReplayRate)).none(noSamples),
	)
}

func (b *board) healthProcess() {
	slow := func(d *metric.Def) promql.Expr {
		return b.of(d).Buckets().EachOver("rate", promql.RateInterval).Sum(promql.LE, promql.Instance).Quantile(0.99).Where(">=", promql.Number(0))
	}
	when := func(d *metric.Def) promql.Expr {
		return promql.Number(1000).Mul(b.each(d).Where(">", promql.Number(0)))
	}
	info := func(title, description string, def *metric.Def, names map[string]metric.Label, order ...string) *panel {
		by, p := []metric.Label{promql.Instance}, list(title, description).key("Process", promql.Instance, minWidth(100))
		for _, name := range order {
			by, p = append(by, names[name]), p.key(name, names[name])
		}
		return p.column("Count", b.of(def).Each().Max(by...), hide())
	}
	version, digest := self.BuildInfo.Labels, self.Digest.Labels
	b.row("Process")
	b.line(7,
		samples("Time to apply a batch", "The p99 of the time that a batch of messages takes."+fromRates).
			over(process, slow(self.FoldDuration)).set(unit(unitSeconds), anyDecimals()).none(noSamples),
		samples("Scrapes: time to copy the numbers", "The p99 of the time that it takes to copy all numbers for one scrape."+fromRates).
			over(process, slow(self.ScrapeDuration)).set(unit(unitSeconds), anyDecimals()).none(noSamples),
		list("Configuration", "Whether the configuration file could be read and applied when that was last asked for, and when it last could; when the process started.").
			key("Process", promql.Instance, minWidth(100)).
			column("Applied", b.each(self.ConfigReloaded), append(yesIsGood, yesNo, colouredText())...).
			column("When", when(self.ConfigReloadTime), unit(unitWhen)).
			column("Started", when(self.StartTime), unit(unitWhen)).watched("BotConfigReloadFailed").none(noSamples),
	)
	b.line(7,
		info("Versions", "Version of the program of each process.", self.BuildInfo,
			map[string]metric.Label{"Version": version[0], "Revision": version[1], "Go": version[3]}, "Version", "Revision", "Go").none(noSamples),
		info("Zone of days and hours", "Time zone of the weekdays, hours and days of all KPIs.", self.TimeZone,
			map[string]metric.Label{"Time zone": zone}, "Time zone").none(noSamples),
		list("Digests of the state", "Digests of the state at the last multiples of 65,536 messages. Replicas with the same basis (stream, configuration, users' key) have the same digest at the same sequence.").
			key("Process", promql.Instance, minWidth(100)).key("Basis", digest[0]).key("Slot", digest[1]).
			column("Sequence", b.of(self.DigestSequence).Each().Max(promql.Instance, digest[0], digest[1])).
			column("Digest", b.of(self.Digest).Each().Max(promql.Instance, digest[0], digest[1])).
			watched("BotReplicasDiverged").none("None yet, or no exporter"),
	)
}
