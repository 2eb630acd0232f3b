package simulate

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Simulator is an endless stream of events.
type Simulator struct {
	dice
	cfg     Config
	lines   []line
	chats   []chat
	free    []int32 // indices of chats that are over
	agenda  agenda
	events  ids
	talks   ids
	letters ids // of messages
	now     int64
	late    int64 // when positive, how long before now the event happened
	repeat  bool
	e       event.Event
	held    []event.Event // what is being overtaken; as few as one at times
	unheld  []int32       // indices of free ones
}

// line is a bot on one channel: where chats arrive.
type line struct {
	bot     string
	source  string
	channel int
	role    Role
	perNano float64 // mean arrivals
	people  people
}

// New returns a simulator whose clock is at c.Start.
func New(c Config) *Simulator {
	c = c.withDefaults()
	start := c.Start.UnixNano()
	// Users keep their ids from run to run. Events and chats get new ones, or a second run would count as duplicates of
	// the first.
	run := mix(c.Seed ^ mix(uint64(start)))
	s := &Simulator{
		dice: newDice(c.Seed), cfg: c, now: start,
		events: ids{prefix: 'e', chars: 12, key: run}, talks: ids{prefix: 'c', chars: 9, key: mix(run)},
		letters: ids{prefix: 'm', chars: 10, key: mix(run + 1)},
	}
	total := 0.0
	for _, b := range c.Bots {
		total += b.share()
	}
	for _, b := range c.Bots {
		for channel := range channels {
			share := channels[channel].share[b.Role] * b.share() / total
			key := mix(c.Seed + uint64(len(s.lines)))
			arrivals := share * c.ChatsPerHour
			if channel == web {
				arrivals /= 1 + tabShare*(1-channels[web].nudges)
			}
			s.lines = append(s.lines, line{
				bot: b.Name, source: "/bots/" + b.Name, channel: channel, role: b.Role,
				perNano: arrivals / float64(time.Hour),
				people:  people{ids: ids{prefix: 'u', chars: 8, key: key}, count: uint64(share * float64(c.Users)), key: key},
			})
			s.arrange(int32(len(s.lines)-1), start)
		}
	}
	return s
}

func (b Bot) share() float64 {
	if b.Share <= 0 {
		return 1
	}
	return b.Share
}

// Next returns the next event and when it is stored; at never decreases. The stream has no end. The event is valid until
// the next call, its strings for good.
func (s *Simulator) Next() (at time.Time, e *event.Event) {
	if s.repeat {
		s.repeat = false
		return s.stored(), &s.e
	}
	s.repeat = s.cfg.Duplicates > 0 && s.chance(s.cfg.Duplicates)
	for {
		if s.advance() {
			return s.stored(), &s.e
		}
	}
}

// advance keeps the next appointment, and reports whether an event reaches the stream.
func (s *Simulator) advance() bool {
	due := s.agenda.pop()
	who := due.who
	if who < 0 && !s.arrives(due) {
		return false
	}
	s.now = due.at
	if who < 0 {
		who = s.begin(&s.lines[^who])
	}
	c := &s.chats[who]
	delay, reached := s.deliver(c)
	if delay < 0 {
		s.free = append(s.free, who)
	} else {
		s.agenda.push(appointment{s.now + delay, who})
	}
	return reached
}

// stamp completes the event. It took some milliseconds to reach the stream, but a chat never goes backwards.
func (s *Simulator) stamp(c *chat) {
	s.e.ID = s.events.new()
	if c.test {
		s.e.Env = "test"
	}
	if s.late > 0 {
		s.e.Time, s.late = s.now-s.late, 0
		return
	}
	happened := s.now - 1e6*(2+int64(10*s.ExpFloat64()))
	c.clock = min(max(happened, c.clock+1e6), s.now)
	s.e.Time = c.clock + c.skew
}

// arrange puts the next possible arrival on a line into the agenda, and arrives decides whether it is one: a Poisson
// process of changing intensity is one of the highest intensity, thinned. Deciding when the time has come, and not before,
// lets Config.Adjust act at once.
func (s *Simulator) arrange(i int32, after int64) {
	l := &s.lines[i]
	s.agenda.push(appointment{after + 1 + int64(s.ExpFloat64()/(l.perNano*s.bound(l))), ^i})
}

func (s *Simulator) arrives(a appointment) bool {
	l := &s.lines[^a.who]
	s.arrange(^a.who, a.at)
	at := time.Unix(0, a.at).In(s.cfg.Location)
	intensity := 1.0
	if !s.cfg.Flat {
		intensity = rhythms[l.role].at(at)
	}
	if s.cfg.Adjust != nil {
		intensity *= min(max(s.behavior(l, at).Load, MinLoad), MaxLoad)
	}
	return s.Float64()*s.bound(l) < intensity
}

// bound returns the highest intensity of arrivals on a line, relative to its mean.
func (s *Simulator) bound(l *line) float64 {
	bound := 1.0
	if !s.cfg.Flat {
		bound = rhythms[l.role].peak
	}
	if s.cfg.Adjust != nil {
		bound *= MaxLoad
	}
	return bound
}

// behavior returns how bot and users on a line behave.
func (s *Simulator) behavior(l *line, at time.Time) Behavior {
	if s.cfg.Adjust == nil {
		return l.role.behavior()
	}
	b := l.role.behavior() // on the heap, as Adjust may keep it
	s.cfg.Adjust(at.In(s.cfg.Location), l.bot, channels[l.channel].name, &b)
	return b
}

// appointment says when a chat goes on, or for who < 0 when the next chat arrives on the line ^who.
type appointment struct {
	at  int64
	who int32
}

// agenda is a heap by time. container/heap would box each appointment.
type agenda []appointment

func (h *agenda) push(a appointment) {
	*h = append(*h, a)
	q := *h
	i := len(q) - 1
	for i > 0 && a.at < q[(i-1)/2].at {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = a
}

func (h *agenda) pop() appointment {
	q := *h
	top, last := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	*h = q
	if len(q) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1].at < q[child].at {
			child++
		}
		if last.at <= q[child].at {
			break
		}
		q[i] = q[child]
		i = child
	}
	q[i] = last
	return top
}
