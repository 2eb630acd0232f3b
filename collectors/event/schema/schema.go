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

// kindSchema describes a structured event of kind k. It says what event.Decode does except that lengths are in characters
// here, in bytes there, and that what data_base64 holds is looked at only by validators that assert content. Names
// given twice and the depth of nesting are no business of a schema.
func kindSchema(k event.Kind) object {
	return object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", home + k.String() + ".schema.json"},
		{"title", event.DefaultTypePrefix + k.String()},
		{"description", k.Doc() + ". A CloudEvent in structured mode; unknown fields are ignored, null counts as absent."},
	}.join(objectSchema(k, "")).join(object{{"anyOf", []object{inData, inBase64}}})
}

// An event has its data in one of two places.
var (
	inData = object{
		{"required", []string{"data"}},
		{"properties", object{{"data", object{{"type", "object"}}}}},
	}
	inBase64 = object{
		{"required", []string{"data_base64"}},
		{"properties", object{
			{"data", object{{"type", "null"}}},
			{"datacontenttype", object{{"type", []string{"string", "null"}}, {"pattern", jsonPattern}}},
			{"data_base64", object{{"type", "string"}, {"minLength", 1}, {"pattern", base64Pattern}, {"not", lineEnd},
				{"contentEncoding", "base64"}, {"contentMediaType", "application/json"},
				{"contentSchema", object{{"$ref", "#/properties/data"}, {"type", "object"}}}}},
		}},
	}
)

// Patterns keep to what regular expressions of ECMA 262, Go and Python have in common. The $ of Python also matches before
// a line end that is last, so line ends are ruled out by lineEnd.
const (
	date = `(([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))|` +
		`([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)`
	clock = `([01][0-9]|2[0-3]):[0-5][0-9]`

	timePattern   = `^(` + date + `[Tt]` + clock + `:([0-5][0-9]|60)(\.[0-9]+)?([Zz]|[+-]` + clock + `))?$`
	base64Pattern = `^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`
	jsonPattern   = `^([^;]*[/+][Jj][Ss][Oo][Nn][ \t]*(;|$)|$)`
)

var lineEnd = object{{"type", "string"}, {"pattern", `[\r\n]`}}

// objectSchema describes the object at path in: "" for the event itself, "data" or "data.agent".
func objectSchema(k event.Kind, in string) object {
	var required []string
	var properties object
	for _, f := range event.Fields() {
		if f.In != in || !f.On(k) {
			continue
		}
		if f.Required(k) && f.Path() != "data" { // which inData and inBase64 require
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
	optional := !f.Required(k)
	switch f.Type {
	case event.TypeVersion:
		return append(s, member{"const", "1.0"})
	case event.TypeKind:
		return append(s, member{"const", event.DefaultTypePrefix + k.String()})
	case event.TypeTime:
		return append(s, typeOf("string", optional), member{"pattern", timePattern}, member{"not", lineEnd})
	case event.TypeName:
		s[0].value = fmt.Sprintf("%s. At most %d bytes of UTF-8.", f.Doc, event.MaxName)
		s = append(s, typeOf("string", optional))
		if !optional {
			s = append(s, member{"minLength", 1})
		}
		return append(s, member{"maxLength", event.MaxName})
	case event.TypeText, event.TypeBase64:
		return append(s, typeOf("string", optional))
	case event.TypeMedia:
		return s
	case event.TypeBool:
		return append(s, typeOf("boolean", optional), member{"default", false})
	case event.TypeChoice:
		return s.join(choiceSchema(f, optional))
	case event.TypeScore:
		return append(s, typeOf("integer", optional), member{"minimum", 1}, member{"maximum", 5})
	case event.TypeObject:
		o := objectSchema(k, f.Path())
		o[0] = typeOf("object", optional || f.Path() == "data")
		return s.join(o)
	}
	panic(fmt.Sprintf("BUG: no schema for fields of type %d", f.Type))
}

func choiceSchema(f *event.Field, optional bool) object {
	var values []any
	for _, v := range f.Values {
		values = append(values, v)
	}
	if optional {
		values = append(values, "", nil)
	}
	s := object{typeOf("string", optional), {"enum", values}}
	if f.Default != 0 {
		s = append(s, member{"default", f.Values[f.Default-1]})
	}
	return s
}

// typeOf gives the JSON type of a field. That of an optional one may be null.
func typeOf(name string, optional bool) member {
	if optional {
		return member{"type", []string{name, "null"}}
	}
	return member{"type", name}
}
