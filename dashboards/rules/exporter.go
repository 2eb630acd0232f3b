package rules

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

func (b *book) exporter() {
	b.ready()
	b.lag()
	b.down(b.cfg.Alerts.ExporterDown)
	b.notReady(b.cfg.Alerts.ExporterNotReady)
	b.identity()
	b.brokerLost(b.cfg.Alerts.BrokerLost)
	b.lagging(b.cfg.Alerts.ExporterLagging)
	b.stale(b.cfg.Alerts.CheckpointStale)
	b.diverged(b.cfg.Alerts.ReplicasDiverged)
	b.refused(b.cfg.Alerts.ConfigReloadFailed)
	b.clock(b.cfg.Alerts.BrokerClockOff)
	b.unread(b.cfg.Alerts.StreamUnread)
}

// down compares jobs, not instances: an instance goes for good when it is moved to another address.
func (b *book) down(s Memory) {
	ready := b.scope.Of(self.Ready)
	seen := ready.EachOver("last_over_time", s.Lookback.window()).Aggregate("count", promql.Job)
	b.alert(Alert{
		Name: "BotExporterDown", Common: s.Common,
		Value:   above(seen.UnlessOn(ready.Each().Aggregate("count", promql.Job), promql.Job).Either(ready.Absent(s.Lookback.window())), 0),
		Summary: "No exporter can be scraped.",
		// absent() has no job.
		Description: fmt.Sprintf("Prometheus gets no metrics from any exporter{{ if index $labels \"job\" }} of {{ index $labels \"job\" }}, though it got some from {{ $value }} in the last %s{{ end }}.", s.Lookback.words()),
		Meaning:     "Prometheus cannot scrape any exporter of a job.",
		Threshold:   fmt.Sprintf("none for %s", s.For),
		Why:         "Without it, rate alerts stand on their last values for an hour, and then end. Nothing is lost as long as the stream keeps its messages.",
	})
}

func (b *book) notReady(s Common) {
	b.alert(Alert{
		Name: "BotExporterNotReady", Common: s,
		Value:       below(b.scope.Of(self.Ready).Now(), 1),
		Dashboard:   pair[:1],
		Summary:     "The exporter runs, but its numbers are not up to date.",
		Description: fmt.Sprintf("No replica of {{ $labels.job }} has been ready for %s: it is connecting, catching up, or has no stream. KPIs are missing or stand still, and rate alerts are held.", s.For.words()),
		Meaning:     "No replica follows the stream.",
		Threshold:   fmt.Sprintf("no replica ready for %s", s.For),
		Why:         "A restart takes seconds, the replay of a long stream minutes.",
	})
}

func (b *book) lagging(s Lag) {
	lag := b.scope.Of(self.Lag).Each()
	stuck := b.scope.Of(self.AppliedSequence).EachOver("changes", s.Stuck.window()).Where("==", promql.Number(0))
	b.alert(Alert{
		Name: "BotExporterLagging", Common: s.Common,
		Value:       above(lag.Where(">", promql.Number(s.Above)).Or(lag.And(stuck)), 0),
		Dashboard:   pair[:1],
		Summary:     "The exporter is behind the stream.",
		Description: fmt.Sprintf("{{ $labels.instance }} of {{ $labels.job }} has {{ $value | humanize }} messages still to apply. The limit is %s, or any when nothing was applied for %s.", number(s.Above), s.Stuck.words()),
		Meaning:     "Messages of the stream wait to be counted.",
		Threshold:   fmt.Sprintf("more than %s messages, or any and no progress in %s", number(s.Above), s.Stuck),
		Why:         "The exporter folds far faster than bots talk; a lasting lag is a slow network, a slow disk or a stuck consumer.",
	})
}

func (b *book) stale(s Age) {
	b.alert(Alert{
		Name: "BotCheckpointStale", Common: s.Common,
		Value:       above(b.scope.Of(self.CheckpointAge).Each(), s.Above.seconds()),
		Dashboard:   pair[:1],
		Summary:     "The state has not been saved for some time.",
		Description: fmt.Sprintf("{{ $labels.instance }} of {{ $labels.job }} saved its state {{ $value | humanizeDuration }} ago. The limit is %s. After a crash it would have to replay the stream since then, if that still has it.", s.Above.words()),
		Meaning:     "Checkpoints are not written.",
		Threshold:   fmt.Sprintf("older than %s", s.Above),
		Why:         "One is due every 30 s. Mostly the disk is full or read-only. Nothing is lost while the process lives or the stream keeps its messages.",
	})
}

// diverged compares only what is comparable, and remembers for a while what each replica said: they need not reach a
// mark at the same time, nor be scraped at every mark.
func (b *book) diverged(s Memory) {
	said := b.scope.Of(self.Digest).EachOver("last_over_time", s.Lookback.window())
	mark := append([]metric.Label{promql.Job}, self.Digest.Labels[:2]...)
	all := append([]metric.Label{promql.Job}, self.Digest.Labels...)
	b.alert(Alert{
		Name: "BotReplicasDiverged", Common: s.Common,
		Value:       above(said.Aggregate("max", all...).Aggregate("count", mark...), 1),
		Dashboard:   pair[:1],
		Summary:     "Replicas have counted the same stream differently.",
		Description: "Replicas of {{ $labels.job }} have {{ $value }} different states after message {{ $labels.sequence }}, though they have the same stream, configuration and users' key.",
		Meaning:     "Two exporters that should be equal are not.",
		Threshold:   fmt.Sprintf("two digests of one sequence within %s", s.Lookback),
		Why:         "The state is a function of the stream: one of them was changed, or read another history. Dashboards show the larger number of the two.",
	})
}

func (b *book) refused(s Common) {
	b.alert(Alert{
		Name: "BotConfigReloadFailed", Common: s,
		Value:       below(b.scope.Of(self.ConfigReloaded).Each(), 1),
		Dashboard:   pair[:1],
		Summary:     "The configuration file could not be read again or applied.",
		Description: "{{ $labels.instance }} of {{ $labels.job }} goes on with the configuration before. With the file as it is, it may not start again.",
		Meaning:     "A reload was refused.",
		Threshold:   fmt.Sprintf("the last reload failed, for %s", s.For),
		Why:         "Nothing is wrong until the next start, which would end with the same error.",
	})
}

func (b *book) clock(s Age) {
	b.alert(Alert{
		Name: "BotBrokerClockOff", Common: s.Common,
		Value:       above(b.scope.Of(self.BrokerClock).Each().Func("abs"), s.Above.seconds()),
		Dashboard:   pair[:1],
		Summary:     "The clocks of the broker and of the exporter differ.",
		Description: fmt.Sprintf("The clock of the broker and that of {{ $labels.instance }} of {{ $labels.job }} are {{ $value | humanizeDuration }} apart. The limit is %s.", s.Above),
		Meaning:     "One of the two clocks is wrong.",
		Threshold:   fmt.Sprintf("more than %s for %s", s.Above, s.For),
		Why:         "The broker's clock places every event in time. If it is wrong, chats close too early or late, and event times are replaced.",
	})
}

func (b *book) unread(s Common) {
	setting := self.Advice.Labels[0]
	b.alert(Alert{
		Name: "BotStreamUnread", Common: s,
		Value:       above(b.scope.Of(self.Advice).Is(setting, "subjects", "origin").Now().Aggregate("max", promql.Job, setting), 0),
		Dashboard:   pair[:1],
		Summary:     "What bots publish does not reach the exporter.",
		Description: "The stream that {{ $labels.job }} reads is there, but does not get all that bots publish: see the setting {{ $labels.setting }} in the runbook. KPIs stand still or are too low, while everything looks up.",
		Meaning:     "The stream holds nothing under the subjects that are read, or does not copy all of its origin.",
		Threshold:   fmt.Sprintf("any, for %s", s.For),
		Why:         "A misspelled subject, a stream that was edited, or a mirror whose origin was made anew look like bots that nobody talks to.",
	})
}
