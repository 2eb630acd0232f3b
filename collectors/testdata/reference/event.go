package reference

import (
	"slices"
	"strings"
	"time"
)

// reason why a message was rejected; empty if it was not.
type reason string

const (
	tooLarge      reason = "too_large"
	malformed     reason = "malformed"
	notCloudEvent reason = "not_cloudevent"
	unknownType   reason = "unknown_type"
	missingField  reason = "missing_field"
	invalidValue  reason = "invalid_value"
)

var (
	reasons = []string{"too_large", "malformed", "not_cloudevent", "unknown_type", "missing_field", "invalid_value"}
	kinds   = []string{
		"chat.started", "chat.ended", "message.user", "message.bot", "message.operator", "handover.requested",
		"handover.accepted", "feedback.given", "csat.offered", "csat.submitted", "element.clicked", "agent.triggered", "custom",
	}
	inputs     = []string{"text", "button", "voice", "attachment", "other"}
	causes     = []string{"direct", "after_fallback", "operator_button"}
	vias       = []string{"takeover", "ticket"}
	ratings    = []string{"positive", "negative", "neutral"}
	elements   = []string{"quick_reply", "link"}
	targets    = []string{"answer", "url", "phone", "email", "other"}
	agentKinds = []string{"agent", "workflow"}
)

// event is one valid event. Optional ids and names are empty when absent.
type event struct {
	id, source, kind string
	at               time.Time // event time
	clamped          string    // past, future or empty

	bot, channel, chat, user, device, browser, userAgent, env string

	message                                             string
	resolved, fallback, reviewable, operator            bool
	input, cause, via, rating                           string
	score                                               int
	element, title, target, destination, customEventKey string
	agent                                               *agent
}

type agent struct{ id, name, kind string }

// label is the name of an agent, else its id.
func (a agent) label() string {
	if a.name != "" {
		return a.name
	}
	return a.id
}

// decode validates a message; the first fault in the defined order is the reason.
//
// Decision: of id, source and type, and of all later fields, each is checked whole (missing, then invalid) before the next.
func decode(line []byte, document any, parseError error, stored time.Time, opt Options) (event, reason) {
	switch {
	case len(line) > opt.MaxEventSize:
		return event{}, tooLarge
	case parseError != nil:
		return event{}, malformed
	}
	members, ok := document.(object)
	if !ok || members["specversion"] != "1.0" {
		return event{}, notCloudEvent
	}
	envelope := &fieldReader{object: withoutNulls(members)}

	var ev event
	ev.id = envelope.name("id", true)
	ev.source = envelope.name("source", true)
	ev.kind = envelope.kind(opt.TypePrefix)
	envelope.time(&ev, stored, opt)
	data := envelope.data()
	if envelope.fault != "" {
		return event{}, envelope.fault
	}
	data.common(&ev)
	data.ofKind(&ev)
	return ev, data.fault
}

// withoutNulls drops attributes that are null: they are as if absent.
//
// Decision: data is not a context attribute of CloudEvents, so "data": null is not an object: an invalid value.
func withoutNulls(members object) object {
	kept := object{}
	for name, value := range members {
		if value != nil || name == "data" {
			kept[name] = value
		}
	}
	return kept
}

// kind reads the attribute type.
//
// Decision: an empty type is a missing field; a type has no length limit, a long one is merely unknown.
func (r *fieldReader) kind(prefix string) string {
	text, present := r.text("type", true)
	if !present {
		return ""
	}
	if text == "" {
		r.fail(missingField)
	}
	kind, ok := strings.CutPrefix(text, prefix)
	if !ok || !slices.Contains(kinds, kind) {
		r.fail(unknownType)
	}
	return kind
}

// time sets the event time: the attribute if it is near enough to the stored time, else the stored time.
func (r *fieldReader) time(ev *event, stored time.Time, opt Options) {
	ev.at = stored
	text, present := r.text("time", false)
	if !present {
		return
	}
	given, err := parseTime(text)
	switch {
	case err != nil:
		r.fail(invalidValue)
	case given.Before(stored.Add(-opt.MaxPast)):
		ev.clamped = "past"
	case given.After(stored.Add(opt.MaxFuture)):
		ev.clamped = "future"
	default:
		ev.at = given
	}
}

// data reads the attribute data.
//
// Decision: data_base64 and datacontenttype are not looked at.
func (r *fieldReader) data() *fieldReader {
	value, present := r.object["data"]
	if !present {
		r.fail(missingField)
		return nil
	}
	data, ok := value.(object)
	if !ok {
		r.fail(invalidValue)
	}
	return &fieldReader{object: data}
}

// common reads the fields that all kinds have.
//
// Decision: env is any string, like user_agent and language; only "test" means something.
func (r *fieldReader) common(ev *event) {
	ev.bot = r.name("bot", true)
	ev.channel = r.name("channel", true)
	ev.chat = r.name("chat", ev.kind != "custom")
	ev.user = r.name("user", ev.kind == "chat.started" || ev.kind == "message.user")
	ev.device = r.name("device", false)
	ev.browser = r.name("browser", false)
	ev.userAgent, _ = r.text("user_agent", false)
	ev.env, _ = r.text("env", false)
	r.text("language", false)
}

// ofKind reads the further fields of the event's kind. Fields of other kinds are unknown fields.
func (r *fieldReader) ofKind(ev *event) {
	switch ev.kind {
	case "chat.ended":
		ev.resolved = r.flag("resolved")
	case "message.user":
		ev.message = r.name("message", false)
		ev.input = r.oneOf("input", "text", false, inputs)
	case "message.bot":
		ev.message = r.name("message", false)
		ev.fallback = r.flag("fallback")
		ev.reviewable = r.flag("reviewable")
		r.flag("proactive")
		ev.agent = r.agent(false)
	case "message.operator":
		ev.message = r.name("message", false)
	case "handover.requested":
		ev.cause = r.oneOf("cause", "", false, causes)
		ev.via = r.oneOf("via", "takeover", false, vias)
	case "feedback.given":
		ev.message = r.name("message", true)
		ev.rating = r.oneOf("rating", "", true, ratings)
		ev.agent = r.agent(false)
	case "csat.submitted":
		ev.score = r.score()
	case "element.clicked":
		ev.element = r.oneOf("element", "", true, elements)
		ev.title, _ = r.text("title", false)
		ev.target = r.oneOf("target", "other", false, targets)
		ev.destination, _ = r.text("destination", false)
		ev.operator = r.flag("operator")
	case "agent.triggered":
		ev.agent = r.agent(true)
	case "custom":
		ev.customEventKey = r.name("event", true)
	}
}
