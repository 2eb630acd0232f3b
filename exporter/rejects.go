package exporter

import (
	"log/slog"
	"slices"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Rejected names a message that could not be applied, and why. It holds no value of the message.
type Rejected struct {
	Time     time.Time `json:"time"` // when the broker stored it
	Subject  string    `json:"subject"`
	Sequence uint64    `json:"sequence"`
	Reason   string    `json:"reason"`
	Field    string    `json:"field,omitempty"`
}

const (
	rejectsKept  = 20
	rejectLogged = time.Minute // between two log lines of one reason and field
)

// rejects keeps the last rejected messages, and logs each reason and field at most once per rejectLogged. The owner
// serialises all calls.
type rejects struct {
	list []Rejected // oldest first
	logs map[event.Reject]*rejectLog
}

// rejectLog is what was logged of one reason and field.
type rejectLog struct {
	at    time.Time
	since uint64 // rejects that were not logged since
}

func (r *rejects) add(m *Message, why event.Reject, log *slog.Logger) {
	one := Rejected{time.Unix(0, m.Time).UTC(), m.Subject, m.Seq, why.Reason.String(), why.Field}
	if len(r.list) == rejectsKept {
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, one)
	s := r.logs[why]
	if s == nil {
		s = &rejectLog{}
		if r.logs == nil {
			r.logs = map[event.Reject]*rejectLog{}
		}
		r.logs[why] = s // reasons and fields are closed lists
	}
	now := time.Now()
	if now.Sub(s.at) < rejectLogged {
		s.since++
		return
	}
	log.Info("rejected event", "reason", one.Reason, "field", one.Field, "sequence", one.Sequence, "not_logged", s.since)
	s.at, s.since = now, 0
}

// Rejects returns the last messages that could not be applied, newest first.
func (e *Engine) Rejects() []Rejected {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := append([]Rejected{}, e.rejects.list...)
	slices.Reverse(list)
	return list
}
