package event

// The closed lists of the contract. The zero value of each type means absent; every list starts at 1, in the order
// in which its values are declared, and String gives the value as it stands in an event and in a label.

// Input is how a user message was entered.
type Input uint8

// Kinds of input; text is the default.
const (
	InputText Input = iota + 1
	InputButton
	InputVoice
	InputAttachment
	InputOther
)

// Sender is who sent a message.
type Sender uint8

// Senders of messages.
const (
	SenderUser Sender = iota + 1
	SenderBot
	SenderOperator
)

// Cause is why a user asked for a human.
type Cause uint8

// Causes of a handover request; CauseAbsent is derived from the chat.
const (
	CauseAbsent Cause = iota
	CauseDirect
	CauseAfterFallback
	CauseOperatorButton
)

// Via is what the user asked for: a person in the chat, or a ticket.
type Via uint8

// Ways of a handover; takeover is the default.
const (
	ViaTakeover Via = iota + 1
	ViaTicket
)

// Rating is thumbs up, thumbs down or neither on one response.
type Rating uint8

// Ratings of a response; Unrated is no rating.
const (
	Unrated Rating = iota
	Positive
	Negative
	Neutral
)

// Score is a CSAT vote, 1 (very unsatisfied) to 5 (very satisfied).
type Score uint8

// Element is the kind of a clicked element.
type Element uint8

// Clickable elements.
const (
	QuickReply Element = iota + 1
	Link
)

// Target is what a clicked element leads to.
type Target uint8

// Targets of clicks; other is the default.
const (
	TargetAnswer Target = iota + 1
	TargetURL
	TargetPhone
	TargetEmail
	TargetOther
)

// AgentKind is what an agent is: an AI agent, or a workflow.
type AgentKind uint8

// Kinds of agents; agent is the default.
const (
	KindAgent AgentKind = iota + 1
	KindWorkflow
)

// Reason is why a message cannot be applied. The list is closed: it is a label.
type Reason uint8

// Reasons for a reject, in the order in which they are checked.
const (
	TooLarge      Reason = iota + 1 // payload above the size limit
	Malformed                       // not one strict JSON value: syntax, UTF-8, duplicate names, depth
	NotCloudEvent                   // not an object, or specversion is not 1.0
	UnknownType                     // type is none of the kinds
	MissingField                    // a required field is absent or empty
	InvalidValue                    // wrong JSON type, length or value
)

var (
	inputs     = []string{"text", "button", "voice", "attachment", "other"}
	senders    = []string{"user", "bot", "operator"}
	causes     = []string{"direct", "after_fallback", "operator_button"}
	vias       = []string{"takeover", "ticket"}
	ratings    = []string{"positive", "negative", "neutral"}
	elements   = []string{"quick_reply", "link"}
	targets    = []string{"answer", "url", "phone", "email", "other"}
	agentKinds = []string{"agent", "workflow"}
	reasons    = []string{"too_large", "malformed", "not_cloudevent", "unknown_type", "missing_field", "invalid_value"}
)

func name(list []string, v uint8) string {
	if v == 0 || int(v) > len(list) {
		return ""
	}
	return list[v-1]
}

func (i Input) String() string     { return name(inputs, uint8(i)) }
func (s Sender) String() string    { return name(senders, uint8(s)) }
func (c Cause) String() string     { return name(causes, uint8(c)) }
func (v Via) String() string       { return name(vias, uint8(v)) }
func (r Rating) String() string    { return name(ratings, uint8(r)) }
func (e Element) String() string   { return name(elements, uint8(e)) }
func (t Target) String() string    { return name(targets, uint8(t)) }
func (k AgentKind) String() string { return name(agentKinds, uint8(k)) }
func (r Reason) String() string    { return name(reasons, uint8(r)) }
