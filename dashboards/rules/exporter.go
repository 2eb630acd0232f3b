package rules

import (
	"cmp"
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// ExporterAlerts are the settings of the alerts on the exporter itself and its stream.
type ExporterAlerts struct {
	ExporterDown         Recent `yaml:"BotExporterDown"`
	ExporterNotReady     Common `yaml:"BotExporterNotReady"`
	StreamIdentityBroken Common `yaml:"BotStreamIdentityBroken"`
	BrokerLost           Count  `yaml:"BotBrokerLostMessages"`
	ExporterLagging      Lag    `yaml:"BotExporterLagging"`
	CheckpointStale      Age    `yaml:"BotCheckpointStale"`
	ReplicasDiverged     Common `yaml:"BotReplicasDiverged"`
	ConfigReloadFailed   Common `yaml:"BotConfigReloadFailed"`
	BrokerClockOff       Age    `yaml:"BotBrokerClockOff"`
	StreamUnread         Common `yaml:"BotStreamUnread"`
	SeriesNearLimit      Usage  `yaml:"BotSeriesNearLimit"`
	MemoryNearLimit      Usage  `yaml:"BotMemoryNearLimit"`
}

func exporterDefaults(a *Alerts) {
	a.ExporterAlerts = ExporterAlerts{
		ExporterDown:         Recent{Common{Severity: critical, For: 5 * minute}, day},
		ExporterNotReady:     Common{Severity: critical, For: 15 * minute},
		StreamIdentityBroken: Common{Severity: critical, For: minute},
		BrokerLost:           Count{Common{Severity: warning}, hour, 0},
		ExporterLagging:      Lag{Common{Severity: warning, For: 10 * minute}, 10_000, 15 * minute},
		CheckpointStale:      Age{Common{Severity: warning, For: 5 * minute}, 5 * minute},
		ReplicasDiverged:     Common{Severity: warning},
		ConfigReloadFailed:   Common{Severity: warning, For: 5 * minute},
		BrokerClockOff:       Age{Common{Severity: warning, For: 10 * minute}, minute},
		StreamUnread:         Common{Severity: critical, For: 5 * minute},
		SeriesNearLimit:      Usage{Common{Severity: warning, For: 15 * minute}, 0.9},
		MemoryNearLimit:      Usage{Common{Severity: warning, For: 15 * minute}, 0.95},
	}
}

// Lag is an alert on messages that are not applied yet.
type Lag struct {
	Common `yaml:",inline"`
	Above  float64  `yaml:"above" doc:"limit of the number of messages"`
	Stuck  Duration `yaml:"stuck" doc:"any lag counts if nothing was applied for this long"`
}

func (s Lag) validate() error {
	return cmp.Or(s.Common.validate(), notNegative("above", s.Above), window("stuck", s.Stuck))
}

// Usage is an alert on how much of a limit is used.
type Usage struct {
	Common `yaml:",inline"`
	Above  float64 `yaml:"above" doc:"part of the limit, 0 to 1"`
}

func (s Usage) validate() error { return cmp.Or(s.Common.validate(), fraction("above", s.Above)) }

// Recent is an alert that compares with recent values.
type Recent struct {
	Common   `yaml:",inline"`
	Lookback Duration `yaml:"lookback" doc:"how far back to look"`
}

func (s Recent) validate() error { return cmp.Or(s.Common.validate(), window("lookback", s.Lookback)) }

func (b *builder) exporter() {
	b.ready()
	b.lag()
	b.down(b.cfg.Alerts.ExporterDown)
	b.notReady(b.cfg.Alerts.ExporterNotReady)
	b.identity(b.cfg.Alerts.StreamIdentityBroken)
	b.brokerLost(b.cfg.Alerts.BrokerLost)
	b.lagging(b.cfg.Alerts.ExporterLagging)
	b.stale(b.cfg.Alerts.CheckpointStale)
	b.diverged(b.cfg.Alerts.ReplicasDiverged)
	b.reloadFailed(b.cfg.Alerts.ConfigReloadFailed)
	b.clockOff(b.cfg.Alerts.BrokerClockOff)
	b.unread(b.cfg.Alerts.StreamUnread)
	b.seriesNearLimit(b.cfg.Alerts.SeriesNearLimit)
	b.memoryNearLimit(b.cfg.Alerts.MemoryNearLimit)
}

// onInstance is the subject of alerts on one process.
const onInstance = "{{ $labels.instance }} of {{ $labels.job }}"

// down compares jobs, not instances: an instance that moves to another address never comes back.
func (b *builder) down(s Recent) {
	ready := b.scope.Of(self.Ready)
	seen := ready.EachOver("last_over_time", s.Lookback.window()).Aggregate("count", promql.Job)
	b.alert(Alert{
		Name: "BotExporterDown", Settings: s,
		Value: above(seen.UnlessOn(ready.Each().Aggregate("count", promql.Job), promql.Job).Either(ready.Absent(s.Lookback.window())), 0),
		// absent() has no job.
		Summary:     "No exporter{{ if index $labels \"job\" }} of {{ index $labels \"job\" }}{{ end }} can be scraped: there are no KPIs, and no alerts on them.",
		Description: fmt.Sprintf("Prometheus gets no metrics from any exporter{{ if index $labels \"job\" }} of {{ index $labels \"job\" }}, although it scraped {{ $value }} in the last %s{{ end }}.", s.Lookback.words()),
		Meaning:     "Prometheus cannot scrape any exporter of a job.",
		Threshold:   fmt.Sprintf("no exporter for %s", s.For),
		Why:         "Without an exporter, KPI alerts keep their last values for an hour and then end. Nothing is lost as long as the stream keeps its messages.",
	})
}

func (b *builder) notReady(s Common) {
	b.alert(Alert{
		Name: "BotExporterNotReady", Settings: s,
		Value:       below(b.scope.Of(self.Ready).Now(), 1),
		Dashboard:   pair[:1],
		Summary:     fmt.Sprintf("No exporter of {{ $labels.job }} has been ready for %s: KPIs are missing or stand still.", s.For.words()),
		Description: fmt.Sprintf("For %s, each exporter of {{ $labels.job }} has been connecting, catching up or without a stream. KPIs are missing or stand still, and KPI alerts do not start.", s.For.words()),
		Meaning:     "No replica follows the stream.",
		Threshold:   fmt.Sprintf("no replica ready for %s", s.For),
		Why:         "A restart takes seconds, the replay of a long stream minutes.",
	})
}

func (b *builder) identity(s Common) {
	field := self.Mismatch.Labels[0]
	b.alert(Alert{
		Name: "BotStreamIdentityBroken", Settings: s,
		Value:       above(b.scope.Of(self.Mismatch).Now().Aggregate("max", promql.Job, field), 0),
		Dashboard:   pair[:1],
		Summary:     "The stream of {{ $labels.job }} differs in {{ $labels.field }} from the one that was counted: KPIs stopped until somebody decides.",
		Description: "The stream that {{ $labels.job }} reads is not the one that its state was counted from: {{ $labels.field }} differs. It shows no KPIs until somebody decides how to go on.",
		Meaning:     "The stream was deleted, replaced, restored or rewound.",
		Threshold:   fmt.Sprintf("any, for %s", s.For),
		Why:         "Going on would count events twice or skip them, so the exporter waits for a decision.",
	})
}

func (b *builder) brokerLost(s Count) {
	b.alert(Alert{
		Name: "BotBrokerLostMessages", Settings: s,
		Value:     above(b.scope.Of(self.BrokerLost).EachOver("increase", s.Window.window()).Aggregate("max", promql.Job), s.Above),
		Dashboard: pair[:1],
		Summary:   "The broker of {{ $labels.job }} lost about {{ $value | printf \"%.0f\" }} counted messages: others may be missing for good.",
		Description: fmt.Sprintf("In the last %s, the broker of {{ $labels.job }} lost the last messages of the stream, about {{ $value | printf \"%%.0f\" }}; usually the cause is a power cut. "+
			"They stay counted. Messages that it lost before the exporter read them are missing, and nobody knows how many.", s.Window.words()),
		Meaning:   "The stream lost its last messages, and the exporter resumed after the last one that both have.",
		Threshold: fmt.Sprintf("more than %s in %s", number(s.Above), s.Window),
		Why:       "The broker acknowledges messages before they are on disk. Producers believe that they are stored, and the next power cut takes more.",
	})
}

func (b *builder) lagging(s Lag) {
	lag := b.scope.Of(self.Lag).Each()
	stuck := b.scope.Of(self.AppliedSequence).EachOver("changes", s.Stuck.window()).Where("==", promql.Number(0))
	b.alert(Alert{
		Name: "BotExporterLagging", Settings: s,
		Value:       above(lag.Where(">", promql.Number(s.Above)).Or(lag.And(stuck)), 0),
		Dashboard:   pair[:1],
		Summary:     onInstance + " is {{ $value | humanize }} messages behind the stream: KPIs are out of date.",
		Description: fmt.Sprintf("%s still has to apply {{ $value | humanize }} messages. The limit is %s, or any number if nothing was applied for %s.", onInstance, number(s.Above), s.Stuck.words()),
		Meaning:     "Messages on the stream wait to be counted.",
		Threshold:   fmt.Sprintf("more than %s messages, or any without progress in %s", number(s.Above), s.Stuck),
		Why:         "The exporter is far faster than bots talk. A lag that lasts is a slow network, a slow disk or a stuck consumer.",
	})
}

func (b *builder) stale(s Age) {
	b.alert(Alert{
		Name: "BotCheckpointStale", Settings: s,
		Value:       above(b.scope.Of(self.CheckpointAge).Each(), s.Above.seconds()),
		Dashboard:   pair[:1],
		Summary:     "The last checkpoint of " + onInstance + " is {{ $value | humanizeDuration }} old: its state is not being saved.",
		Description: fmt.Sprintf("%s saved its state {{ $value | humanizeDuration }} ago. The limit is %s. After a crash it would replay the stream since then, if the stream still has it.", onInstance, s.Above.words()),
		Meaning:     "Checkpoints are not being written.",
		Threshold:   fmt.Sprintf("older than %s", s.Above),
		Why:         "A checkpoint is due every 30 s. Usually the disk is full or read-only. Nothing is lost while the process lives or the stream keeps its messages.",
	})
}

// diverged compares digests of the same message only: replicas need not reach a mark at the same time. Each slot of a
// digest lasts until fifteen more marks have passed, so that scrapes of both replicas see it.
func (b *builder) diverged(s Common) {
	slot := append([]metric.Label{promql.Job}, self.Digest.Labels...)
	digests, sequences := b.scope.Of(self.Digest).Each(), b.scope.Of(self.DigestSequence).Each()
	differ := digests.Aggregate("stddev", slot...).Where(">", promql.Number(0))
	same := sequences.Aggregate("stddev", slot...).Where("==", promql.Number(0))
	b.alert(Alert{
		Name: "BotReplicasDiverged", Settings: s,
		Value:       above(sequences.Aggregate("max", slot...).AndOn(differ, slot...).AndOn(same, slot...).Aggregate("min", slot[:2]...), 0),
		Dashboard:   pair[:1],
		Summary:     "Replicas of {{ $labels.job }} have different states after message {{ $value }}: they counted the same stream differently.",
		Description: "After message {{ $value }}, replicas of {{ $labels.job }} have different states, although they share the stream, the configuration and the users' key.",
		Meaning:     "Two replicas that should have the same state do not.",
		Threshold:   "two digests of one sequence",
		Why:         "The state is a function of the stream, so one of them was changed or read another history. Dashboards show the larger of the two numbers.",
	})
}

func (b *builder) reloadFailed(s Common) {
	b.alert(Alert{
		Name: "BotConfigReloadFailed", Settings: s,
		Value:       below(b.scope.Of(self.ConfigReloaded).Each(), 1),
		Dashboard:   pair[:1],
		Summary:     onInstance + " could not reload its configuration file: it may not start again.",
		Description: onInstance + " could not read or apply its configuration file, and keeps the previous configuration. With the file as it is, it may not start again.",
		Meaning:     "The configuration file could not be reloaded.",
		Threshold:   fmt.Sprintf("the last reload failed, for %s", s.For),
		Why:         "Nothing is wrong until the next start, which would fail with the same error.",
	})
}

func (b *builder) clockOff(s Age) {
	b.alert(Alert{
		Name: "BotBrokerClockOff", Settings: s,
		Value:       above(b.scope.Of(self.BrokerClock).Each().Func("abs"), s.Above.seconds()),
		Dashboard:   pair[:1],
		Summary:     "The clocks of the broker and of " + onInstance + " are {{ $value | humanizeDuration }} apart: times of events are not reliable.",
		Description: fmt.Sprintf("The clock of the broker and that of %s are {{ $value | humanizeDuration }} apart. The limit is %s.", onInstance, s.Above.words()),
		Meaning:     "The clock of the broker or of the exporter is wrong.",
		Threshold:   fmt.Sprintf("more than %s apart for %s", s.Above, s.For),
		Why:         "The broker's clock places every event in time. If it is wrong, chats close too early or too late, and event times are replaced.",
	})
}

func (b *builder) unread(s Common) {
	setting := self.Advice.Labels[0]
	b.alert(Alert{
		Name: "BotStreamUnread", Settings: s,
		Value:       above(b.scope.Of(self.Advice).Is(setting, "subjects", "origin").Now().Aggregate("max", promql.Job, setting), 0),
		Dashboard:   pair[:1],
		Summary:     "{{ $labels.job }} does not get what bots publish ({{ $labels.setting }}): KPIs stand still or are too low.",
		Description: "{{ $labels.job }} follows its stream, but does not get all that bots publish. The runbook explains the setting {{ $labels.setting }}. KPIs stand still or are too low while everything seems to work.",
		Meaning:     "The stream has no messages on the subjects that the exporter reads, or does not copy all of its origin.",
		Threshold:   fmt.Sprintf("any, for %s", s.For),
		Why:         "A misspelled subject, an edited stream or a mirror whose origin was recreated looks like bots that nobody talks to.",
	})
}

func (b *builder) seriesNearLimit(s Usage) {
	b.alert(Alert{
		Name: "BotSeriesNearLimit", Settings: s,
		Value:       above(b.scope.Of(self.Series).Each().Div(b.scope.Of(self.SeriesLimit).Each()), s.Above),
		Dashboard:   pair[:1],
		Summary:     onInstance + " has used {{ $value | humanizePercentage }} of limits.series: new label values will soon be counted as __other__.",
		Description: fmt.Sprintf("%s has {{ $value | humanizePercentage }} of the samples that limits.series allows. The limit of the alert is %s. At 100%%, new bots, channels and other label values are counted as __other__.", onInstance, percent(s.Above)),
		Meaning:     "The KPIs have nearly as many samples as they may.",
		Threshold:   fmt.Sprintf("more than %s of the limit, for %s", percent(s.Above), s.For),
		Why:         "There is still time to raise the limit, which counts the stream anew, or to find the label that grows.",
	})
}

func (b *builder) memoryNearLimit(s Usage) {
	b.alert(Alert{
		Name: "BotMemoryNearLimit", Settings: s,
		Value:       above(b.scope.Of(self.ResidentMemory).Each().Div(b.scope.Of(self.MemoryLimit).Each()), s.Above),
		Dashboard:   pair[:1],
		Summary:     onInstance + " uses {{ $value | humanizePercentage }} of its GOMEMLIMIT: it may soon be killed.",
		Description: fmt.Sprintf("%s uses {{ $value | humanizePercentage }} of its GOMEMLIMIT. The limit of the alert is %s. At 100%% it collects garbage all the time; beyond, the system may kill it.", onInstance, percent(s.Above)),
		Meaning:     "The exporter uses nearly all the memory that it may.",
		Threshold:   fmt.Sprintf("more than %s of GOMEMLIMIT, for %s", percent(s.Above), s.For),
		Why:         "A process that is killed for its memory replays the stream and is killed again. Without GOMEMLIMIT the alert never fires.",
	})
}
