// Package explain says in words why package event rejects a message, and what looks like a mistake in one that it
// accepts. It is for those who wire a bot: it shows values of the message, which logs and metrics must never do.
package explain

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Finding is one thing to say about a message.
type Finding struct {
	Reason event.Reason // why the message is rejected; 0 for a hint about one that is accepted
	Field  string       // path of the field, such as data.bot; empty where there is none
	Text   string       // a sentence without its full stop
}

func (f Finding) String() string {
	kind := "hint"
	if f.Reason != 0 {
		kind = f.Reason.String()
	}
	if f.Field == "" {
		return kind + ": " + f.Text
	}
	return kind + ": " + f.Field + " " + f.Text
}

// Explainer explains messages one after another. It is not safe for concurrent use.
type Explainer struct {
	cfg     event.Config
	decoder *event.Decoder
	seen    map[string]string // where each source and id was
}

// maxSeen bounds the memory for ids.
const maxSeen = 1_000_000

// New returns an Explainer for a configuration.
func New(cfg event.Config) *Explainer {
	return &Explainer{cfg, event.NewDecoder(cfg), map[string]string{}}
}

// Message returns what there is to say about a message: why it is rejected, or hints. where names the message in
// hints about later ones. The header is a nats.Header or nil. The event is valid when no finding has a reason.
func (x *Explainer) Message(where string, header map[string][]string, payload []byte) (event.Event, []Finding) {
	var e event.Event
	var reject *event.Reject
	m := read(header, payload)
	if errors.As(x.decoder.Decode(header, payload, &e), &reject) {
		findings := []Finding{{reject.Reason, reject.Field, x.why(reject, m, payload)}}
		return e, append(findings, m.unread(x.kind(m))...)
	}
	hints := m.unread(e.Kind)
	if first, ok := x.seen[e.Source+" "+e.ID]; ok {
		hints = append(hints, Finding{Field: "id", Text: fmt.Sprintf("and source are those of %s: it is the same event and is counted once", first)})
	} else if len(x.seen) < maxSeen {
		x.seen[strings.Clone(e.Source+" "+e.ID)] = where
	}
	return e, hints
}

// kind is that of a message that may be rejected, None where it has none.
func (x *Explainer) kind(m message) event.Kind {
	name, _ := m.value("type").(string)
	for _, k := range event.Kinds() {
		if name == x.prefix()+k.String() {
			return k
		}
	}
	return event.None
}

func (x *Explainer) prefix() string {
	if x.cfg.TypePrefix == "" {
		return event.DefaultTypePrefix
	}
	return x.cfg.TypePrefix
}

// why says what was met, and what is allowed.
func (x *Explainer) why(r *event.Reject, m message, payload []byte) string {
	switch r.Reason {
	case event.TooLarge:
		limit := x.cfg.MaxSize
		if limit <= 0 {
			limit = event.DefaultMaxSize
		}
		return fmt.Sprintf("the payload has %d bytes; at most %d are accepted (events.max_bytes)", len(payload), limit)
	case event.Malformed:
		return where(payload)
	case event.UnknownType:
		return x.unknownType(m)
	case event.NotCloudEvent:
		if r.Field == "" {
			if jsontext.Value(payload).Kind() == '{' {
				return "the content type says that the message is a batch; send one CloudEvent in each message"
			}
			return fmt.Sprintf("the message is no JSON object but %s; send one CloudEvent in each message", kindOf(payload))
		}
	}
	f := fieldOf(r.Field)
	return "is " + m.shown(r.Field) + "; it must be " + allowed(f)
}

func (x *Explainer) unknownType(m message) string {
	var all []string
	for _, k := range event.Kinds() {
		all = append(all, x.prefix()+k.String())
	}
	met, _ := m.value("type").(string)
	for _, name := range all {
		if similar(met, name) || met == strings.TrimPrefix(name, x.prefix()) {
			return fmt.Sprintf("is %s; did you mean %s?", m.shown("type"), name)
		}
	}
	return fmt.Sprintf("is %s; it must be one of %s", m.shown("type"), strings.Join(all, ", "))
}

// where says at which line and column a payload is malformed.
func where(payload []byte) string {
	var v jsontext.Value
	err := json.Unmarshal(payload, &v)
	var syntax *jsontext.SyntacticError
	at := len(payload)
	switch {
	case err == nil:
		return "the payload is nested too deeply"
	case errors.As(err, &syntax):
		at = min(int(syntax.ByteOffset), at)
		err = syntax.Err
	}
	before := string(payload[:at])
	line := strings.Count(before, "\n") + 1
	column := at - strings.LastIndex(before, "\n")
	return fmt.Sprintf("the payload is no JSON at line %d, column %d: %s", line, column, strings.TrimPrefix(err.Error(), "jsontext: "))
}

func kindOf(payload []byte) string {
	switch jsontext.Value(payload).Kind() {
	case '[':
		return "an array"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "a boolean"
	}
	return "null"
}

func fieldOf(path string) event.Field {
	all := event.Fields()
	i := slices.IndexFunc(all, func(f event.Field) bool { return f.Path() == path })
	if i < 0 {
		panic("BUG: no field " + path)
	}
	return all[i]
}

// allowed names the values of a field.
func allowed(f event.Field) string {
	switch f.Type {
	case event.TypeName:
		return fmt.Sprintf("a string of 1 to %d bytes", event.MaxName)
	case event.TypeText:
		return "a string"
	case event.TypeBool:
		return "true or false"
	case event.TypeChoice:
		return "one of " + strings.Join(f.Values, ", ")
	case event.TypeScore:
		return "a whole number from 1 to 5"
	case event.TypeObject:
		return "an object"
	case event.TypeTime:
		return "a time with its offset as in RFC 3339, such as 2027-01-15T09:30:00Z"
	case event.TypeVersion:
		return `the string "1.0"`
	case event.TypeBase64:
		return "standard base64 of a JSON object"
	case event.TypeMedia:
		return "a JSON media type"
	case event.TypeKind:
		return "a string"
	}
	panic("BUG: field of unknown type " + strconv.Itoa(int(f.Type)))
}
