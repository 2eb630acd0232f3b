package rules

import (
	"bytes"
	_ "embed" // the text around the table of alerts
	"fmt"
	"reflect"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed readme.tmpl
var readmeText string

//go:embed runbooks.tmpl
var runbooksText string

// fill executes a template over the alerts. Rules of one name become one entry.
func fill(text string, cfg Config, alerts []*Alert) (*bytes.Buffer, error) {
	var seen []*Alert
	for _, a := range alerts {
		if len(seen) > 0 && seen[len(seen)-1].Name == a.Name {
			seen[len(seen)-1].Threshold += "; or " + a.Threshold
			continue
		}
		once := *a
		seen = append(seen, &once)
	}
	t, err := template.New("").Funcs(template.FuncMap{"percent": percent}).Parse(text)
	if err != nil {
		return &bytes.Buffer{}, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Config
		List []*Alert
	}{cfg, seen})
	return &b, err
}

// documented returns the configuration with a comment on each setting, and the meaning above each alert.
func documented(cfg Config, alerts []*Alert) (*yaml.Node, error) {
	var n yaml.Node
	if err := n.Encode(cfg); err != nil {
		return nil, err
	}
	if err := comment(&n, reflect.TypeOf(cfg)); err != nil {
		return nil, err
	}
	meaning := map[string]string{}
	for _, a := range alerts {
		meaning[a.Name] = a.Meaning
	}
	settings := value(&n, "alerts")
	for i := 0; i < len(settings.Content); i += 2 {
		settings.Content[i].HeadComment = meaning[settings.Content[i].Value]
	}
	root := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "rules"}, &n}}
	return root, nil
}

// comment writes the doc tags beside the settings of a mapping.
func comment(n *yaml.Node, t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if err := comment(n, f.Type); err != nil {
				return err
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		v := value(n, name)
		if v == nil {
			return fmt.Errorf("no setting %q", name)
		}
		switch {
		case v.Kind == yaml.SequenceNode:
			v.Style = yaml.FlowStyle
			v.LineComment = f.Tag.Get("doc")
		case v.Kind == yaml.ScalarNode:
			v.LineComment = f.Tag.Get("doc")
		case f.Type.Kind() == reflect.Struct:
			if err := comment(v, f.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// value returns the value of a key of a mapping.
func value(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
