package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	begin = "<!-- values -->\n"
	end   = "<!-- /values -->"
)

// table writes the values of a chart, with their defaults and the comments above them, into its README.
func table(valuesFile, readme string) error {
	b, err := os.ReadFile(valuesFile)
	if err != nil {
		return err
	}
	var values yaml.Node
	if err := yaml.Unmarshal(b, &values); err != nil {
		return err
	}
	var rows strings.Builder
	rows.WriteString("| value | default | meaning |\n| --- | --- | --- |\n")
	if err := describe(&rows, "", values.Content[0]); err != nil {
		return err
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for values", readme)
	}
	return os.WriteFile(readme, []byte(before+begin+rows.String()+end+after), 0o644)
}

// describe descends into mappings in block style. A mapping in flow style is one value.
func describe(rows *strings.Builder, path string, m *yaml.Node) error {
	var undescribed []error
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		if value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0 {
			if err := describe(rows, path+key.Value+".", value); err != nil {
				undescribed = append(undescribed, err)
			}
			continue
		}
		_, meaning, found := strings.Cut("\n"+key.HeadComment, "\n# -- ")
		if !found {
			undescribed = append(undescribed, fmt.Errorf("%s%s has no comment", path, key.Value))
		}
		value.HeadComment, value.LineComment, value.FootComment = "", "", ""
		text, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		fmt.Fprintf(rows, "| `%s%s` | `%s` | %s |\n", path, key.Value, bytes.TrimSpace(text), strings.ReplaceAll(meaning, "\n# ", " "))
	}
	return errors.Join(undescribed...)
}
