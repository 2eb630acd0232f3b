package event

// Event is one decoded event of any kind. Fields that the kind does not have, or that were absent, are zero;
// defaults of the contract (Input, Via, Target, Agent.Kind) are filled in by Decode.
//
// Strings may alias the decoded payload: clone one to keep it longer than the payload.
type Event struct {
	Kind   Kind
	ID     string // unique within Source
	Source string // names the producer; Source and ID together identify the event
	Time   int64  // event time as sent, in Unix nanoseconds; meaningless unless HasTime

	Bot       string // the assistant's id
	Channel   string // web, whatsapp, voice, ...
	Chat      string // id of the chat; may be empty for Custom only
	User      string // id of the end user as the channel knows it; personal data
	Device    string
	Browser   string
	UserAgent string // raw header, from which Device and Browser are derived when they are absent
	Env       string // "test" marks traffic of testers
	Topic     string // what the chat is about
	Language  string

	Message     string // id of the message sent, or rated
	Agent       Agent  // who answered, was rated or ran; zero when absent
	Title       string // text of the clicked element
	Destination string // where the clicked element leads to
	Key         string // the custom event's key (field "event")

	HasTime    bool
	Resolved   bool // ChatEnded: the user's matter was resolved
	Fallback   bool // MessageBot: the bot did not understand
	Reviewable bool // MessageBot: the user is offered thumbs
	Proactive  bool // MessageBot: the bot writes first; answers nothing, starts no chat
	Operator   bool // ElementClicked: the button that asks for a human

	Input   Input
	Cause   Cause // CauseAbsent unless sent
	Via     Via
	Rating  Rating
	Score   Score
	Element Element
	Target  Target
}

// Agent names an AI agent or a workflow of the bot.
type Agent struct {
	ID   string
	Name string
	Kind AgentKind
}

// Label is what dashboards show: the name, else the id. Empty when there is no agent.
func (a Agent) Label() string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}
