package exporter

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/promslog"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Policy says what to do when the stream is not the one that the state was made from.
type Policy string

// Policies for a stream mismatch.
const (
	Resume Policy = "resume" // if the stream lost its tail, continue after the last common message; else halt
	Halt   Policy = "halt"   // fold nothing, show no KPIs, and wait for a person
	Rebase Policy = "rebase" // keep the totals and count the new stream from its first message
	Reset  Policy = "reset"  // discard the state and count the new stream from its first message
)

// Policies lists the policies.
func Policies() []string {
	return []string{string(Resume), string(Halt), string(Rebase), string(Reset)}
}

// Config configures an Engine.
type Config struct {
	KPIs       collectors.Config
	Events     event.Config
	KeyID      string // names the key in KPIs.Session.Key
	OnMismatch Policy

	// A reload may change these.
	LogLevel           string        // lowest level to log
	CheckpointInterval time.Duration // longest time between two checkpoints while messages arrive

	CheckpointMessages uint64        // most messages between two checkpoints
	WatchInterval      time.Duration // between two checks that the stream is still the same
}

// Defaults returns the default configuration.
func Defaults() Config {
	return Config{
		KPIs:       collectors.Defaults(),
		Events:     event.Config{TypePrefix: event.DefaultTypePrefix, MaxSize: event.DefaultMaxSize},
		OnMismatch: Resume,

		LogLevel:           "info",
		CheckpointInterval: 30 * time.Second,
		CheckpointMessages: 5_000_000,
		WatchInterval:      14 * time.Second, // so that a recheck still falls within 15 s
	}
}

// minMaxBytes leaves room for an event with every field.
const minMaxBytes = 1024

// Validate returns an error that names the first setting that cannot work.
func (c Config) Validate() error {
	switch {
	case !slices.Contains(Policies(), string(c.OnMismatch)):
		return fmt.Errorf("on-stream-mismatch is %q; it must be one of %v", c.OnMismatch, Policies())
	case c.Events.TypePrefix == "":
		return errors.New("events.type_prefix is empty; remove it to use the default")
	case c.Events.MaxSize < minMaxBytes:
		return fmt.Errorf("events.max_bytes is %d; it must be at least %d, or some valid events do not fit", c.Events.MaxSize, minMaxBytes)
	case c.CheckpointInterval <= 0:
		return fmt.Errorf("checkpoint.interval is %s; it must be positive", c.CheckpointInterval)
	case !slices.Contains(promslog.LevelFlagOptions, c.LogLevel):
		return fmt.Errorf("log.level is %q; it must be one of %v", c.LogLevel, promslog.LevelFlagOptions)
	case c.CheckpointMessages == 0:
		return errors.New("CheckpointMessages is 0; it must be positive")
	case c.WatchInterval <= 0:
		return fmt.Errorf("WatchInterval is %s; it must be positive", c.WatchInterval)
	}
	return c.KPIs.Validate()
}
