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

	DedupWindow time.Duration // default 1 h
	MaxIDs      int           // remembered ids, default 1,000,000

	IdleTimeouts map[string]time.Duration // by channel; those not named keep their default
	IdleTimeout  time.Duration            // of channels that have none of their own, default 30 min
	MaxChats     int                      // open at once, default 1,000,000

	UserRetention time.Duration // whole hours, default 400 days
	Windows       []Window      // default 1d, 7d, 30d

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
	orDefault(&o.DedupWindow, time.Hour)
	orDefault(&o.MaxIDs, 1_000_000)
	orDefault(&o.IdleTimeout, 30*time.Minute)
	orDefault(&o.MaxChats, 1_000_000)
	orDefault(&o.UserRetention, 400*24*time.Hour)
	orDefault(&o.MaxBots, 100)
	orDefault(&o.MaxChannels, 20)
	orDefault(&o.MaxDevices, 20)
	orDefault(&o.MaxBrowsers, 50)
	orDefault(&o.MaxEvents, 200)
	orDefault(&o.MaxClicks, 500)
	orDefault(&o.MaxAgents, 500)
	if o.Windows == nil {
		o.Windows = []Window{{"1d", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}}
	}
	timeouts := map[string]time.Duration{"web": 30 * time.Minute, "whatsapp": 24 * time.Hour, "voice": 30 * time.Minute}
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
