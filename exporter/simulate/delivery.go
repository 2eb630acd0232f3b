package simulate

import (
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// overtaking is the state of an event that the next one of its chat overtakes.
type overtaking struct {
	held  int32 // index of the overtaken event, plus 1; 0 when there is none
	ahead bool  // the event that overtakes it is stored
	rest  int64 // delay of the chat after both, or gone
}

// deliver continues a chat. It returns the nanoseconds until its next step, and reports whether an event reaches the stream
// now. An event that will be overtaken waits for the next one of its chat, and follows that one.
func (s *Simulator) deliver(c *chat) (delay int64, reached bool) {
	o := &c.overtaking
	if o.ahead {
		s.e = s.release(o.held)
		delay = o.rest
		*o = overtaking{}
		return delay, true
	}
	s.e = event.Event{Source: c.line.source, Bot: c.line.bot, Channel: channels[c.line.channel].name, HasTime: true}
	delay = s.step(c)
	s.stamp(c)
	switch {
	case o.held > 0:
		o.ahead, o.rest = true, delay
		return min(s.wait(0.8, 0.8), maxOvertaken), true
	case s.overtaken(c, delay):
		o.held = s.hold()
		return delay, false
	}
	return delay, true
}

// overtaken draws whether the event of now is stored after the next one of its chat, which comes after the delay.
func (s *Simulator) overtaken(c *chat, delay int64) bool {
	if delay < 0 || delay > maxOvertaken || c.next == ended { // a chat must not end before it starts
		return false
	}
	switch s.e.Kind {
	case event.ChatStarted, event.MessageUser:
		return s.chance(overtakenShare)
	case event.HandoverRequested:
		return s.chance(overtakenRequestShare)
	}
	return false
}

// hold keeps the current event, and returns its index plus 1.
func (s *Simulator) hold() int32 {
	if n := len(s.unheld); n > 0 {
		i := s.unheld[n-1]
		s.unheld = s.unheld[:n-1]
		s.held[i-1] = s.e
		return i
	}
	s.held = append(s.held, s.e)
	return int32(len(s.held))
}

func (s *Simulator) release(i int32) event.Event {
	s.unheld = append(s.unheld, i)
	return s.held[i-1]
}

// stored returns when the current event is stored: at the end of the outage, if there is one. The simulation goes on during
// an outage, so that nothing has to be kept until its end.
func (s *Simulator) stored() time.Time {
	at := s.now
	every, length := int64(s.cfg.OutageEvery), int64(s.cfg.OutageLength)
	if since := at - s.cfg.Start.UnixNano(); every > 0 && since >= every {
		at = max(at, at-since%every+length)
	}
	return time.Unix(0, at).UTC()
}
