package explain

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// message is a message as a tree of JSON, with the headers of a binary one as attributes. It is empty where it cannot be
// read.
type message struct{ root map[string]any }

func read(header map[string][]string, payload []byte) message {
	var v any
	if json.Unmarshal(payload, &v, jsontext.AllowDuplicateNames(true)) != nil {
		v = nil
	}
	binary := map[string]any{}
	for key, values := range header {
		if len(key) > 3 && strings.EqualFold(key[:3], "ce-") && len(values) > 0 {
			binary[strings.ToLower(key[3:])] = values[0]
		}
	}
	root, _ := v.(map[string]any)
	switch text, encoded := root["data_base64"].(string); {
	case !event.Structured(header):
		binary["data"] = v
		root = binary
	case encoded && root["data"] == nil:
		var data any
		if b, err := base64.StdEncoding.DecodeString(text); err == nil && json.Unmarshal(b, &data) == nil {
			root["data"] = data
		}
	}
	return message{root}
}

// absent stands for a field that is not there.
type absent struct{}

// value returns the value at a path such as data.agent.id.
func (m message) value(path string) any {
	var v any = m.root
	for key := range strings.SplitSeq(path, ".") {
		object, ok := v.(map[string]any)
		if !ok {
			return absent{}
		}
		if v, ok = object[key]; !ok {
			return absent{}
		}
	}
	return v
}

const maxShown = 60 // bytes of a value

// shown writes the value at a path for a person.
func (m message) shown(path string) string {
	v := m.value(path)
	if _, ok := v.(absent); ok {
		return "absent"
	}
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return "unreadable"
	}
	text := string(b)
	if s, ok := v.(string); ok && len(s) > event.MaxName {
		text = fmt.Sprintf("a string of %d bytes", len(s))
	} else if len(text) > maxShown {
		cut := maxShown
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "..."
	}
	return text
}

// unread finds fields that nobody reads and that look as if somebody should.
func (m message) unread(k event.Kind) (hints []Finding) {
	for _, in := range []string{"", "data", "data.agent"} {
		object := m.root
		if in != "" {
			object, _ = m.value(in).(map[string]any)
		}
		var known, ofKind []string
		for _, f := range event.Fields() {
			if f.In != in {
				continue
			}
			if known = append(known, f.Name); f.On(k) {
				ofKind = append(ofKind, f.Name)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			path := strings.TrimPrefix(in+"."+key, ".")
			switch {
			case slices.Contains(ofKind, key):
			case slices.Contains(known, key) && k != event.None:
				hints = append(hints, Finding{Field: path, Text: fmt.Sprintf("is ignored: events of type %s do not have it", k)})
			default:
				i := slices.IndexFunc(ofKind, func(name string) bool { return object[name] == nil && similar(key, name) })
				if i >= 0 {
					hints = append(hints, Finding{Field: path, Text: fmt.Sprintf("is unknown and ignored; did you mean %s?", ofKind[i])})
				}
			}
		}
	}
	return hints
}

// similar reports whether one name may be a misspelling of the other: by case, by separators, or by one letter that is
// missing, added, replaced or swapped with the next.
func similar(a, b string) bool {
	a, b = bare(a), bare(b)
	if a == b {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || len(a) < 3 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func bare(s string) string {
	return string(bytes.Map(func(r rune) rune {
		if strings.ContainsRune("_-. ", r) {
			return -1
		}
		return r
	}, bytes.ToLower([]byte(s))))
}
