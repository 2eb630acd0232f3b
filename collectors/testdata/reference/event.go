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
	scores     = []string{"1", "2", "3", "4", "5"}
	elements   = []string{"quick_reply", "link"}
	targets    = []string{"answer", "url", "phone", "email", "other"}
	agentKinds = []string{"agent", "workflow"}
)

// event is one valid event. Optional ids and names are empty when absent.
type event struct {
	id, source, kind string
	time             *time.Time    // as given, nil if it was not
	at               time.Time     // event time
	clamped          string        // past, future or empty
	delay            time.Duration // stored time minus event time; of events with a time that was not clamped

	bot, channel, chat, user, device, browser, userAgent, env string

	message                                             string
	resolved, fallback, reviewable, proactive, operator bool
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

// decode validates a message; the first fault in the defined order is the reason. The event has no event time yet.
//
// Decision: of id, source and type, and of all later fields, each is checked whole (missing, then invalid) before the next.
func decode(m Message, opt Options) (event, reason) {
	if len(m.Payload) > opt.MaxEventSize {
		return event{}, tooLarge
	}
	var members object
	var err error
	if m.isBinary() {
		members, err = m.envelope()
	} else {
		var document any
		document, err = parse(m.Payload)
		members, _ = document.(object) // anything else is an object without specversion
	}
	switch {
	case err != nil:
		return event{}, malformed
	case members["specversion"] != "1.0": // absent or another one
		return event{}, notCloudEvent
	}
	envelope := &fieldReader{object: members}

	var ev event
	ev.id = envelope.name("id", true)
	ev.source = envelope.name("source", true)
	ev.kind = envelope.kind(opt.TypePrefix)
	ev.time = envelope.time()
	data := envelope.data()
	if envelope.fault != "" {
		return event{}, envelope.fault
	}
	data.common(&ev)
	data.ofKind(&ev)
	return ev, data.fault
}

// withinBounds reports whether a time is near enough to the stored time to be the event time.
func withinBounds(given, stored time.Time, opt Options) bool {
	return !isPast(given, stored, opt) && !isFuture(given, stored, opt)
}

func isPast(given, stored time.Time, opt Options) bool { return given.Before(stored.Add(-opt.MaxPast)) }
func isFuture(given, stored time.Time, opt Options) bool {
	return given.After(stored.Add(opt.MaxFuture))
}

// place sets the event time: the time given if it is near enough to the stored time, else the stored time.
func (ev *event) place(stored time.Time, opt Options) {
	ev.at = stored
	switch {
	case ev.time == nil:
	case isPast(*ev.time, stored, opt):
		ev.clamped = "past"
	case isFuture(*ev.time, stored, opt):
		ev.clamped = "future"
	default:
		ev.at = *ev.time
		ev.delay = max(0, stored.Sub(ev.at))
	}
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

func (r *fieldReader) time() *time.Time {
	text, present := r.text("time", false)
	if !present {
		return nil
	}
	given, err := parseTime(text)
	if err != nil {
		r.fail(invalidValue)
	}
	return &given
}

// data reads the attribute data: absent is a missing field, no object an invalid value. data_base64 is decoded where the content
// type is JSON.
//
// Decision: null is absent, as everywhere.
// Decision: data_base64 is looked at when there is no data. Where its content type is not JSON, there is no data; where it is
// no base64 of a JSON object, the value is invalid (and not the message malformed).
// Decision: datacontenttype is looked at for data_base64 only.
func (r *fieldReader) data() *fieldReader {
	value := r.object["data"]
	broken := false
	if value == nil {
		value, broken = r.dataBase64()
	}
	if value == nil && !broken {
		r.fail(missingField)
		return nil
	}
	data, ok := value.(object)
	if !ok {
		r.fail(invalidValue)
	}
	return &fieldReader{object: data}
}

func (r *fieldReader) dataBase64() (value any, broken bool) {
	encoded := r.object["data_base64"]
	contentType, ok := r.object["datacontenttype"].(string)
	if !ok && r.object["datacontenttype"] != nil || encoded == nil || !isJSON(contentType) {
		return nil, false
	}
	text, _ := encoded.(string)
	value, err := decodeBase64(text)
	return value, err != nil
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
	r.name("topic", false)
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
		ev.proactive = r.flag("proactive")
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
