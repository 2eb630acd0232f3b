package session

import (
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// person is what is remembered of somebody on whatever device: the device and the browser last named, and the hour of
// the last sighting, on any of them.
type person struct{ v uint64 }

const (
	nameBits = 20
	nameMask = 1<<nameBits - 1
)

func personOf(hour uint32, device, browser name) person {
	return person{uint64(hour)<<(2*nameBits) | uint64(device)<<nameBits | uint64(browser)}
}

func (p person) hour() uint32  { return uint32(p.v >> (2 * nameBits)) }
func (p person) device() name  { return name(p.v >> nameBits & nameMask) }
func (p person) browser() name { return name(p.v & nameMask) }

// touch notes that a person was seen in an hour.
func (u *users) touch(key table.Key, hour uint32) {
	p, fresh := u.persons.Put(key)
	switch {
	case fresh || u.forgottenPerson(p):
		*p = personOf(hour, 0, 0)
	case p.hour() < hour:
		*p = personOf(hour, p.device(), p.browser())
	}
}

func (u *users) forgottenPerson(p *person) bool { return p.hour()+u.retention <= u.hour }

// who is the person of an event, with the device and browser as far as they are known.
type who struct {
	key             table.Key // zero while the person is not known
	device, browser name
}

// identify finds out whose event it is, and remembers what the event names in its chat, if that is open, and for the
// person.
func (t *Table) identify(f *Fact, c *chat) who {
	var w who
	if f.User != "" {
		w.key = t.hash.of('u', f.Bot, f.Channel, f.User)
	}
	device, browser := t.given(f.Event)
	w.device, w.browser = device, browser
	if c != nil {
		w.key = inherit(&c.user, w.key)
		w.device, w.browser = inherit(&c.device, device), inherit(&c.browser, browser)
	}
	named := device != 0 || browser != 0
	if w.key == (table.Key{}) || !named && (!f.Kind.Has(event.SeesUser) || w.device != 0 && w.browser != 0) {
		return w
	}
	p, known := t.users.persons.Get(w.key)
	if !known || t.users.forgottenPerson(&p) {
		p = personOf(hourOf(min(f.At, t.clock)), 0, 0)
	}
	w.device, w.browser = either(w.device, p.device()), either(w.browser, p.browser())
	if newD, newB := device != 0 && p.device() == 0, browser != 0 && p.browser() == 0; newD || newB {
		t.rename(f.Pair, w, newD, newB)
	}
	if now := personOf(p.hour(), either(device, p.device()), either(browser, p.browser())); named && (!known || now != p) {
		v, _ := t.users.persons.Put(w.key)
		*v = now
	}
	return w
}

// either returns the first name, else the second.
func either(named, remembered name) name {
	if named != 0 {
		return named
	}
	return remembered
}

// inherit keeps a value that was given, and otherwise returns the one kept before.
func inherit[T comparable](kept *T, given T) T {
	var none T
	if given != none {
		*kept = given
	}
	return *kept
}

// rename gives a device or browser, or both, that are named for the first time to the user who had none. Labels are
// taken only if there is such a user.
func (t *Table) rename(p metric.Pair, w who, device, browser bool) {
	was := w
	if device {
		was.device = 0
	}
	if browser {
		was.browser = 0
	}
	d, knownD := t.labelled(t.devices, was.device)
	b, knownB := t.labelled(t.browsers, was.browser)
	from := t.hash.identity(w.key, d, b)
	if !knownD || !knownB || !t.users.knows(from) {
		return
	}
	g := t.within(groupKey{p, t.label(t.devices, w.device), t.label(t.browsers, w.browser)})
	if to := t.hash.identity(w.key, g.device, g.browser); t.users.rename(from, to, g) {
		t.days.rename(from, to, p)
	}
}

// labelled returns the label that a name already has, and false when it has none and could still get one.
func (t *Table) labelled(l *metric.Limit, n name) (label, bool) {
	if n > maxNames {
		return 0, true
	}
	value := unknown
	if n > 0 {
		value = t.names.Value(uint32(n - 1))
	}
	if i, ok := l.Find(value); ok {
		return label(i) + 1, true
	}
	return 0, l.Full()
}
