package session

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Fact is what one message, or the passing of time before it, means. It is valid until the next call.
type Fact struct {
	*event.Event             // Kind is event.None when only time has passed
	Clock        int64       // fold clock, Unix nanoseconds
	Stored       int64       // stored time that counts, Unix nanoseconds
	At           int64       // event time, bounded, Unix nanoseconds
	Clamped      Clamp       // how At differs from the time sent
	Pair         metric.Pair // bot and channel
	OtherBot     bool        // the bot went to the overflow label
	OtherChannel bool        // the channel went to the overflow label

	Closed []Chat // chats that ended, in the order of their due times
	Days   []Day  // distribution of users by their messages, of a day that ended

	Initiator Initiator // who wrote first in the chat that starts with this event
	Outreach  Outreach  // Replied when the chat that starts answers the bot

	Seen    bool   // a user was seen
	NewUser bool   // for the first time ever
	Returns bool   // begins a visit after the first
	Device  string // label of the user seen
	Browser string // label of the user seen

	Answers  bool  // a user message and its first answer have met
	Response int64 // nanoseconds from the first unanswered user message to this answer

	FirstRequest bool        // the chat's first request for a human
	Cause        event.Cause // of a request for a human, derived when absent
	Accepted     bool        // a takeover request and the operator who accepts it have met
	Wait         int64       // nanoseconds of that wait

	Responds      bool  // the operator's first message after the chat's first takeover request
	FirstResponse int64 // nanoseconds from that request to this message

	FirstRating bool         // the message was not rated before, as far as is remembered
	ChangedFrom event.Rating // the rating before, when this one differs
	RatedAgent  event.Agent  // whom a first rating is for

	FirstVote bool        // the chat had no vote before, as far as is remembered
	VoteFrom  event.Score // the vote before, when this one differs
}

// Chat is a chat that ended.
type Chat struct {
	Pair       metric.Pair
	Started    bool     // by a user; of other chats only Outreach counts
	Outreach   Outreach // Ignored or none
	Reason     Reason
	Outcome    Outcome
	Mix        Mix
	Duration   int64 // nanoseconds
	Messages   int64 // of the user
	Unanswered bool  // a takeover request was never accepted
}

// Day says that users of a pair sent a number of messages each on a day that ended.
type Day struct {
	Pair     metric.Pair
	Messages int64
	Users    uint64
}

// Clamp is the direction in which an event time was out of bounds.
type Clamp uint8

// Directions of a clamped event time.
const (
	Unclamped Clamp = iota
	ClampPast
	ClampFuture
)

func (c Clamp) String() string {
	return [...]string{"", "past", "future", ""}[min(c, 3)]
}

// Initiator is who wrote first in a chat that a user started.
type Initiator uint8

// Initiators of a chat.
const (
	NotStarted Initiator = iota
	UserInitiated
	BotInitiated // by a proactive message
)

func (i Initiator) String() string {
	return [...]string{"", "user", "bot", ""}[min(i, 3)]
}

// Outreach is what became of a chat in which the bot wrote first, unasked.
type Outreach uint8

// Results of an outreach.
const (
	NoOutreach Outreach = iota
	Replied
	Ignored
)

func (o Outreach) String() string {
	return [...]string{"", "replied", "ignored", ""}[min(o, 3)]
}

// Reason is why a chat ended.
type Reason uint8

// Reasons of an end.
const (
	ReasonExplicit Reason = iota + 1
	ReasonIdle
	ReasonEvicted
)

func (r Reason) String() string {
	return [...]string{"", "explicit", "idle", "evicted", ""}[min(r, 4)]
}

// Outcome is what became of a chat. The first that fits counts.
type Outcome uint8

// Outcomes of a chat.
const (
	Escalated Outcome = iota + 1 // a human was requested, or took part
	Unengaged                    // no user message
	Resolved                     // ended as resolved
	Abandoned                    // the last user message got no answer, or the bot's last answer was a fallback
	Contained                    // everything else: the bot did it alone
)

func (o Outcome) String() string {
	return [...]string{"", "escalated", "unengaged", "resolved", "abandoned", "contained", ""}[min(o, 6)]
}

// Mix is how the rated messages of a chat were rated. Neutral ratings do not count.
type Mix uint8

// Mixes of ratings.
const (
	OnlyPositive Mix = iota + 1
	MorePositive
	Balanced
	MoreNegative
	OnlyNegative
	NoFeedback
)

func (m Mix) String() string {
	return [...]string{"", "only_positive", "more_positive", "balanced", "more_negative", "only_negative", "none", ""}[min(m, 7)]
}
