package session

import "github.com/bot-exporter/bot-exporter/collectors/table"

// Erased counts the entries of one person that were found and removed.
type Erased struct {
	Users int // of a bot and channel, each on another device and browser
	Days  int // counts of messages of the present day
	Chats int // open chats that named the person as their user

	Persons int // of a bot and channel, with the device and browser last named
}

// Any reports whether there was anything.
func (e Erased) Any() bool { return e.Users+e.Days+e.Chats+e.Persons > 0 }

// Add adds what was found elsewhere.
func (e *Erased) Add(o Erased) {
	e.Users += o.Users
	e.Days += o.Days
	e.Chats += o.Chats
	e.Persons += o.Persons
}

// Erase removes every entry of a user from the state: the users on each device and browser, the device and browser last
// named, and the user of open chats. Remembered messages and votes name nobody: they are hashes of chats. Counts that no
// longer relate to anybody stay: the users of the day by number of messages, and the chats, which end like any other. Bot
// and channel are as in the events, not as in labels.
func (t *Table) Erase(bot, channel, user string) (e Erased) {
	key := t.hash.of('u', bot, channel, user)
	type kind struct{ device, browser label }
	tried := map[kind]bool{}
	for i := range t.users.groups {
		g := &t.users.groups[i]
		k := kind{g.device, g.browser}
		if tried[k] {
			continue
		}
		tried[k] = true
		id := t.hash.identity(key, k.device, k.browser)
		if t.users.erase(id) {
			e.Users++
		}
		if t.days.sent.Delete(id) {
			e.Days++
		}
	}
	if t.users.persons.Delete(key) {
		e.Persons++
	}
	for i, used := range t.chats.Used() {
		if used && t.chats.At(uint32(i)).user == key {
			t.chats.Edit(uint32(i)).user = table.Key{}
			e.Chats++
		}
	}
	return e
}

// erase removes a user from the table and from all windows.
func (u *users) erase(id table.Key) bool {
	v, ok := u.known.Get(id)
	if !ok {
		return false
	}
	g := &u.groups[v.group()]
	c := &u.cohorts[g.pair]
	g.active.remove(v.hour())
	c.fresh.remove(v.first & hourMask)
	c.returned.remove(v.returned & hourMask)
	c.asked.remove(v.asked & hourMask)
	return u.known.Delete(id)
}

// Rekey continues with another key. It forgets users and their windows, persons, ids of events, remembered messages and
// votes, since later ids cannot be compared with them: everybody is new. Open chats stay, but no event finds them any
// more, and they end by their timeouts. No hash made with the old key remains.
func (t *Table) Rekey(key [16]byte) {
	t.cfg.Key = key
	t.hash.key = key
	t.users.known.Reset()
	t.users.persons.Reset()
	t.users.sweep, t.users.next = 0, 0
	for i := range t.users.groups {
		t.users.groups[i].active = newHourly(t.users.windows)
	}
	pairs := len(t.users.cohorts)
	t.users.cohorts = nil
	t.users.grow(pairs)
	t.days.sent.Reset()
	t.dedup = dedup{window: t.dedup.window, max: t.dedup.max}
	t.ratings.messages.Reset()
	t.ratings.votes.Reset()
	t.chats.Rekey(t.hash.again)
	for i, used := range t.chats.Used() {
		if used {
			t.chats.Edit(uint32(i)).user = table.Key{}
		}
	}
	t.chats.reorder()
}
