package simulate

import (
	"time"
)

// Config says what to simulate. Only Start has to be set.
type Config struct {
	Seed  uint64    // the same Config gives the same events, byte for byte; users keep their ids as long as Seed stays
	Start time.Time // when the simulated clock begins

	ChatsPerHour float64        // chats begun on all bots together, with outreach, mean over the week; 1200 when not positive
	Users        int            // people who know the bots at the start, in total; 40 per chat in an hour when not positive
	Bots         []Bot          // the fleet; a shop and a bank assistant when empty
	Flat         bool           // no daily and weekly rhythm: the same traffic at night
	Location     *time.Location // zone in which the users live; UTC when nil

	// Duplicates is the share of events that are sent twice in a row, as by a producer that retries; 0 to 1.
	Duplicates float64

	// An outage of OutageLength begins every OutageEvery, the first one OutageEvery after Start. What happens during an
	// outage is stored at its end, all at once, in the order and with the event times that it would have had anyway. No
	// outages unless both are positive.
	OutageEvery, OutageLength time.Duration

	// Adjust, when set, changes how bots and people behave at a moment of simulated time. It is called for each decision
	// with the defaults in b, and may be a switch that a drill flips: chats in progress change at their next step. For
	// determinism it must depend on its arguments only.
	Adjust func(at time.Time, bot, channel string, b *Behavior)
}

// Bot is one assistant of the fleet.
type Bot struct {
	Name  string  // the id in events
	Role  Role    // what it is for
	Share float64 // of all chats, as a weight; 1 when not positive
}

// Role is the trade of an assistant: its intents, links and hours.
type Role uint8

// Roles of assistants.
const (
	Shop Role = iota
	Bank
)

// Behavior is how a bot and its users behave. Shares are from 0 to 1 and approximate, as they influence each other.
type Behavior struct {
	Load          float64 // factor on arriving chats, from MinLoad to MaxLoad
	HandoverShare float64 // chats with a user message in which a human is asked for; decided at the start of a chat
	AcceptShare   float64 // takeover requests that an operator accepts, in hours when operators are there
	OperatorWait  float64 // seconds until then, median
	SlowShare     float64 // accepted requests that wait for half an hour to an hour instead
	ReplyShare    float64 // outreach that people reply to
	FallbackShare float64 // answers with which the bot says that it did not understand
	Latency       float64 // factor on the bot's response time
	SilentShare   float64 // chats on web and voice that end without a chat.ended; on whatsapp it is more
	PositiveShare float64 // thumbs that go up, of those up and down
	CSATMean      float64 // mean score of surveys, 1 to 5
}

// Limits of Behavior.Load. Without any traffic Next would search the rest of time for an event.
const (
	MinLoad = 0.001
	MaxLoad = 10
)

func (r Role) behavior() Behavior {
	b := Behavior{
		Load: 1, HandoverShare: 0.12, AcceptShare: 0.86, OperatorWait: 45, SlowShare: 0.02, ReplyShare: 0.25,
		FallbackShare: 0.09, Latency: 1, SilentShare: 0.22, PositiveShare: 0.80, CSATMean: 4.1,
	}
	if r == Bank {
		b.HandoverShare, b.OperatorWait, b.FallbackShare, b.CSATMean = 0.15, 70, 0.07, 3.9
	}
	return b
}

// Shares of what happens now and then.
const (
	testShare     = 0.008 // chats of testers
	lateShare     = 0.006 // chats whose last event arrives much later
	skewShare     = 0.002 // chats on a device or server whose clock is wrong
	businessShare = 0.02  // arrivals that are a custom event without a chat
	newShare      = 0.20  // chats begun by somebody who was never here
	recentShare   = 0.22  // chats begun by somebody who came lately

	tabShare      = 0.015 // chats on web whose user opens a second tab; browsers restore tabs, links open new ones
	unnamedShare  = 0.06  // chats that say only later on what device they are; widgets learn it after their first event
	comebackShare = 0.02  // chats left silently whose user writes again after the idle timeout
	takeoverShare = 0.01  // chats in which an operator steps in unasked; supervisors watch few of them
	farewellShare = 0.06  // ended chats to which the bot says goodbye; its ending does not wait for its message
	revoteShare   = 0.05  // votes that are changed at once, by a slip of the finger
	regretShare   = 0.03  // chats with a thumb or vote that is changed when the chat is over
	echoShare     = 0.6   // clicks for a human that are also sent as a message; platforms differ
	unhelpedShare = 0.15  // direct requests that follow a click on a quick reply, such as "No"

	// A message seldom overtakes the one before it, as both come from the bot. Operators accept in another system.
	overtakenShare        = 0.004 // of messages and chat starts that something follows within maxOvertaken
	overtakenRequestShare = 0.1   // of requests, likewise
)

// maxOvertaken limits by how much an event can be overtaken. Producers that are further apart have an outage.
const maxOvertaken = 8 * second

func (c Config) withDefaults() Config {
	if c.ChatsPerHour <= 0 {
		c.ChatsPerHour = 1200
	}
	if c.Users <= 0 {
		c.Users = int(40 * c.ChatsPerHour)
	}
	if len(c.Bots) == 0 {
		c.Bots = []Bot{{"shop", Shop, 0.6}, {"bank", Bank, 0.4}}
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	return c
}

// The channels of every bot. Each has people of its own: whoever writes on WhatsApp has another id there.
const (
	web = iota
	whatsapp
	voice
	numChannels
)

var channels = [numChannels]struct {
	name   string
	share  [2]float64 // of a bot's chats, by role
	turns  float64    // probability that there is one more user message
	think  float64    // median seconds until the user writes
	spread float64    // sigma of its logarithm
	inputs wheel      // how users enter a message, in the order of event.Input
	nudges float64    // share of chats that the bot begins: templates on whatsapp, offers of help on web
}{
	web:      {"web", [2]float64{Shop: 0.62, Bank: 0.55}, 0.62, 14, 0.9, weights(0.93, 0.03, 0.005, 0.03, 0.005), 0.02},
	whatsapp: {"whatsapp", [2]float64{Shop: 0.28, Bank: 0.22}, 0.66, 35, 1.5, weights(0.72, 0.03, 0.16, 0.08, 0.01), 0.12},
	voice:    {"voice", [2]float64{Shop: 0.10, Bank: 0.23}, 0.70, 5, 0.5, weights(0.01, 0.07, 0.90, 0, 0.02), 0},
}

// Seconds of the simulated clock, as it is counted in nanoseconds.
const second = int64(time.Second)
