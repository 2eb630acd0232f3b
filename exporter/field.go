package exporter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// field gives access to the value of a setting in a Config.
type field interface {
	// decode reads the value from YAML and reports whether it was valid.
	decode(n *yaml.Node) bool
	// form describes valid values, as the end of "it must be".
	form() string
	// yaml formats the value for a configuration file.
	yaml() string
	// String formats the value for the fingerprint. Checkpoints store it: changing the format makes them unreadable.
	String() string
}

type text struct{ p *string }

func (f text) decode(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return false
	}
	*f.p = n.Value
	return true
}
func (f text) form() string   { return "non-empty text" }
func (f text) yaml() string   { return flow(*scalar(*f.p)) }
func (f text) String() string { return *f.p }

type integer struct{ p *int }

func (f integer) decode(n *yaml.Node) bool {
	v, err := strconv.Atoi(strings.ReplaceAll(n.Value, "_", ""))
	if n.Kind != yaml.ScalarNode || err != nil {
		return false
	}
	*f.p = v
	return true
}
func (f integer) form() string   { return "a whole number such as 100" }
func (f integer) yaml() string   { return f.String() }
func (f integer) String() string { return strconv.Itoa(*f.p) }

type boolean struct{ p *bool }

func (f boolean) decode(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Decode(f.p) == nil }
func (f boolean) form() string             { return "true or false" }
func (f boolean) yaml() string             { return f.String() }
func (f boolean) String() string           { return strconv.FormatBool(*f.p) }

type duration struct{ p *time.Duration }

func (f duration) decode(n *yaml.Node) bool {
	v, ok := parseDuration(n)
	if ok {
		*f.p = v
	}
	return ok
}
func (f duration) form() string   { return "a duration such as 90s, 30m, 24h or 7d" }
func (f duration) yaml() string   { return inDays(*f.p) }
func (f duration) String() string { return f.p.String() }

func parseDuration(n *yaml.Node) (time.Duration, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	v, err := model.ParseDuration(n.Value)
	return time.Duration(v), n.Kind == yaml.ScalarNode && err == nil
}

type durations struct{ p *[]time.Duration }

func (f durations) decode(n *yaml.Node) bool {
	if n.Kind != yaml.SequenceNode {
		return false
	}
	list := []time.Duration{}
	for _, item := range n.Content {
		v, ok := parseDuration(item)
		if !ok {
			return false
		}
		list = append(list, v)
	}
	*f.p = list
	return true
}
func (f durations) form() string { return "a list of durations such as [1d, 7d, 30d]" }
func (f durations) yaml() string {
	n := yaml.Node{Kind: yaml.SequenceNode}
	for _, d := range *f.p {
		n.Content = append(n.Content, scalar(inDays(d)))
	}
	return flow(n)
}
func (f durations) String() string { return fmt.Sprint(*f.p) }

// durationByName overrides single entries: a file adds to the defaults.
type durationByName struct{ m map[string]time.Duration }

func (f durationByName) decode(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	found := map[string]time.Duration{}
	for i := 0; i < len(n.Content); i += 2 {
		name := n.Content[i].Value
		v, ok := parseDuration(n.Content[i+1])
		if _, twice := found[name]; !ok || twice {
			return false
		}
		found[name] = v
	}
	maps.Copy(f.m, found)
	return true
}
func (f durationByName) form() string {
	return "durations by name such as {web: 30m, voice: 2h}, each name once"
}
func (f durationByName) yaml() string {
	n := yaml.Node{Kind: yaml.MappingNode}
	for _, name := range slices.Sorted(maps.Keys(f.m)) {
		n.Content = append(n.Content, scalar(name), scalar(inDays(f.m[name])))
	}
	return flow(n)
}
func (f durationByName) String() string { return fmt.Sprint(f.m) }

type names struct{ p *[]string }

func (f names) decode(n *yaml.Node) bool {
	if n.Kind != yaml.SequenceNode {
		return false
	}
	list := []string{}
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode || item.Value == "" {
			return false
		}
		list = append(list, item.Value)
	}
	*f.p = list
	return true
}
func (f names) form() string { return "a list of names such as [whatsapp]" }
func (f names) yaml() string {
	n := yaml.Node{Kind: yaml.SequenceNode}
	for _, name := range *f.p {
		n.Content = append(n.Content, scalar(name))
	}
	return flow(n)
}
func (f names) String() string { return fmt.Sprintf("%q", *f.p) }

// scalar returns a string node, quoted where YAML requires it.
func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

// flow formats a node on one line.
func flow(n yaml.Node) string {
	n.Style = yaml.FlowStyle
	b, err := yaml.Marshal(&n)
	if err != nil {
		panic("BUG: a setting cannot be written as YAML: " + err.Error())
	}
	return strings.TrimSuffix(string(b), "\n")
}

// inDays formats a duration as Prometheus does, but never in weeks.
func inDays(d time.Duration) string {
	if day := 24 * time.Hour; d > 0 && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	return model.Duration(d).String()
}

type zone struct{ p **time.Location }

func (f zone) decode(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Value == "" || n.Value == "Local" {
		return false
	}
	z, err := time.LoadLocation(n.Value)
	if err == nil {
		*f.p = z
	}
	return err == nil
}
func (f zone) form() string   { return "an IANA time zone such as Europe/Rome" }
func (f zone) yaml() string   { return f.String() }
func (f zone) String() string { return (*f.p).String() }
