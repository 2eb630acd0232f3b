package schema

import (
	"bytes"
	_ "embed"
	"strings"
	"text/template"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

//go:embed asyncapi.tmpl
var asyncAPITemplate string

// asyncAPI renders the AsyncAPI 3 document. It refers to the schemas and has the examples within, as JSON, which is
// YAML too.
func asyncAPI() []byte {
	type message struct {
		Kind, Doc, Example string
	}
	var messages []message
	for _, k := range event.Kinds() {
		payload := strings.ReplaceAll(string(bytes.TrimSpace(indent(example(k)))), "\n", "\n            ")
		messages = append(messages, message{k.String(), k.Doc(), payload})
	}
	var b bytes.Buffer
	t := template.Must(template.New("asyncapi").Parse(asyncAPITemplate))
	if err := t.Execute(&b, map[string]any{"Prefix": event.DefaultTypePrefix, "MaxSize": event.DefaultMaxSize, "Messages": messages}); err != nil {
		panic("BUG: " + err.Error())
	}
	return b.Bytes()
}
