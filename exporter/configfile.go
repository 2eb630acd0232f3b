package exporter

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// file is the configuration file: what flags cannot say well. Absent fields keep their defaults. Durations are like
// 90s, 30m, 24h, 7d.
type file struct {
	Events struct {
		TypePrefix  *string `yaml:"type_prefix"`
		MaxBytes    *int    `yaml:"max_bytes"`
		IncludeTest *bool   `yaml:"include_test"`
	} `yaml:"events"`
	Chats struct {
		IdleTimeout     *model.Duration           `yaml:"idle_timeout"`
		IdleTimeouts    map[string]model.Duration `yaml:"idle_timeouts"`
		OperatorTimeout *model.Duration           `yaml:"operator_timeout"`
		UserSessions    []string                  `yaml:"user_sessions"`
		MaxOpen         *int                      `yaml:"max_open"`
	} `yaml:"chats"`
	Feedback struct {
		Window      *model.Duration `yaml:"window"`
		MaxMessages *int            `yaml:"max_messages"`
	} `yaml:"feedback"`
	Users struct {
		Windows   []model.Duration `yaml:"windows"`
		Retention *model.Duration  `yaml:"retention"`
		VisitGap  *model.Duration  `yaml:"visit_gap"`
	} `yaml:"users"`
	Dedup struct {
		Window *model.Duration `yaml:"window"`
		MaxIDs *int            `yaml:"max_ids"`
	} `yaml:"dedup"`
	Time struct {
		MaxPast   *model.Duration `yaml:"max_past"`
		MaxFuture *model.Duration `yaml:"max_future"`
		MaxJump   *model.Duration `yaml:"max_jump"`
	} `yaml:"time"`
	Log struct {
		Level *string `yaml:"level"`
	} `yaml:"log"`
	Checkpoint struct {
		Interval *model.Duration `yaml:"interval"`
	} `yaml:"checkpoint"`
	Limits struct {
		Bots         *int `yaml:"bots"`
		Channels     *int `yaml:"channels"`
		Devices      *int `yaml:"devices"`
		Browsers     *int `yaml:"browsers"`
		Clicks       *int `yaml:"clicks"`
		Agents       *int `yaml:"agents"`
		CustomEvents *int `yaml:"custom_events"`
		Series       *int `yaml:"series"`
	} `yaml:"limits"`
}

// LoadFile reads a configuration file over c. An unknown field is an error.
func (c *Config) LoadFile(path string) error {
	r, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	defer r.Close()
	if err := c.load(r); err != nil {
		return fmt.Errorf("read configuration %s: %w", path, err)
	}
	return nil
}

func (c *Config) load(r io.Reader) error {
	var f file
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return plain(err)
	}
	if d.Decode(&file{}) != io.EOF { //nolint:errorlint // the decoder returns it as it is
		return errors.New("the file holds more than one document")
	}
	k, s := &c.KPIs, &c.KPIs.Session
	set(&c.Events.TypePrefix, f.Events.TypePrefix)
	set(&c.Events.MaxSize, f.Events.MaxBytes)
	set(&k.IncludeTest, f.Events.IncludeTest)
	setDuration(&s.IdleTimeout, f.Chats.IdleTimeout)
	for channel, timeout := range f.Chats.IdleTimeouts {
		s.IdleTimeouts[channel] = time.Duration(timeout)
	}
	set(&s.MaxChats, f.Chats.MaxOpen)
	setDuration(&s.OperatorTimeout, f.Chats.OperatorTimeout)
	if f.Chats.UserSessions != nil {
		s.UserSessions = f.Chats.UserSessions
	}
	setDuration(&s.FeedbackWindow, f.Feedback.Window)
	set(&s.MaxMessages, f.Feedback.MaxMessages)
	if f.Users.Windows != nil {
		s.Windows = nil
		for _, w := range f.Users.Windows {
			s.Windows = append(s.Windows, time.Duration(w))
		}
	}
	setDuration(&s.Retention, f.Users.Retention)
	setDuration(&s.VisitGap, f.Users.VisitGap)
	setDuration(&s.DedupWindow, f.Dedup.Window)
	set(&s.DedupMax, f.Dedup.MaxIDs)
	setDuration(&s.MaxPast, f.Time.MaxPast)
	setDuration(&s.MaxFuture, f.Time.MaxFuture)
	setDuration(&s.MaxJump, f.Time.MaxJump)
	set(&k.MaxBots, f.Limits.Bots)
	set(&k.MaxChannels, f.Limits.Channels)
	set(&s.MaxDevices, f.Limits.Devices)
	set(&s.MaxBrowsers, f.Limits.Browsers)
	set(&k.MaxClicks, f.Limits.Clicks)
	set(&k.MaxAgents, f.Limits.Agents)
	set(&k.MaxCustom, f.Limits.CustomEvents)
	set(&k.MaxSeries, f.Limits.Series)
	set(&c.LogLevel, f.Log.Level)
	setDuration(&c.CheckpointInterval, f.Checkpoint.Interval)
	return nil
}

// unknownField is how the decoder names a field that it does not know, with the whole Go type that lacks it.
var unknownField = regexp.MustCompile(`^(line \d+): field (.+) not found in type (?s:.*)$`)

// moved are settings of former versions, and what stands for them now.
var moved = map[string]string{"max_tracked_messages": "feedback.max_messages bounds the remembered messages of all chats together"}

// plain says in words of the file what the decoder says in Go types.
func plain(err error) error {
	var t *yaml.TypeError
	if !errors.As(err, &t) {
		return err
	}
	all := make([]string, len(t.Errors))
	for i, text := range t.Errors {
		if m := unknownField.FindStringSubmatch(text); m != nil {
			if text = fmt.Sprintf("%s: there is no setting %s here", m[1], m[2]); moved[m[2]] != "" {
				text += " any more; " + moved[m[2]]
			}
		}
		all[i] = text
	}
	return errors.New(strings.Join(all, "; "))
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setDuration(to *time.Duration, from *model.Duration) {
	if from != nil {
		*to = time.Duration(*from)
	}
}
