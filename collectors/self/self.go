// Package self defines the metrics of the exporter's own process. They are not a function of the stream: the exporter
// keeps them in vectors of the client library. Dashboards and rules refer to them here, as they do to the KPIs.
package self

import "github.com/bot-exporter/bot-exporter/collectors/metric"

// Metrics of the process.
var (
	BuildInfo = gauge("bot_exporter_build_info",
		"Always 1. The labels hold the version and build of the exporter.",
		metric.Label{Name: "version"}, metric.Label{Name: "revision"}, metric.Label{Name: "branch"},
		metric.Label{Name: "goversion"}, metric.Label{Name: "goos"}, metric.Label{Name: "goarch"}, metric.Label{Name: "tags"})
	Ready = gauge("bot_exporter_ready",
		"1 when the KPIs are complete and up to date with the stream, else 0.")
	Connected = gauge("bot_exporter_nats_connected",
		"1 when the connection to NATS is up, else 0.")
	Lag = gauge("bot_exporter_lag_messages",
		"Messages in the stream that have not been applied yet.")
	AppliedSequence = gauge("bot_exporter_applied_sequence",
		"Stream sequence of the last message applied.")
	FirstEvent = gauge("bot_exporter_first_event_timestamp_seconds",
		"Unix time at which the broker stored the first message applied: the KPIs count from there.")
	LastEvent = gauge("bot_exporter_last_event_timestamp_seconds",
		"Unix time at which the broker stored the last message applied.")
	ReplayRemaining = gauge("bot_exporter_replay_remaining_messages",
		"Messages left to apply before the KPIs are shown.")
	ReplayRate = gauge("bot_exporter_replay_rate",
		"Messages applied per second while catching up.")
	ReplayLeft = gauge("bot_exporter_replay_left_seconds",
		"Estimated time left until the exporter has caught up; 0 when it has.")
	Mismatch = gauge("bot_exporter_stream_mismatch",
		"1 when the stream is not the one that the state was built from, by the field that differs.",
		metric.OneOf("field", "created", "last_sequence", "anchor", "subjects"))
	Epoch = gauge("bot_exporter_stream_epoch",
		"Number of times the exporter has continued with another stream, or with one that had lost its last messages.")
	BrokerLost = counter("bot_exporter_broker_lost_messages_total",
		"Messages that the broker lost after they were counted. They stay counted. Survives restarts.")
	Redelivered = counter("bot_exporter_redelivered_messages_total",
		"Messages delivered more than once and counted once.")
	CheckpointAge = gauge("bot_exporter_checkpoint_age_seconds",
		"Time since the state was last known to be saved.")
	CheckpointDuration = gauge("bot_exporter_checkpoint_duration_seconds",
		"Time it took to write the last checkpoint.")
	CheckpointSize = gauge("bot_exporter_checkpoint_size_bytes",
		"Size of the last checkpoint.")
	CheckpointFailures = counter("bot_exporter_checkpoint_failures_total",
		"Checkpoints that could not be written.")
	CheckpointRejected = counter("bot_exporter_checkpoint_rejected_total",
		"Checkpoint files found damaged at startup, by reason.",
		metric.OneOf("reason", "unreadable", "truncated", "magic", "checksum", "malformed"))
	MarkFailures = counter("bot_exporter_mark_failures_total",
		"Failed writes of the mark that says which message a page has shown. After a crash, counters may go down.")
	ConfigReloaded = gauge("bot_exporter_config_last_reload_successful",
		"1 when the last reload of the configuration succeeded, else 0.")
	ConfigReloadTime = gauge("bot_exporter_config_last_reload_success_timestamp_seconds",
		"Unix time of the last successful reload of the configuration.")
	FoldDuration = histogram("bot_exporter_fold_duration_seconds",
		"Time to apply one batch of messages.", 1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 1)
	ScrapeDuration = histogram("bot_exporter_scrape_duration_seconds",
		"Time to copy the KPIs for one scrape.", 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1)
	BrokerClock = gauge("bot_exporter_broker_clock_offset_seconds",
		"Clock of the broker minus clock of the exporter, when the stream was last looked up.")
	OriginLag = gauge("bot_exporter_stream_origin_lag_messages",
		"Messages that a mirror or sourced stream has not received yet, from the origin furthest ahead.")
	Series = gauge("bot_exporter_series",
		"Samples of all KPIs together.")
	TimeZone = gauge("bot_exporter_time_zone_info",
		"Always 1. The label is the time zone of weekdays, hours and days of all KPIs.", metric.Label{Name: "zone"})
	SeriesLimit = gauge("bot_exporter_series_limit",
		"Limit on the samples of all KPIs together; beyond it, new label values become __other__.")
	Advice = gauge("bot_exporter_stream_advice",
		"1 for each setting of the stream or broker that puts messages at risk.", metric.Label{Name: "setting"})
	Digest = gauge("bot_exporter_state_digest",
		"Digest of the state after a multiple of 65,536 messages (48 bits of it), in 16 slots that are used in turn. Replicas with the same basis (stream, configuration and key) have the same digest at the same sequence.",
		metric.Label{Name: "basis"}, metric.Label{Name: "slot"})
	DigestSequence = gauge("bot_exporter_state_digest_sequence",
		"Stream sequence at which the digest of a slot was made.",
		metric.Label{Name: "basis"}, metric.Label{Name: "slot"})
)

// Metrics of the client library that alerts read. They are in the page by its collectors and not defined here.
var (
	ResidentMemory = gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
	MemoryLimit    = gauge("go_gc_gomemlimit_bytes", "Go runtime memory limit configured by the user.")
	CPU            = counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
	OpenFiles      = gauge("process_open_fds", "Number of open file descriptors.")
	MaxFiles       = gauge("process_max_fds", "Maximum number of open file descriptors.")
	StartTime      = gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
	Goroutines     = gauge("go_goroutines", "Number of goroutines that currently exist.")
)

// Up is written by Prometheus itself for each target that it scrapes.
var Up = gauge("up", "1 when the last scrape of the target succeeded, else 0.")

// Defs lists the definitions.
func Defs() []*metric.Def {
	return []*metric.Def{BuildInfo, Ready, Connected, Lag, AppliedSequence, FirstEvent, LastEvent, ReplayRemaining, ReplayRate, ReplayLeft, Mismatch,
		Epoch, BrokerLost, Redelivered, CheckpointAge, CheckpointDuration, CheckpointSize, CheckpointFailures, CheckpointRejected, MarkFailures,
		ConfigReloaded, ConfigReloadTime, FoldDuration, ScrapeDuration, BrokerClock, OriginLag, TimeZone, Series, SeriesLimit, Advice, Digest, DigestSequence}
}

// Foreign lists what dashboards and rules read beside Defs: metrics of the client library, and of Prometheus.
func Foreign() []*metric.Def {
	return []*metric.Def{ResidentMemory, MemoryLimit, CPU, OpenFiles, MaxFiles, StartTime, Goroutines, Up}
}

func gauge(name, help string, labels ...metric.Label) *metric.Def {
	return &metric.Def{Name: name, Help: help, Type: metric.TypeGauge, Labels: labels}
}

func counter(name, help string, labels ...metric.Label) *metric.Def {
	return &metric.Def{Name: name, Help: help, Type: metric.TypeCounter, Labels: labels}
}

func histogram(name, help string, buckets ...float64) *metric.Def {
	return &metric.Def{Name: name, Help: help, Type: metric.TypeHistogram, Buckets: buckets}
}
