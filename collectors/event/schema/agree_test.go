package schema

import (
	"encoding/base64"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Here the decoder and a validator that knows only the schemas judge the same messages, from three sides: the files of
// the decoder, each field of the table with many values, and what a schema allows. A schema must be right for
// events of its kind, and must not take those of others.

// agree reports how the two judge payload, when they differ.
func agree(t interface {
	Helper()
	Errorf(string, ...any)
}, schemas map[event.Kind]*jsonschema.Schema, payload []byte) bool {
	t.Helper()
	var e event.Event
	decodeErr := event.NewDecoder(event.Config{}).Decode(nil, payload, &e)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(payload)))
	if err != nil {
		t.Errorf("%s: %v", payload, err)
		return false
	}
	for k, s := range schemas {
		if err := s.Validate(doc); (err == nil) != (decodeErr == nil && e.Kind == k) {
			t.Errorf("%s\ndecoder: %v\nschema of %s: %v", payload, decodeErr, k, err)
			return false
		}
	}
	return decodeErr == nil
}

// bytesOnly are the test messages whose names are too long in bytes, not in characters, which is what a schema counts.
var bytesOnly = map[string]bool{
	"invalid_value-source-too_long_bytes.json":     true,
	"invalid_value-source-too_long_unescaped.json": true,
}

// TestSchemasAgreeWithDecode on all well-formed messages in the decoder's test data.
func TestSchemasAgreeWithDecode(t *testing.T) {
	schemas := compile(t)
	paths, err := filepath.Glob("../testdata/*/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no test data", err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "malformed") || bytesOnly[name] {
			continue
		}
		payload, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, schemas, payload)
	}
}

// literals are JSON values of which each is right for some field and wrong for most.
func literals() []string {
	list := []string{
		`null`, `true`, `false`, `[]`, `["x"]`, `{}`, `""`, `" "`, `"x"`, `"1.0"`, `"\n"`,
		`0`, `1`, `3`, `5`, `6`, `-1`, `-0`, `5.0`, `5e0`, `50e-1`, `0.05E+2`, `5.5`, `1e-1`, `1e3`, `0.99999999999999999999`, `5.00000000000000000001`,
		`{"id":"a"}`, `{"id":""}`, `{"id":null}`, `{"id":7}`, `{"id":"a","name":null,"kind":null}`, `{"id":"a","name":"","kind":""}`,
		`{"id":"a","name":"n","kind":"workflow"}`, `{"id":"a","kind":"Agent"}`, `{"id":"a","name":7}`, `{"id":"a","x":7}`,
		`"` + strings.Repeat("n", event.MaxName) + `"`, `"` + strings.Repeat("n", event.MaxName+1) + `"`,
		`"application/json"`, `"Text/JSON ; charset=utf-8"`, `"application/vnd.x+json"`, `"application/json\n"`, `"json"`, `"application/jsonx"`, `"application/json;\n"`,
		`"application/octet-stream"`, `"bot.custom"`, `"bot.chat.started"`, `"chat.started"`,
		`"2026-03-01T09:00:00Z"`, `"2026-03-01T09:00:00"`, `"2026-03-01t09:00:00.5z"`, `"2026-03-01T09:00:00,5Z"`, `"2026-03-01T09:00:00.Z"`, `"2026-03-01T09:00:00Z\n"`,
		`"2026-03-01 09:00:00Z"`, `"2026-03-01T24:00:00Z"`, `"2026-03-01T23:59:60Z"`, `"2026-03-01T23:59:61Z"`, `"2026-03-01T23:60:00Z"`, `"26-03-01T09:00:00Z"`,
		`"2026-03-01T09:00:00+23:59"`, `"2026-03-01T09:00:00+24:00"`, `"2026-03-01T09:00:00-00:60"`, `"2026-03-01T09:00:00+0100"`, `"02026-03-01T09:00:00Z"`,
	}
	for _, data := range []string{
		`null`, `[]`, `7`, `{`, ` {"bot":"b","channel":"web","chat":"c","user":"u"} `, `{"bot":"b","channel":"web","event":"x"}`, `{"bot":7}`,
		`{"bot":"b","channel":"web","chat":"c","user":"u","message":"m","rating":"positive","score":1,"element":"link","event":"e","agent":{"id":"a"}}`,
	} {
		packed := base64.StdEncoding.EncodeToString([]byte(data))
		list = append(list, `"`+packed+`"`, `"`+packed+`\n"`, `"`+packed[1:]+`"`, `"`+packed[:len(packed)-1]+`"`)
	}
	for _, f := range event.Fields() {
		for _, v := range f.Values {
			list = append(list, `"`+v+`"`, `"`+strings.ToUpper(v)+`"`)
		}
	}
	return list
}

// dates are the days at the ends of months, in years that are leap years and in others.
func dates() (list []string) {
	for _, year := range []string{"0000", "0004", "0100", "1900", "2000", "2023", "2024", "2100", "2400", "9996", "9999"} {
		for _, day := range []string{"00-01", "01-00", "01-31", "01-32", "02-28", "02-29", "02-30", "04-30", "04-31", "06-31", "09-31", "11-31", "12-31", "13-01"} {
			list = append(list, `"`+year+"-"+day+`T09:00:00Z"`)
		}
	}
	return list
}

// TestEveryFieldWithEveryValue: of an event that has all fields of its kind one is put to each literal, or left out; with
// data as such and in data_base64. One kind stands for all that treat a field alike.
func TestEveryFieldWithEveryValue(t *testing.T) {
	schemas := compile(t)
	type treatment struct {
		path         string
		on, required bool
	}
	seen := map[treatment]bool{}
	accepted, all := 0, 0
	for _, k := range event.Kinds() {
		for _, f := range event.Fields() {
			as := treatment{f.Path(), f.On(k), f.Required(k)}
			if seen[as] {
				continue
			}
			seen[as] = true
			values := append(literals(), "")
			if f.Type == event.TypeTime {
				values = append(values, dates()...)
			}
			for _, v := range values {
				for _, packed := range []bool{false, true} {
					all++
					if agree(t, map[event.Kind]*jsonschema.Schema{k: schemas[k]}, full(k, f.Path(), v, packed)) {
						accepted++
					}
				}
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d messages, %d accepted", all, accepted)
}

// full is an event of kind k with each field of the table, of whatever kind, and v in the one at path, which is left out
// where v is empty. Packed, its data is in data_base64.
func full(k event.Kind, path, v string, packed bool) []byte {
	agent := members("data.agent", path, v, k, nil)
	data := members("data", path, v, k, map[string]string{"agent": agent})
	parts := map[string]string{"data": data, "data_base64": `null`}
	if packed {
		b := base64.StdEncoding.EncodeToString([]byte(data))
		parts = map[string]string{"data": `null`, "data_base64": `"` + b + `"`}
	}
	return []byte(members("", path, v, k, parts))
}

func members(in, path, v string, k event.Kind, parts map[string]string) string {
	var list []string
	for _, f := range event.Fields() {
		value := usual(&f, k)
		if part, ok := parts[f.Name]; ok && f.In == in {
			value = part
		}
		if f.Path() == path {
			value = v
		}
		if f.In == in && value != "" {
			list = append(list, fmt.Sprintf("%q:%s", f.Name, value))
		}
	}
	return "{" + strings.Join(list, ",") + "}"
}

// usual is a right value.
func usual(f *event.Field, k event.Kind) string {
	switch f.Type {
	case event.TypeVersion:
		return `"1.0"`
	case event.TypeKind:
		return `"bot.` + k.String() + `"`
	case event.TypeTime:
		return `"2026-03-01T09:00:00Z"`
	case event.TypeBool:
		return `true`
	case event.TypeChoice:
		return `"` + f.Values[0] + `"`
	case event.TypeScore:
		return `4`
	case event.TypeMedia:
		return `"application/json"`
	}
	return `"x"`
}

// TestWhatSchemasAllow draws from the schema files, read as JSON: messages that are right by them, or nearly.
func TestWhatSchemasAllow(t *testing.T) {
	schemas := compile(t)
	files := Files()
	accepted, seen := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(event.Kinds()).Draw(t, "kind")
		g := generator{wrong: rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "wrong")}
		if err := json.Unmarshal(files[k.String()+".schema.json"], &g.root); err != nil {
			t.Fatal(err)
		}
		message := g.object(t, g.root)
		branch := rapid.SampledFrom(g.root["anyOf"].([]any)).Draw(t, "branch").(node)["properties"].(node)
		for name, part := range sorted(branch) {
			message[name] = g.draw(t, merge(g.root["properties"].(node)[name].(node), part.(node)))
		}
		payload, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if agree(t, schemas, payload) {
			accepted++
		} else if g.wrong == 0 {
			t.Fatalf("right by the schema and yet rejected: %s", payload)
		}
	})
	t.Logf("%d messages, %d accepted", seen, accepted)
}

// node is a schema read as JSON.
type node = map[string]any

func merge(a, b node) node {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// generator draws values by a schema; wrong percent of them are any literals.
type generator struct {
	root  node
	wrong int
}

func (g generator) draw(t *rapid.T, s node) any {
	if rapid.IntRange(0, 99).Draw(t, "odds") < g.wrong {
		return jsontext.Value(rapid.SampledFrom(literals()).Draw(t, "literal"))
	}
	if v, ok := s["const"]; ok {
		return v
	}
	if values, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(values).Draw(t, "value")
	}
	if content, ok := s["contentSchema"].(node); ok {
		b, err := json.Marshal(g.draw(t, merge(g.root["properties"].(node)["data"].(node), content)))
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b)
	}
	switch g.typeOf(t, s) {
	case "null":
		return nil
	case "boolean":
		return rapid.Bool().Draw(t, "value")
	case "integer":
		return rapid.IntRange(int(s["minimum"].(float64)), int(s["maximum"].(float64))).Draw(t, "value")
	case "object":
		return g.object(t, s)
	}
	if pattern, ok := s["pattern"].(string); ok {
		return rapid.StringMatching(pattern).Draw(t, "value")
	}
	least, _ := s["minLength"].(float64)
	most, ok := s["maxLength"].(float64)
	if !ok {
		most = 300
	}
	return rapid.StringN(int(least), int(most), int(most)).Draw(t, "value") // at most so many bytes, too
}

func (g generator) object(t *rapid.T, s node) node {
	required, _ := s["required"].([]any)
	o := node{"x-unknown": 7}
	for name, field := range sorted(s["properties"].(node)) {
		if slices.Contains(required, any(name)) || rapid.Bool().Draw(t, "has "+name) {
			o[name] = g.draw(t, field.(node))
		}
	}
	return o
}

// sorted walks a map in the order of its keys, so that a failure can be drawn again.
func sorted(m node) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

func (generator) typeOf(t *rapid.T, s node) string {
	switch typ := s["type"].(type) {
	case string:
		return typ
	case []any:
		return rapid.SampledFrom(typ).Draw(t, "type").(string)
	}
	return "string"
}
