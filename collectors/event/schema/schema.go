// Package schema renders the contract of package event for other languages and tools: a JSON Schema of each kind of
// event, an AsyncAPI document of the channel, and examples. Everything comes from event.Fields.
//
// It writes no files, its test does ("go generate"), and the daemon does not import it.
package schema

//go:generate go test . -run ^TestFiles$ -update

import (
	"fmt"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// home is where the files are published; schemas are named after it.
const home = "https://github.com/bot-exporter/bot-exporter/deploy/events/"

// Files returns the content of deploy/events by path: <kind>.schema.json and examples/<kind>.json for each kind, and
// asyncapi.yaml. Types have the default prefix.
func Files() map[string][]byte {
	files := map[string][]byte{"asyncapi.yaml": asyncAPI()}
	for _, k := range event.Kinds() {
		files[k.String()+".schema.json"] = marshal(kindSchema(k))
		files["examples/"+k.String()+".json"] = indent(example(k))
	}
	return files
}

// kindSchema describes a structured event of kind k. It says less than event.Decode does where JSON Schema cannot:
// lengths are in characters there, in bytes here; 5.0 is an integer there; duplicate names are not its business.
func kindSchema(k event.Kind) object {
	return object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", home + k.String() + ".schema.json"},
		{"title", event.DefaultTypePrefix + k.String()},
		{"description", k.Doc() + ". A CloudEvent in structured mode; unknown fields are ignored."},
	}.join(objectSchema(k, ""))
}

// objectSchema describes the object at path in: "" for the event itself, "data" or "data.agent".
func objectSchema(k event.Kind, in string) object {
	var required []string
	var properties object
	for _, f := range event.Fields() {
		if f.In != in || !f.On(k) {
			continue
		}
		if f.Required(k) {
			required = append(required, f.Name)
		}
		properties = append(properties, member{f.Name, fieldSchema(k, &f)})
	}
	s := object{{"type", "object"}}
	if len(required) > 0 {
		s = append(s, member{"required", required})
	}
	return append(s, member{"properties", properties})
}

func fieldSchema(k event.Kind, f *event.Field) object {
	s := object{{"description", f.Doc + "."}}
	switch f.Type {
	case event.TypeVersion:
		return append(s, member{"const", "1.0"})
	case event.TypeKind:
		return append(s, member{"const", event.DefaultTypePrefix + k.String()})
	case event.TypeTime:
		return append(s, member{"type", []string{"string", "null"}}, member{"format", "date-time"})
	case event.TypeName:
		s[0].value = fmt.Sprintf("%s. 1 to %d bytes of UTF-8.", f.Doc, event.MaxName)
		return append(s, member{"type", "string"}, member{"minLength", 1}, member{"maxLength", event.MaxName})
	case event.TypeText:
		return append(s, member{"type", "string"})
	case event.TypeBool:
		return append(s, member{"type", "boolean"}, member{"default", false})
	case event.TypeChoice:
		s = append(s, member{"type", "string"}, member{"enum", f.Values})
		if f.Default != 0 {
			s = append(s, member{"default", f.Values[f.Default-1]})
		}
		return s
	case event.TypeScore:
		return append(s, member{"type", "integer"}, member{"minimum", 1}, member{"maximum", 5})
	case event.TypeObject:
		return s.join(objectSchema(k, f.Path()))
	}
	panic(fmt.Sprintf("BUG: no schema for fields of type %d", f.Type))
}
