package event

// Kind is the event's type without its prefix.
type Kind uint8

// All kinds of events. New ones go to the end: the numbers are part of saved states.
const (
	None Kind = iota // no event: time has passed
	ChatStarted
	ChatEnded
	MessageUser
	MessageBot
	MessageOperator
	HandoverRequested
	HandoverAccepted
	FeedbackGiven
	CSATOffered
	CSATSubmitted
	ElementClicked
	AgentTriggered
	Custom
)

// Role is what a kind of event means for the chat and the user that it names.
type Role uint8

// Roles of a kind.
const (
	UserActs      Role = 1 << iota // a user does it: the chat counts as started
	OpensChat                      // it opens a chat that is not open
	KeepsChatOpen                  // it is activity, on channels where not only users keep a chat open
	SeesUser                       // the user is seen
	Apart                          // it touches neither chats nor users, and needs no chat

	opens  = OpensChat | KeepsChatOpen
	byUser = UserActs | SeesUser | opens
)

// kinds holds all that is said of a kind in general. Which fields it has stands in the table of fields.
var kinds = [...]struct {
	name  string
	roles Role
	doc   string // one sentence without its full stop: what happened
}{
	None:              {},
	ChatStarted:       {"chat.started", byUser, "A user opened a chat; a second window is a second chat id"},
	ChatEnded:         {"chat.ended", 0, "The chat was closed explicitly"},
	MessageUser:       {"message.user", byUser, "A message from the user to the bot"},
	MessageBot:        {"message.bot", opens, "A message from the bot to the user"},
	MessageOperator:   {"message.operator", opens, "A message from a human operator to the user"},
	HandoverRequested: {"handover.requested", byUser, "The user asks for a human"},
	HandoverAccepted:  {"handover.accepted", KeepsChatOpen, "An operator took over the chat"},
	FeedbackGiven:     {"feedback.given", SeesUser, "Thumbs on one response of the bot"},
	CSATOffered:       {"csat.offered", 0, "The satisfaction survey was shown"},
	CSATSubmitted:     {"csat.submitted", SeesUser, "The user's answer to the satisfaction survey"},
	ElementClicked:    {"element.clicked", byUser, "A click on a quick reply or a link; operator marks the button that asks for a human"},
	AgentTriggered:    {"agent.triggered", opens, "An AI agent or a workflow ran"},
	Custom:            {"custom", Apart, "A business event that the bot's author defined"},
}

// numKinds counts None too.
const numKinds = len(kinds)

func (k Kind) String() string {
	if int(k) >= numKinds {
		return ""
	}
	return kinds[k].name
}

// Has reports whether the kind has a role.
func (k Kind) Has(r Role) bool { return int(k) < numKinds && kinds[k].roles&r != 0 }

// Doc says in one sentence, without its full stop, what happened; empty for None.
func (k Kind) Doc() string {
	if int(k) >= numKinds {
		return ""
	}
	return kinds[k].doc
}

// Kinds lists the kinds of events in their order.
func Kinds() []Kind {
	all := make([]Kind, numKinds-1)
	for i := range all {
		all[i] = Kind(i + 1)
	}
	return all
}

// withRole is the set of the kinds that have a role.
func withRole(r Role) (s kindSet) {
	for _, k := range Kinds() {
		if k.Has(r) {
			s |= on(k)
		}
	}
	return s
}
