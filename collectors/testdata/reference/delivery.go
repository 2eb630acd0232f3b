package reference

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// delivered is a line with the time at which the broker stored it.
type delivered struct {
	stored time.Time
	told   told
	id     string
}

// deliver stores events in some order and writes them as lines. Wrong ticks of the broker's clock and events that are stored at
// the same moment come only where chats may be due at the same moment.
func (s *stories) deliver(events []told, lines int, ties bool) []byte {
	var sent []delivered
	outages := s.outages()
	for i, ev := range events {
		one := delivered{s.storedAt(ev, outages), ev, "e" + strconv.Itoa(i)}
		sent = append(sent, one)
		if s.chance(6) { // a retry, with the same id, within the window and at its end
			one.stored = one.stored.Add(s.oneOf(0, time.Second, time.Minute, time.Hour-1, time.Hour, time.Hour+1, 2*time.Hour))
			sent = append(sent, one)
		}
	}
	for len(sent) > lines { // some are lost
		lost := s.IntN(len(sent))
		sent = slices.Delete(sent, lost, lost+1)
	}
	slices.SortStableFunc(sent, func(a, b delivered) int { return a.stored.Compare(b.stored) })
	s.overtake(sent)
	out := bytes.Buffer{}
	clock := sent[0].stored
	for i := range lines {
		one := sent[i]
		clock = s.latest(clock, one.stored)
		stored, eventTime := one.stored, one.told.at
		if !ties { // nothing else has these nanoseconds
			mine := time.Duration(i)
			stored, eventTime = one.stored.Truncate(time.Millisecond).Add(mine), one.told.at.Truncate(time.Millisecond).Add(mine)
		}
		if ties && i > 0 && s.chance(1) {
			stored = clock.Add(s.oneOf(24*time.Hour, 24*time.Hour+1, 25*time.Hour, 410*24*time.Hour))
			if s.chance(70) { // or its own time is a witness
				eventTime = one.told.at
			} else {
				eventTime = stored.Add(s.oneOf(0, 5*time.Minute, 5*time.Minute+1, -24*time.Hour, -24*time.Hour-1))
			}
		}
		out.Write(s.line(i, one, stored, eventTime))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func (s *stories) latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// outage is a time in which nothing is stored; all comes in one burst at its end.
type outage struct{ from, to time.Time }

func (s *stories) outages() []outage {
	list := []outage{}
	for range s.IntN(4) {
		from := s.begin.Add(time.Duration(s.Int64N(int64(s.length))))
		list = append(list, outage{from, from.Add(s.oneOf(time.Minute, 65*time.Minute, 3*time.Hour, 20*time.Hour))})
	}
	return list
}

// storedAt is when an event of that time is stored: at once, soon, late, after an outage, and rarely beyond what is believed, or
// before it happened.
func (s *stories) storedAt(ev told, outages []outage) time.Time {
	at := ev.at
	stored := at
	switch n := s.IntN(100); {
	case ev.late >= 0:
		stored = at.Add(ev.late)
	case n < 40:
	case n < 85:
		stored = at.Add(time.Duration(s.IntN(2500)) * time.Millisecond)
	case n < 90:
		stored = at.Add(time.Duration(s.IntN(15_000)) * time.Millisecond)
	case n < 94:
		stored = at.Add(time.Duration(s.IntN(7200)) * time.Second)
	case n < 97:
		stored = at.Add(-time.Duration(s.IntN(320)) * time.Second)
	case n < 98:
		stored = at.Add(24*time.Hour + s.oneOf(-1, 0, 1))
	case n < 99:
		stored = at.Add(-5*time.Minute + s.oneOf(-1, 0, 1))
	}
	for _, out := range outages {
		if !stored.Before(out.from) && stored.Before(out.to) {
			stored = out.to
		}
	}
	return stored
}

// overtake swaps some neighbours.
func (s *stories) overtake(sent []delivered) {
	for i := 1; i < len(sent); i++ {
		if a, b := &sent[i-1], &sent[i]; s.chance(6) {
			a.told, b.told = b.told, a.told
			a.id, b.id = b.id, a.id
		}
	}
}

// line writes one line: mostly the event as it was told, sometimes with a fault.
func (s *stories) line(i int, one delivered, stored, eventTime time.Time) []byte {
	envelope := members{
		{"specversion", `"1.0"`}, {"id", quote(one.id)}, {"source", `"/bots/a"`}, {"type", quote("bot." + one.told.kind)},
		{"storedtime", quote(s.timestamp(stored))}, {"time", quote(s.timestamp(eventTime))},
	}
	if i > 0 && s.chance(3) {
		envelope = envelope[:5]
		s.rarely(&envelope, 30, "time", s.pick("null", `""`))
	}
	data := one.told.data
	if i > 0 && s.chance(2) {
		data = slices.Clone(data)
		s.spoil(data)
	}
	if s.chance(4) {
		envelope = append(envelope, s.encoded(data)...)
	} else {
		envelope = append(envelope, member{"data", data.json()})
	}
	line := []byte(envelope.json())
	if i > 0 && s.chance(2) {
		return s.damage(line)
	}
	return line
}

// encoded writes data as data_base64.
func (g *generator) encoded(data members) members {
	m := members{{"data_base64", quote(base64.StdEncoding.EncodeToString([]byte(data.json())))}}
	if g.chance(50) {
		m = append(m, member{"datacontenttype", g.pick(`"application/json"`, `"application/json; charset=utf-8"`, "null")})
	}
	if g.chance(5) {
		m[0].value = g.pick(`"%"`, "null", "7", `"W10="`, `"e30="`)
	}
	return m
}

// Binary turns about half of the structured messages that are events into binary ones, in the ways that clients write their headers.
func Binary(seed int64, messages []Message) []Message {
	g := &generator{Rand: rand.New(rand.NewPCG(uint64(seed), 3))}
	turned := []Message{}
	for _, m := range messages {
		if document, err := parse(m.Payload); err == nil && g.chance(50) {
			if envelope, ok := document.(object); ok {
				m = g.binary(m, envelope)
			}
		} else if g.chance(20) {
			m.Header = map[string][]string{"Content-Type": {g.pick("application/cloudevents+json", "application/cloudevents+json; charset=UTF-8")}}
		}
		turned = append(turned, m)
	}
	return turned
}

// binary moves attributes to headers, if they are all texts of ASCII, and data to the payload.
func (g *generator) binary(m Message, envelope object) Message {
	header := map[string][]string{}
	prefix := g.pick("ce-", "ce-", "Ce-")
	for attribute, value := range envelope {
		if attribute == "data" {
			continue
		}
		text, ok := value.(string)
		if !ok || attribute == "data_base64" || !headerName.MatchString(attribute) || !headerText.MatchString(text) {
			return m
		}
		header[prefix+attribute] = []string{text}
	}
	if envelope["specversion"] == nil {
		return m
	}
	if g.chance(50) {
		header["Content-Type"] = []string{"application/json"}
	}
	payload := []byte{}
	if data, ok := envelope["data"]; ok {
		payload, _ = json.Marshal(data) // numbers keep their literals
	}
	return Message{Stored: m.Stored, Header: header, Payload: payload}
}

var (
	headerName = regexp.MustCompile(`^[a-z0-9]+$`)
	headerText = regexp.MustCompile(`^[\x21-\x24\x26-\x7e]+$`) // no per cent sign, which one dialect reads as an escape
)
