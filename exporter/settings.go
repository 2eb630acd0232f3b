package exporter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// setting is one setting. The configuration file, the flags of the same name, the fingerprint, the README and reloads
// all read the table of settings.
type setting struct {
	name string // section.key
	help string
	live bool // does not affect the numbers, so it may change while the exporter runs
	of   func(*Config) field
}

// settings are in the order of the README.
var settings = []setting{
	{name: "events.type_prefix", help: "Prefix of an event's type attribute, before the kind.", of: func(c *Config) field { return text{&c.Events.TypePrefix} }},
	{name: "events.max_bytes", help: "Largest payload accepted, in bytes.", of: func(c *Config) field { return integer{&c.Events.MaxSize} }},
	{name: "events.include_test", help: "Count events with env: test.", of: func(c *Config) field { return boolean{&c.KPIs.IncludeTest} }},

	{name: "chats.idle_timeout", help: "Time without activity after which a chat closes, on channels not in idle_timeouts.", of: func(c *Config) field { return duration{&c.KPIs.Session.IdleTimeout} }},
	{name: "chats.idle_timeouts", help: "Idle timeouts by channel.", of: func(c *Config) field { return durationByName{c.KPIs.Session.IdleTimeouts} }},
	{name: "chats.operator_timeout", help: "Shortest idle timeout of a chat once the user has asked for a human.", of: func(c *Config) field { return duration{&c.KPIs.Session.OperatorTimeout} }},
	{name: "chats.user_sessions", help: "Channels where only the user's activity keeps a chat open.", of: func(c *Config) field { return names{&c.KPIs.Session.UserSessions} }},
	{name: "chats.max_open", help: "Most open chats. Beyond it, the least recently active one closes.", of: func(c *Config) field { return integer{&c.KPIs.Session.MaxChats} }},

	{name: "feedback.window", help: "How long to remember a message since it was last sent or rated, and a vote since it was last cast.", of: func(c *Config) field { return duration{&c.KPIs.Session.FeedbackWindow} }},
	{name: "feedback.max_messages", help: "Most messages to remember, and most votes. Beyond it, the least recent is forgotten.", of: func(c *Config) field { return integer{&c.KPIs.Session.MaxMessages} }},

	{name: "users.windows", help: "Rolling windows of active users, in whole hours.", of: func(c *Config) field { return durations{&c.KPIs.Session.Windows} }},
	{name: "users.visit_gap", help: "Absence after which a user's next activity is a new visit, in whole minutes.", of: func(c *Config) field { return duration{&c.KPIs.Session.VisitGap} }},
	{name: "users.retention", help: "Absence after which a user is forgotten, in whole hours.", of: func(c *Config) field { return duration{&c.KPIs.Session.Retention} }},

	{name: "dedup.window", help: "How long to remember event ids, so that a repeated event does not count again.", of: func(c *Config) field { return duration{&c.KPIs.Session.DedupWindow} }},
	{name: "dedup.max_ids", help: "Most event ids to remember. Beyond it, the oldest is forgotten.", of: func(c *Config) field { return integer{&c.KPIs.Session.DedupMax} }},

	{name: "time.zone", help: "IANA time zone that decides weekdays, hours and where a day ends.", of: func(c *Config) field { return zone{&c.KPIs.Session.Location} }},
	{name: "time.max_past", help: "How far an event's time may lie before its stored time.", of: func(c *Config) field { return duration{&c.KPIs.Session.MaxPast} }},
	{name: "time.max_future", help: "How far an event's time may lie after its stored time.", of: func(c *Config) field { return duration{&c.KPIs.Session.MaxFuture} }},
	{name: "time.max_jump", help: "How far a single message may move the stream's clock.", of: func(c *Config) field { return duration{&c.KPIs.Session.MaxJump} }},

	{name: "limits.bots", help: "Most bots. Further ones become __other__, as with every limit here. Totals stay exact.", of: func(c *Config) field { return integer{&c.KPIs.MaxBots} }},
	{name: "limits.channels", help: "Most channels.", of: func(c *Config) field { return integer{&c.KPIs.MaxChannels} }},
	{name: "limits.devices", help: "Most devices beyond the known ones.", of: func(c *Config) field { return integer{&c.KPIs.Session.MaxDevices} }},
	{name: "limits.browsers", help: "Most browsers beyond the known ones.", of: func(c *Config) field { return integer{&c.KPIs.Session.MaxBrowsers} }},
	{name: "limits.clicks", help: "Most pairs of title and destination per bot and channel.", of: func(c *Config) field { return integer{&c.KPIs.MaxClicks} }},
	{name: "limits.agents", help: "Most agents per bot and channel.", of: func(c *Config) field { return integer{&c.KPIs.MaxAgents} }},
	{name: "limits.custom_events", help: "Most keys of custom events.", of: func(c *Config) field { return integer{&c.KPIs.MaxCustom} }},
	{name: "limits.series", help: "Most samples of all KPIs together. Beyond it, every new label value becomes __other__.", of: func(c *Config) field { return integer{&c.KPIs.MaxSeries} }},

	{name: "log.level", live: true, help: "Lowest level to log: debug, info, warn or error.", of: func(c *Config) field { return text{&c.LogLevel} }},
	{name: "checkpoint.interval", live: true, help: "Longest time between two checkpoints while messages arrive.", of: func(c *Config) field { return duration{&c.CheckpointInterval} }},
}

// Help returns the help text of a setting, for the flag of the same name. It panics on an unknown name.
func Help(name string) string { return settingOf(name).help }

func settingOf(name string) setting {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	if i < 0 {
		panic("BUG: no setting " + name)
	}
	return settings[i]
}

// Set sets a setting from the flag of the same name. The error names the setting, the value and the valid form.
func (c *Config) Set(name, value string) error {
	return settingOf(name).set(c, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value})
}

func (s setting) set(c *Config, n *yaml.Node) error {
	f := s.of(c)
	if f.decode(n) {
		return nil
	}
	return fmt.Errorf("%s is %s; it must be %s", s.name, shown(n), f.form())
}

// shown writes a value from the file on one line, without what is nested deeper than a list of single values.
func shown(n *yaml.Node) string {
	values := make([]string, len(n.Content))
	for i, item := range n.Content {
		if values[i] = item.Value; item.Kind != yaml.ScalarNode {
			values[i] = "..."
		}
	}
	switch n.Kind {
	case yaml.SequenceNode:
		return "[" + strings.Join(values, ", ") + "]"
	case yaml.MappingNode:
		pairs := make([]string, 0, len(values)/2)
		for pair := range slices.Chunk(values, 2) {
			pairs = append(pairs, strings.Join(pair, ": "))
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return fmt.Sprintf("%q", n.Value)
}

// LoadFile reads a configuration file into c, and validates c. What the file leaves out stays as it is. Errors name the
// line.
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
	var file, second yaml.Node
	d := yaml.NewDecoder(r)
	switch err := d.Decode(&file); {
	case errors.Is(err, io.EOF): // nothing but comments
		return nil
	case err != nil:
		return err
	case d.Decode(&second) != io.EOF: //nolint:errorlint // the decoder returns it as it is
		return errors.New("the file has more than one YAML document; keep one")
	}
	lines := map[string]int{} // of settings
	sections, err := entries(file.Content[0], "the file")
	for _, section := range sections {
		if !slices.ContainsFunc(settings, func(s setting) bool { return strings.HasPrefix(s.name, section.key.Value+".") }) {
			err = errors.Join(err, fmt.Errorf("line %d: there is no section %s%s", section.key.Line, section.key.Value, suggestion(section.key.Value, "")))
			continue
		}
		keys, bad := entries(section.value, section.key.Value)
		err = errors.Join(err, bad)
		for _, k := range keys {
			name := section.key.Value + "." + k.key.Value
			err = errors.Join(err, c.loadEntry(name, k))
			lines[name] = k.value.Line
		}
	}
	if err != nil {
		return err
	}
	return atLine(c.Validate(), lines)
}

// atLine adds the line to an error of Validate, which begins with the name of the setting.
func atLine(err error, lines map[string]int) error {
	for name, line := range lines {
		if err != nil && (strings.HasPrefix(err.Error(), name+" ") || strings.HasPrefix(err.Error(), name+":")) {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	return err
}

func (c *Config) loadEntry(name string, e entry) error {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
	switch {
	case i < 0:
		return fmt.Errorf("line %d: there is no setting %s%s", e.key.Line, name, suggestion(name, e.key.Value))
	case e.value.Tag == "!!null": // the default
		return nil
	}
	if err := settings[i].set(c, e.value); err != nil {
		return fmt.Errorf("line %d: %w", e.value.Line, err)
	}
	return nil
}

// entry is one entry of a mapping.
type entry struct{ key, value *yaml.Node }

func entries(n *yaml.Node, what string) (list []entry, err error) {
	switch {
	case n.Tag == "!!null":
		return nil, nil
	case n.Kind == yaml.AliasNode:
		return entries(n.Alias, what)
	case n.Kind != yaml.MappingNode:
		return nil, fmt.Errorf("line %d: %s must be a mapping, such as limits: {bots: 100}", n.Line, what)
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		e := entry{n.Content[i], n.Content[i+1]}
		if seen[e.key.Value] {
			err = errors.Join(err, fmt.Errorf("line %d: %s is set twice", e.key.Line, e.key.Value))
		}
		seen[e.key.Value] = true
		if e.value.Kind == yaml.AliasNode {
			e.value = e.value.Alias
		}
		list = append(list, e)
	}
	return list, err
}

// replaced says what to use instead of the settings of former versions.
var replaced = map[string]string{"chats.max_tracked_messages": "feedback.max_messages limits the remembered messages of all chats together"}

// suggestion says what to write instead of an unknown name.
func suggestion(name, key string) string {
	if to, ok := replaced[name]; ok {
		return " any more; " + to
	}
	for _, s := range settings {
		if _, k, _ := strings.Cut(s.name, "."); key != "" && k == key {
			return "; did you mean " + s.name + "?"
		}
	}
	return "; the README lists them all"
}

// countingSettings returns every setting that affects the numbers, by name.
func (c Config) countingSettings() map[string]string {
	m := map[string]string{}
	for _, s := range settings {
		if !s.live {
			m[s.name] = s.of(&c).String()
		}
	}
	return m
}

// Fingerprint is equal for configurations that give the same numbers for the same stream. It leaves out the key, which
// has an id of its own.
func (c Config) Fingerprint() string {
	b, err := json.Marshal(c.countingSettings())
	if err != nil {
		panic("BUG: settings cannot be encoded: " + err.Error())
	}
	return string(b)
}

// differences lists the settings that differ from a fingerprint, for a message to a person; whose names its owner. It is
// empty when none differ.
func (c Config) differences(fingerprint, whose string) string {
	var theirs map[string]string
	if json.Unmarshal([]byte(fingerprint), &theirs) != nil {
		return "cannot read the configuration of " + whose
	}
	ours := c.countingSettings()
	all := maps.Clone(theirs)
	maps.Copy(all, ours)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch have, known := ours[name]; {
		case !known:
			list = append(list, fmt.Sprintf("%s is unknown, %s has %s", name, whose, theirs[name]))
		case theirs[name] == "":
			list = append(list, fmt.Sprintf("%s is %s, %s has none", name, have, whose))
		case have != theirs[name]:
			list = append(list, fmt.Sprintf("%s is %s, %s has %s", name, have, whose, theirs[name]))
		}
	}
	return strings.Join(list, "; ")
}

// WriteYAML writes all settings as a commented configuration file.
func (c Config) WriteYAML(w io.Writer) error {
	section := ""
	for _, s := range settings {
		of, key, _ := strings.Cut(s.name, ".")
		if of != section {
			section = of
			if _, err := fmt.Fprintf(w, "%s:\n", section); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, "  %-36s # %s\n", key+": "+s.of(&c).yaml(), s.help); err != nil {
			return err
		}
	}
	return nil
}
