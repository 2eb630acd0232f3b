package dashboards

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// healthBoard shows each process for itself: here a replica is not a copy but something that can fail.
func healthBoard(cfg Config) (Dashboard, error) {
	b := newBoard(cfg, "bot-exporter", "Exporter health", "",
		"Whether the exporter follows the stream, saves its state, and what it could not count. Every process is shown for itself.")
	b.builder.Time("now-6h", "now").Refresh("30s")
	each := func(d *metric.Def) promql.Expr { return b.of(d).Each().Max(promql.Instance) }
	yes := mapped(text(map[string]string{"0": "no", "1": "yes"}))
	good := []threshold{{0, negative}, {1, positive}}
	bad := []threshold{{0, positive}, {1, negative}}
	const process = "{{instance}}"

	b.row("State")
	b.line(4,
		number("Ready", "Whether the KPIs are complete and follow the stream. While an exporter catches up it shows no KPIs.").
			now(process, each(self.Ready)).set(yes, byThresholds(), limits(good...)),
		number("Connected", "Whether the connection to NATS is up.").
			now(process, each(self.Connected)).set(yes, byThresholds(), limits(good...)),
		number("Lag", "Messages of the stream that are not yet applied.").
			now(process, each(self.Lag)).set(byThresholds(), limits(highIsBad(cfg.limits().Lag)...)).wide(3),
		number("Last event", "When the broker stored the last message that was applied.").
			now(process, each(self.LastEvent).Mul(promql.Number(1000))).set(unit(unitWhen)).none("No event yet").wide(5),
		number("Stream mismatch", "What tells that the stream is not the one that the state was made from. The exporter then stops counting.").
			now("{{instance}} {{field}}", b.of(self.Mismatch).Each().Max(promql.Instance, self.Mismatch.Labels[0]).Where(">", promql.Number(0))).
			set(yes, byThresholds(), limits(bad...)).none("None"),
		number("Messages lost", "Messages that the stream dropped before they were read, and messages that the broker lost after they were counted, which stay counted."+exactRange).
			now("dropped", total(b.of(collectors.EventsLost))).
			now("lost by the broker", b.of(self.BrokerLost).EachOver("increase", promql.Range).Max()).set(byThresholds(), limits(bad...)),
	)
	b.line(6,
		states("Ready over time", "Whether each process was ready.").
			over(process, each(self.Ready)).set(yes, byThresholds(), limits(good...)),
		samples("Lag over time", "Messages of the stream that are not yet applied.").
			over(process, each(self.Lag)),
		samples("Catching up", "Messages that are still to be applied before the KPIs are shown, messages applied per second meanwhile, and how many seconds that will still take.").
			over("remaining "+process, each(self.ReplayRemaining)).
			over("per second "+process, each(self.ReplayRate)).
			over("seconds left "+process, each(self.ReplayLeft)),
	)

	b.row("Events")
	rejected := b.of(collectors.EventsRejected)
	b.line(8,
		bars("Events by kind", "Events applied."+exactSteps).
			over("{{kind}}", step(b.of(collectors.Events), eventKind)).wide(12).none("No events"),
		bars("Rejected messages", "Messages that could not be applied, by the first reason found."+exactSteps).
			over("{{reason}}", step(rejected, collectors.EventsRejected.Labels[0])).none("No events"),
		bars("Left out or changed", "Events that were duplicates, ignored since they are tests, clamped to the time at which they were stored, stored at a time that the clock did not follow, or lost."+exactSteps).
			over("duplicates", step(b.of(collectors.EventsDuplicate)), color(neutral)).
			over("ignored: {{reason}}", step(b.of(collectors.EventsIgnored), collectors.EventsIgnored.Labels[0]), color(primary)).
			over("clamped: {{direction}}", step(b.of(collectors.EventsClamped), collectors.EventsClamped.Labels[0])).
			over("clock doubted", step(b.of(collectors.ClockDoubted)), color(warning)).
			over("lost", step(b.of(collectors.EventsLost)), color(negative)).none("No events"),
	)
	delay := b.of(collectors.EventDelay)
	b.line(7,
		lines("Delay of events", "Time from an event to its storing in the stream: median, p90 and p99 of the applied events. Producers that queue events, and wrong clocks, show here."+estimate).
			over("median", stepQuantile(0.5, delay), color(primary)).
			over("p90", stepQuantile(0.9, delay), color(warning)).
			over("p99", stepQuantile(0.99, delay), color(negative)).
			set(unit(unitSeconds), decimals(1)).none("No events"),
	)
	overflow := collectors.LabelOverflow.Labels
	b.line(7,
		samples("Applied sequence", "Stream sequence of the last message applied: replicas should be close together.").
			over(process, each(self.AppliedSequence)),
		list("Label overflow", "Increments that went to the overflow value of a label because it reached its limit."+exactRange).
			key("Metric", overflow[0]).key("Label", overflow[1]).
			column("Increments", total(b.of(collectors.LabelOverflow), overflow...).Where(">", promql.Number(0)), bar(warning)...).
			sortBy("Increments").none("No label reached its limit"),
		number("Events", "Events applied, rejected, duplicate, and messages delivered a second time and left out."+exactRange).
			now("applied", total(b.of(collectors.Events))).
			now("rejected", total(rejected), color(negative)).
			now("duplicate", total(b.of(collectors.EventsDuplicate)), color(neutral)).
			now("redelivered", b.of(self.Redelivered).EachOver("increase", promql.Range).Sum(), color(neutral)),
	)

	b.row("Checkpoints")
	b.line(7,
		samples("Age", "Time since the state was last found to be saved.").
			over(process, each(self.CheckpointAge)).set(unit(unitSeconds)),
		samples("Duration", "Time that the last checkpoint took to write.").
			over(process, each(self.CheckpointDuration)).set(unit(unitSeconds), decimals(3)),
		samples("Size", "Size of the last checkpoint.").
			over(process, each(self.CheckpointSize)).set(unit(unitBytes)),
		bars("Failures", "Checkpoints, and marks of what a page showed, that could not be written, and checkpoint files that were found damaged at start."+fromRates).
			over("not written "+process, b.of(self.CheckpointFailures).EachOver("increase", promql.Interval).Max(promql.Instance), color(negative)).
			over("mark not written "+process, b.of(self.MarkFailures).EachOver("increase", promql.Interval).Max(promql.Instance), color(negative)).
			over("damaged "+process, b.of(self.CheckpointRejected).EachOver("increase", promql.Interval).Sum(promql.Instance), color(warning)),
	)

	b.row("Process")
	slow := func(d *metric.Def) promql.Expr {
		return b.of(d).Buckets().EachOver("rate", promql.RateInterval).Sum(promql.LE, promql.Instance).Quantile(0.99).Where(">=", promql.Number(0))
	}
	b.line(7,
		samples("Time to apply a batch", "What 99 of 100 batches of messages stay below."+fromRates).
			over(process, slow(self.FoldDuration)).set(unit(unitSeconds), decimals(4)),
		samples("Time to copy the KPIs", "What 99 of 100 scrapes stay below."+fromRates).
			over(process, slow(self.ScrapeDuration)).set(unit(unitSeconds), decimals(4)),
		list("Settings at risk", "Settings of the stream or the broker that put messages at risk.").
			key("Setting", self.Advice.Labels[0]).
			key("Process", promql.Instance).
			column("At risk", b.of(self.Advice).Each().Max(self.Advice.Labels[0], promql.Instance).Where(">", promql.Number(0)), yes).
			none("None"),
		list("Configuration", "Whether the configuration file could be read and applied when that was last asked for, and when it last could.").
			key("Process", promql.Instance).
			column("Applied", each(self.ConfigReloaded), yes, byThresholds(), limits(good...)).
			column("When", each(self.ConfigReloadTime).Mul(promql.Number(1000)), unit(unitWhen)),
	)
	b.line(6,
		samples("Series", "Samples of all KPIs, and how many there may be before new label values become __other__.").
			over(process, each(self.Series)).
			over("limit of "+process, each(self.SeriesLimit), color(neutral)),
		samples("Clock of the broker", "Clock of the broker minus that of each process. It should be about 0: the broker's clock places events in time.").
			over(process, each(self.BrokerClock)).set(unit(unitSeconds), decimals(3)),
		samples("Lag of the origin", "Messages that the origin of a mirror or sourced stream holds and the stream does not yet. 0 where bots publish to the stream itself.").
			over(process, each(self.OriginLag)),
	)
	since := b.of(self.FirstEvent).Each().Max(promql.Instance).Mul(promql.Number(float64(time.Second / time.Millisecond)))
	b.line(6,
		list("Versions", "Version of the program of each process.").
			key("Process", promql.Instance).key("Version", self.BuildInfo.Labels[0]).key("Revision", self.BuildInfo.Labels[1]).key("Go", self.BuildInfo.Labels[3]).
			column("Processes", b.of(self.BuildInfo).Each().Max(promql.Instance, self.BuildInfo.Labels[0], self.BuildInfo.Labels[1], self.BuildInfo.Labels[3])),
		list("State digests", "Digests of the state at the last multiples of 65,536 messages: equal in all replicas of the same basis (stream, configuration, users' key) at the same sequence.").
			key("Process", promql.Instance).key("Basis", self.Digest.Labels[0]).key("Slot", self.Digest.Labels[1]).
			column("Sequence", b.of(self.DigestSequence).Each().Max(append([]metric.Label{promql.Instance}, self.Digest.Labels...)...)).
			column("Digest", b.of(self.Digest).Each().Max(append([]metric.Label{promql.Instance}, self.Digest.Labels...)...)).none("Fewer than 65,536 messages"),
		number("Counting since", "When the broker stored the first message ever applied, and how often the exporter was told to go on with another stream.").
			now(process, since, unit("dateTimeAsIso")).
			now("other streams", each(self.Epoch).Max()).none("No event yet"),
	)
	return b.build()
}
