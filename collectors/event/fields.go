package event

// Type is what a field's value must be.
type Type uint8

// Types of fields.
const (
	TypeName    Type = iota + 1 // string of 1 to MaxName bytes: an id or a name
	TypeText                    // any string
	TypeBool                    // true or false
	TypeChoice                  // one of Values, case-sensitive
	TypeScore                   // number with a whole value from 1 to 5
	TypeObject                  // JSON object with fields of its own
	TypeTime                    // RFC 3339 string
	TypeKind                    // the configured prefix and a Kind
	TypeVersion                 // "1.0"
	TypeBase64                  // string of standard base64
	TypeMedia                   // media type
)

// MaxName is the length limit of ids and names in bytes of UTF-8, after unescaping.
const MaxName = 128

// Field is one field of the contract. All fields stand in one table, from which come the decoder's keys and rules,
// AppendJSON, the JSON Schemas, the AsyncAPI document and the table in the package comment.
type Field struct {
	In      string // "" for an attribute of the CloudEvent, else "data" or "data.agent"
	Name    string // key in the JSON object, case-sensitive
	Type    Type
	Values  []string // the closed list of a TypeChoice
	Default uint8    // what a TypeChoice is when absent, as an index into Values counted from 1; 0 for nothing
	Doc     string   // one sentence without its full stop

	on, need kindSet // kinds that have the field, and that require it

	// Where the value goes; the one that fits Type is set.
	text func(*Event) *string
	flag func(*Event) *bool
	code func(*Event) *uint8
}

// Path is the field's place in a structured event, such as "data.agent.id"; Reject.Field holds it.
func (f *Field) Path() string {
	if f.In == "" {
		return f.Name
	}
	return f.In + "." + f.Name
}

// On reports whether events of kind k have the field. On others it is an unknown field: any value, ignored.
func (f *Field) On(k Kind) bool { return f.on.has(k) }

// Required reports whether events of kind k must have the field; that of "data.agent" only where there is an agent.
func (f *Field) Required(k Kind) bool { return f.need.has(k) }

// Fields lists all fields in the order in which Decode checks them. Callers may keep but not change the values.
func Fields() []Field { return append([]Field(nil), fields[1:]...) }

// kindSet has one bit for each kind.
type kindSet uint32

const _ = uint(32 - numKinds)

func on(ks ...Kind) (s kindSet) {
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k Kind) bool { return s>>k&1 != 0 }

// Positions of the attributes in fields. Those of data and agent are found by name.
const (
	fUnknown = iota
	fSpecVersion
	fID
	fSource
	fType
	fTime
	fData
	fDataBase64
	fDataContentType
	numAttributes = iota
)

const (
	every      kindSet = 1<<numKinds - 1 // None too: attributes are checked before the kind is known
	hasAgent           = 1<<MessageBot | 1<<FeedbackGiven | 1<<AgentTriggered
	hasMessage         = 1<<MessageUser | 1<<MessageBot | 1<<MessageOperator | 1<<FeedbackGiven
)

var fields = [...]Field{
	fUnknown: {}, // any key that is not in the table

	fSpecVersion: {Name: "specversion", Type: TypeVersion, on: every, need: every,
		Doc: "Version of CloudEvents"},
	fID: {Name: "id", Type: TypeName, on: every, need: every, text: func(e *Event) *string { return &e.ID },
		Doc: "Identifies the event within its source; an event with the same source and id is counted once"},
	fSource: {Name: "source", Type: TypeName, on: every, need: every, text: func(e *Event) *string { return &e.Source },
		Doc: "Names the producer, as a URI reference such as /bots/shop"},
	fType: {Name: "type", Type: TypeKind, on: every, need: every,
		Doc: "A prefix, bot. unless configured, and the kind of event"},
	fTime: {Name: "time", Type: TypeTime, on: every,
		Doc: "When it happened; where absent or implausible (24 h before, 5 min after) the moment counts at which the server stored the message"},
	fData: {Name: "data", Type: TypeObject, on: every, need: every,
		Doc: "The fields below; unknown ones are ignored"},
	fDataBase64: {Name: "data_base64", Type: TypeBase64, on: every,
		Doc: "Stands for data where that is absent and datacontenttype is JSON: the same object, as base64 of its JSON"},
	fDataContentType: {Name: "datacontenttype", Type: TypeMedia, on: every,
		Doc: "Says whether data_base64 is JSON, of whatever media type that ends in /json or +json; it is where absent. With data it says nothing"},

	{In: "data", Name: "bot", Type: TypeName, on: every, need: every, text: func(e *Event) *string { return &e.Bot },
		Doc: "The assistant's id"},
	{In: "data", Name: "channel", Type: TypeName, on: every, need: every, text: func(e *Event) *string { return &e.Channel },
		Doc: "Where the chat takes place: web, whatsapp, voice or another name"},
	{In: "data", Name: "chat", Type: TypeName, on: every, need: every &^ withRole(Apart), text: func(e *Event) *string { return &e.Chat },
		Doc: "Id of the chat"},
	{In: "data", Name: "user", Type: TypeName, on: every, need: on(ChatStarted, MessageUser), text: func(e *Event) *string { return &e.User },
		Doc: "Id of the end user as the channel knows it, kept as a keyed hash only; the open chat's where absent"},
	{In: "data", Name: "device", Type: TypeName, on: every, text: func(e *Event) *string { return &e.Device },
		Doc: "The end user's kind of device; where absent derived from user_agent, else the one last named"},
	{In: "data", Name: "browser", Type: TypeName, on: every, text: func(e *Event) *string { return &e.Browser },
		Doc: "The end user's browser; where absent derived from user_agent, else the one last named"},
	{In: "data", Name: "user_agent", Type: TypeText, on: every, text: func(e *Event) *string { return &e.UserAgent },
		Doc: "User-Agent header of the end user's browser"},
	{In: "data", Name: "topic", Type: TypeName, on: every, text: func(e *Event) *string { return &e.Topic },
		Doc: "What the chat is about; it keeps the last topic named"},
	{In: "data", Name: "env", Type: TypeText, on: every, text: func(e *Event) *string { return &e.Env },
		Doc: "Events with the value test are ignored unless the operator includes them"},
	{In: "data", Name: "language", Type: TypeText, on: every, text: func(e *Event) *string { return &e.Language },
		Doc: "Language of the chat, such as de-CH"},

	{In: "data", Name: "resolved", Type: TypeBool, on: on(ChatEnded), flag: func(e *Event) *bool { return &e.Resolved },
		Doc: "The user's matter was resolved"},
	{In: "data", Name: "message", Type: TypeName, on: hasMessage, need: on(FeedbackGiven), text: func(e *Event) *string { return &e.Message },
		Doc: "Id of the message sent or rated"},
	{In: "data", Name: "input", Type: TypeChoice, Values: inputs, Default: uint8(InputText), on: on(MessageUser),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Input) },
		Doc:  "How the user entered the message"},
	{In: "data", Name: "fallback", Type: TypeBool, on: on(MessageBot), flag: func(e *Event) *bool { return &e.Fallback },
		Doc: "The bot did not understand"},
	{In: "data", Name: "reviewable", Type: TypeBool, on: on(MessageBot), flag: func(e *Event) *bool { return &e.Reviewable },
		Doc: "The user is offered thumbs for this response"},
	{In: "data", Name: "proactive", Type: TypeBool, on: on(MessageBot), flag: func(e *Event) *bool { return &e.Proactive },
		Doc: "The bot writes first, unasked, such as a reminder: the message answers nothing and starts no chat"},
	{In: "data", Name: "rating", Type: TypeChoice, Values: ratings, on: on(FeedbackGiven), need: on(FeedbackGiven),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Rating) },
		Doc:  "Thumbs up, thumbs down or neither"},
	{In: "data", Name: "cause", Type: TypeChoice, Values: causes, on: on(HandoverRequested),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Cause) },
		Doc:  "Why the user asks for a human; derived from the chat where absent"},
	{In: "data", Name: "via", Type: TypeChoice, Values: vias, Default: uint8(ViaTakeover), on: on(HandoverRequested),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Via) },
		Doc:  "What the user asks for: a human in the chat, or a ticket"},
	{In: "data", Name: "score", Type: TypeScore, on: on(CSATSubmitted), need: on(CSATSubmitted),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Score) },
		Doc:  "The user's vote, 1 (very unsatisfied) to 5 (very satisfied)"},
	{In: "data", Name: "element", Type: TypeChoice, Values: elements, on: on(ElementClicked), need: on(ElementClicked),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Element) },
		Doc:  "What was clicked"},
	{In: "data", Name: "title", Type: TypeText, on: on(ElementClicked), text: func(e *Event) *string { return &e.Title },
		Doc: "Text on the element"},
	{In: "data", Name: "target", Type: TypeChoice, Values: targets, Default: uint8(TargetOther), on: on(ElementClicked),
		code: func(e *Event) *uint8 { return (*uint8)(&e.Target) },
		Doc:  "What kind of thing the element leads to"},
	{In: "data", Name: "destination", Type: TypeText, on: on(ElementClicked), text: func(e *Event) *string { return &e.Destination },
		Doc: "Where the element leads to; it loses everything from the first ?, # or ; on, and a URL its user info"},
	{In: "data", Name: "operator", Type: TypeBool, on: on(ElementClicked), flag: func(e *Event) *bool { return &e.Operator },
		Doc: "The element is the button that asks for a human"},
	{In: "data", Name: "agent", Type: TypeObject, on: hasAgent, need: on(AgentTriggered),
		Doc: "The AI agent or workflow that answered, is rated or ran"},
	{In: "data", Name: "event", Type: TypeName, on: on(Custom), need: on(Custom), text: func(e *Event) *string { return &e.Key },
		Doc: "Key of the business event"},

	{In: "data.agent", Name: "id", Type: TypeName, on: hasAgent, need: hasAgent, text: func(e *Event) *string { return &e.Agent.ID },
		Doc: "Id of the agent"},
	{In: "data.agent", Name: "name", Type: TypeName, on: hasAgent, text: func(e *Event) *string { return &e.Agent.Name },
		Doc: "What dashboards call it instead of its id"},
	{In: "data.agent", Name: "kind", Type: TypeChoice, Values: agentKinds, Default: uint8(KindAgent), on: hasAgent,
		code: func(e *Event) *uint8 { return (*uint8)(&e.Agent.Kind) },
		Doc:  "An AI agent, or a workflow of fixed steps"},
}
