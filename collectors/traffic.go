package collectors

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Traffic counts messages by weekday and hour. Local hours are worked out here, since PromQL knows UTC only.
var Traffic = metric.Counter("bot_traffic_messages_total",
	"Messages exchanged, by weekday (1 is Monday) and hour of the event time in the configured time zone.",
	metric.Closed[weekday]("weekday"), metric.Closed[dayHour]("hour"))

// weekday is 1 (Monday) to 7 (Sunday), as in ISO 8601.
type weekday uint8

func (d weekday) String() string {
	if d < 1 || d > 7 {
		return ""
	}
	return strconv.Itoa(int(d))
}

// dayHour is an hour of the day plus 1.
type dayHour uint8

func (h dayHour) String() string {
	if h < 1 || h > 24 {
		return ""
	}
	return fmt.Sprintf("%02d", h-1)
}

type traffic struct {
	messages *metric.CounterVec2[weekday, dayHour]
	local    localHour
}

func newTraffic(d deps) *traffic {
	return &traffic{
		messages: metric.NewCounterVec2[weekday, dayHour](Traffic, d.pairs),
		local:    localHour{zone: d.cfg.Session.Location, from: 1},
	}
}

func (*traffic) Name() string                { return "traffic" }
func (*traffic) Title() string               { return "Traffic" }
func (t *traffic) Families() []metric.Family { return []metric.Family{t.messages} }

func (t *traffic) Fold(f *session.Fact) {
	switch f.Kind {
	case event.MessageUser, event.MessageBot, event.MessageOperator:
		day, hour := t.local.at(f.At)
		t.messages.Inc(f.Pair, day, hour)
	}
}

func (*traffic) Headlines(n Numbers) []Headline {
	busiest := Headline{Label: "busiest hour", Unit: UnitText}
	if values, ok := n.Largest(Traffic, "weekday", "hour"); ok {
		day, _ := strconv.Atoi(values[0]) // of a closed list of numbers
		busiest.Text = fmt.Sprintf("%s %s:00", time.Weekday(day%7), values[1])
	}
	return []Headline{count(n.Sum(Traffic), "messages"), busiest}
}

// localHour remembers the local hour of the minute asked for last: zone look-ups cost more than the rest of the fold
// of a message, and most messages come in the same minute as the one before. It is a cache and not state.
type localHour struct {
	zone     *time.Location
	from, to int64
	day      weekday
	hour     dayHour
}

func (l *localHour) at(t int64) (weekday, dayHour) {
	if t < l.from || t >= l.to {
		local := time.Unix(0, t).In(l.zone)
		into := int64(local.Second())*int64(time.Second) + int64(local.Nanosecond())
		l.from, l.to = t-into, t-into+int64(time.Minute)
		l.day, l.hour = weekday((local.Weekday()+6)%7+1), dayHour(local.Hour()+1)
	}
	return l.day, l.hour
}
