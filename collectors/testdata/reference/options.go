package reference

import (
	"maps"
	"time"
)

// Options is what an operator can configure. A zero field means the default of the definitions.
type Options struct {
	TypePrefix   string         // of the attribute type, default "bot."
	Location     *time.Location // for weekday, hour and day ends, default UTC
	IncludeTest  bool           // apply events of env test
	MaxEventSize int            // bytes of one message, default 65536

	MaxPast   time.Duration // event time before stored time, default 24 h
	MaxFuture time.Duration // event time after stored time, default 5 min
	MaxJump   time.Duration // of the clock without a witness, default 24 h

	DedupWindow time.Duration // default 1 h
	MaxIDs      int           // remembered ids, default 1,000,000

	IdleTimeouts    map[string]time.Duration // by channel; those not named keep their default
	IdleTimeout     time.Duration            // of channels that have none of their own, default 30 min
	OperatorTimeout time.Duration            // at least, once a takeover was requested, default 4 h
	UserSessions    []string                 // channels on which only user acts are activities, default whatsapp
	MaxChats        int                      // open at once, default 1,000,000

	// ChatOrder decides which of two chats that are due at the same moment is evicted, default by bot, channel and chat. Give
	// the order of the fold that is compared, or a stream in which no two chats are due at the same moment.
	ChatOrder func(a, b ChatKey) int

	FeedbackWindow time.Duration // for which ratings and votes are remembered, default 7 d
	FeedbackMax    int           // remembered messages, and remembered votes, default 1,000,000

	VisitGap      time.Duration // whole minutes, default 30 min
	UserRetention time.Duration // whole hours, default 400 days
	Windows       []Window      // default 1d, 7d, 30d

	// Devices and Browsers are the names that a user agent can tell; what it tells else is "other".
	Devices  []string
	Browsers []string

	// Limits of open labels: how many values keep their name.
	MaxBots     int // default 100
	MaxChannels int // default 20
	MaxDevices  int // default 20
	MaxBrowsers int // default 50
	MaxEvents   int // keys of custom events, default 200
	MaxClicks   int // pairs of title and destination for each bot and channel, default 500
	MaxAgents   int // for each bot and channel, default 500
}

// Window is a rolling window of whole hours.
type Window struct {
	Label  string
	Length time.Duration
}

func (o Options) withDefaults() Options {
	orDefault(&o.TypePrefix, "bot.")
	orDefault(&o.Location, time.UTC)
	orDefault(&o.MaxEventSize, 65536)
	orDefault(&o.MaxPast, 24*time.Hour)
	orDefault(&o.MaxFuture, 5*time.Minute)
	orDefault(&o.MaxJump, 24*time.Hour)
	orDefault(&o.DedupWindow, time.Hour)
	orDefault(&o.MaxIDs, 1_000_000)
	orDefault(&o.IdleTimeout, 30*time.Minute)
	orDefault(&o.OperatorTimeout, 4*time.Hour)
	orDefault(&o.MaxChats, 1_000_000)
	orDefault(&o.FeedbackWindow, 7*24*time.Hour)
	orDefault(&o.FeedbackMax, 1_000_000)
	orDefault(&o.VisitGap, 30*time.Minute)
	orDefault(&o.UserRetention, 400*24*time.Hour)
	orDefault(&o.MaxBots, 100)
	orDefault(&o.MaxChannels, 20)
	orDefault(&o.MaxDevices, 20)
	orDefault(&o.MaxBrowsers, 50)
	orDefault(&o.MaxEvents, 200)
	orDefault(&o.MaxClicks, 500)
	orDefault(&o.MaxAgents, 500)
	if o.UserSessions == nil {
		o.UserSessions = []string{"whatsapp"}
	}
	if o.ChatOrder == nil {
		o.ChatOrder = ChatKey.compare
	}
	if o.Windows == nil {
		o.Windows = []Window{{"1d", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}}
	}
	if o.Devices == nil {
		o.Devices = knownDevices
	}
	if o.Browsers == nil {
		o.Browsers = knownBrowsers
	}
	timeouts := map[string]time.Duration{"web": 30 * time.Minute, "whatsapp": 24 * time.Hour, "voice": 2 * time.Hour}
	maps.Copy(timeouts, o.IdleTimeouts)
	o.IdleTimeouts = timeouts
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o Options) idleTimeout(channel string) time.Duration {
	if timeout, ok := o.IdleTimeouts[channel]; ok {
		return timeout
	}
	return o.IdleTimeout
}
