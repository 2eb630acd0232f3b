package session

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// Config holds the settings for chats, users and time. All of them affect the numbers.
type Config struct {
	IdleTimeout     time.Duration            // of channels that IdleTimeouts does not name
	IdleTimeouts    map[string]time.Duration // by channel
	OperatorTimeout time.Duration            // the least idle timeout of a chat in which a takeover was requested
	UserSessions    []string                 // channels on which only what the user does keeps a chat open
	MaxChats        int                      // open at once; beyond, the least recently active is closed

	FeedbackWindow time.Duration // how long a message or a vote is remembered after it was last touched, in fold clock
	MaxMessages    int           // how many messages are remembered, and how many votes

	Windows   []time.Duration // rolling windows of users, whole hours, ascending
	Retention time.Duration   // users not seen for so long are forgotten; at least the longest window
	VisitGap  time.Duration   // a user not seen for so long, in whole minutes, begins another visit

	DedupWindow time.Duration // how long the ids of events are remembered, in fold clock
	DedupMax    int           // how many ids are remembered

	MaxPast   time.Duration // how far event time may lie before stored time
	MaxFuture time.Duration // and after it
	MaxJump   time.Duration // how far one message may move the fold clock without a witness

	MaxDevices  int // device labels
	MaxBrowsers int // browser labels

	Location *time.Location // in which days end
	Key      [16]byte       // of the hashes that stand for users, chats, messages and events
}

// MaxEntries is the most that MaxChats and MaxMessages may be.
const MaxEntries = table.MaxKeyed - 1 // a table has one more for a moment

const day = 24 * time.Hour

// Defaults returns the settings that the definitions in the README assume.
func Defaults() Config {
	return Config{
		IdleTimeout:     30 * time.Minute,
		IdleTimeouts:    map[string]time.Duration{"web": 30 * time.Minute, "whatsapp": day, "voice": 2 * time.Hour},
		OperatorTimeout: 4 * time.Hour,
		UserSessions:    []string{"whatsapp"},
		MaxChats:        1_000_000,
		FeedbackWindow:  7 * day, MaxMessages: 1_000_000,
		Windows:   []time.Duration{day, 7 * day, 30 * day},
		Retention: 400 * day, VisitGap: 30 * time.Minute,
		DedupWindow: time.Hour, DedupMax: 1_000_000,
		MaxPast: day, MaxFuture: 5 * time.Minute, MaxJump: day,
		MaxDevices: 20, MaxBrowsers: 50,
		Location: time.UTC,
	}
}

// bound returns the event time, or the stored time where the event time is absent or too far from it.
func (c *Config) bound(e *event.Event, stored int64) (int64, Clamp) {
	switch {
	case !e.HasTime:
		return stored, Unclamped
	case e.Time < stored && apart(stored, e.Time) > uint64(c.MaxPast):
		return stored, ClampPast
	case e.Time > stored && apart(e.Time, stored) > uint64(c.MaxFuture):
		return stored, ClampFuture
	}
	return e.Time, Unclamped
}

// apart returns how far a is after b, which is not after it. Times may be further apart than a signed number can say.
func apart(a, b int64) uint64 { return uint64(a) - uint64(b) }
