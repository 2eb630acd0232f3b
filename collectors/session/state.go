package session

import (
	"sort"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// stateVersion changes whenever the bytes of a section change their meaning.
const stateVersion = 2

// Sections freezes the state of this moment for a checkpoint.
func (t *Table) Sections() []codec.Section {
	small := codec.NewWriter(nil)
	t.saveSmall(small)
	section := func(name string, write func(*codec.Writer)) codec.Section {
		return codec.Section{Name: name, Version: stateVersion, Write: write}
	}
	return []codec.Section{
		section("session", func(w *codec.Writer) { w.Raw(small.Bytes()) }),
		section("session.users", t.users.known.Freeze(putUser)),
		section("session.days", t.days.sent.Freeze(func(w *codec.Writer, n *uint32) { w.Uint(uint64(*n)) })),
		section("session.persons", t.users.persons.Freeze(func(w *codec.Writer, p *person) { w.Word(p.v) })),
		section("session.chats", t.chats.Freeze(putChat)),
		section("session.messages", t.ratings.messages.Freeze(putMark)),
		section("session.votes", t.ratings.votes.Freeze(func(w *codec.Writer, v *vote) { w.Uint(uint64(v.score)) })),
		section("session.dedup", t.dedup.known.Freeze()),
	}
}

// Restore fills an empty table with sections that were made with the same configuration and pairs.
func (t *Table) Restore(read func(section string, version uint64, get func(*codec.Reader)) error) error {
	for _, s := range []struct {
		name string
		get  func(*codec.Reader)
	}{
		{"session", t.loadSmall},
		{"session.users", func(r *codec.Reader) { t.users.known.Restore(r, t.getUser) }},
		{"session.days", func(r *codec.Reader) {
			t.days.sent.Restore(r, func(r *codec.Reader, n *uint32) { *n = uint32(r.Uint()) })
		}},
		{"session.persons", func(r *codec.Reader) { t.users.persons.Restore(r, t.getPerson) }},
		{"session.chats", t.loadChats},
		{"session.messages", func(r *codec.Reader) { t.ratings.messages.Restore(r, t.getMark) }},
		{"session.votes", func(r *codec.Reader) { t.ratings.votes.Restore(r, getVote) }},
		{"session.dedup", t.dedup.known.Restore},
	} {
		if err := read(s.name, stateVersion, s.get); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) saveSmall(w *codec.Writer) {
	w.Int(t.clock)
	w.Bool(t.doubted)
	w.Uint(uint64(t.chats.opened))
	t.devices.Save(w)
	t.browsers.Save(w)
	t.names.Save(w)
	t.agents.Save(w)
	u := &t.users
	w.Uint(uint64(u.hour))
	w.Uint(uint64(u.sweep))
	w.Uint(uint64(u.next))
	w.Uint(uint64(len(u.groups)))
	for i := range u.groups {
		g := &u.groups[i]
		w.Uint(uint64(g.pair))
		w.Uint(uint64(g.device))
		w.Uint(uint64(g.browser))
		g.active.save(w)
	}
	w.Uint(uint64(len(u.cohorts)))
	for i := range u.cohorts {
		for _, h := range u.cohorts[i].all() {
			h.save(w)
		}
	}
	w.Int(t.days.end)
	cells := make([]dayCell, 0, len(t.days.users))
	for c := range t.days.users {
		cells = append(cells, c)
	}
	sort.Slice(cells, func(i, j int) bool {
		return cells[i].pair < cells[j].pair || cells[i].pair == cells[j].pair && cells[i].messages < cells[j].messages
	})
	w.Uint(uint64(len(cells)))
	for _, c := range cells {
		w.Uint(uint64(c.pair))
		w.Uint(uint64(c.messages))
		w.Uint(t.days.users[c])
	}
}

func (t *Table) loadSmall(r *codec.Reader) {
	t.clock, t.doubted, t.chats.opened = r.Int(), r.Bool(), uint32(r.Uint())
	t.devices.Load(r)
	t.browsers.Load(r)
	t.names.Load(r)
	t.agents.Load(r)
	u := &t.users
	u.hour, u.sweep, u.next = uint32(r.Uint()), uint32(r.Uint()), uint32(r.Uint())
	if begun := u.hour > 0; t.clock < 0 || begun && u.hour != hourOf(t.clock) || int(u.next) >= u.known.Parts() {
		r.Fail()
		return
	}
	for range r.Len(3) {
		k := groupKey{metric.Pair(r.Uint()), label(r.Uint()), label(r.Uint())}
		i := u.groupOf(k)
		u.groups[i].active.load(r, u)
		if int(k.pair) >= t.pairs.Len() || int(k.device) > t.devices.Len() || int(k.browser) > t.browsers.Len() {
			r.Fail()
			return
		}
	}
	u.grow(t.pairs.Len())
	if r.Len(3) != len(u.cohorts) {
		r.Fail()
		return
	}
	for i := range u.cohorts {
		for _, h := range u.cohorts[i].all() {
			h.load(r, u)
		}
	}
	t.days.end = r.Int()
	for range r.Len(3) {
		c := dayCell{metric.Pair(r.Uint()), uint32(r.Uint())}
		if t.days.users[c] = r.Uint(); int(c.pair) >= t.pairs.Len() {
			r.Fail()
			return
		}
	}
}

func (c *cohort) all() []*hourly { return []*hourly{&c.fresh, &c.returned, &c.asked} }

func (h *hourly) save(w *codec.Writer) {
	w.Uint(uint64(len(h.hours)))
	for _, c := range h.hours {
		w.Uint(uint64(c.hour))
		w.Uint(uint64(c.n))
	}
}

func (h *hourly) load(r *codec.Reader, u *users) {
	for range r.Len(2) {
		c := hourCount{uint32(r.Uint()), uint32(r.Uint())}
		h.hours = append(h.hours, c)
		for w := range h.sums {
			h.sums[w] += c.n
		}
	}
	h.roll(u.hour, u.windows)
}

func putUser(w *codec.Writer, u *user) {
	w.Word(uint64(u.last) | uint64(u.first)<<32)
	w.Word(uint64(u.returned) | uint64(u.asked)<<32)
}

func (t *Table) getUser(r *codec.Reader, u *user) {
	a, b := r.Word(), r.Word()
	*u = user{uint32(a), uint32(a >> 32), uint32(b), uint32(b >> 32)}
	if int(u.group()) >= len(t.users.groups) {
		r.Fail()
	}
}

func (t *Table) getPerson(r *codec.Reader, p *person) {
	p.v = r.Word()
	if !t.named(p.device()) || !t.named(p.browser()) {
		r.Fail()
	}
}

// named reports whether something has that name, or none.
func (t *Table) named(n name) bool { return int(n) <= t.names.Len() || n == maxNames+1 }

func putMark(w *codec.Writer, m *mark) {
	w.Uint(uint64(m.session))
	w.Uint(uint64(m.agent))
}

func (t *Table) getMark(r *codec.Reader, m *mark) {
	*m = mark{uint32(r.Uint()), agentMark(r.Uint())}
	if agent := m.agent.agent(); int(agent) > t.agents.Len() && agent != otherAgent {
		r.Fail()
	}
}

func getVote(r *codec.Reader, v *vote) {
	if v.score = event.Score(r.Uint()); v.score < 1 || v.score > 5 {
		r.Fail()
	}
}

func putChat(w *codec.Writer, c *chat) {
	if c.session == 0 { // free
		w.Uint(0)
		return
	}
	w.Uint(uint64(c.session))
	w.Word(c.user.Hi)
	w.Word(c.user.Lo)
	acceptance := c.acceptance
	if c.has(flagWaiting) {
		acceptance = 0 // a place in a list that Restore rebuilds
	}
	for _, v := range []int64{c.start, c.last, c.touched, c.unanswered, c.spare, c.spareClock, c.handover, acceptance, c.requested} {
		w.Int(v)
	}
	for _, v := range []uint64{uint64(c.messages), uint64(c.positive), uint64(c.negative), uint64(c.device), uint64(c.browser),
		uint64(c.pair), uint64(c.flags), uint64(c.class)} {
		w.Uint(v)
	}
}

func getChat(r *codec.Reader, c *chat) {
	if c.session = uint32(r.Uint()); c.session == 0 {
		return
	}
	c.user = table.Key{Hi: r.Word(), Lo: r.Word()}
	for _, v := range []*int64{&c.start, &c.last, &c.touched, &c.unanswered, &c.spare, &c.spareClock, &c.handover, &c.acceptance, &c.requested} {
		*v = r.Int()
	}
	c.messages, c.positive, c.negative = uint32(r.Uint()), uint32(r.Uint()), uint32(r.Uint())
	c.device, c.browser, c.pair = name(r.Uint()), name(r.Uint()), metric.Pair(r.Uint())
	c.flags, c.class = chatFlags(r.Uint()), uint8(r.Uint())
}

// loadChats reads the chats and rebuilds what is derived from them: counts, the list of those that wait, and the timers.
func (t *Table) loadChats(r *codec.Reader) {
	cs := &t.chats
	cs.Restore(r, getChat)
	cs.started = make([]uint32, t.pairs.Len())
	for i, used := range cs.Used() {
		if r.Err() != nil {
			return
		}
		if !used {
			continue
		}
		c := cs.Edit(uint32(i))
		if c.session == 0 || int(c.pair) >= t.pairs.Len() || int(c.class) >= len(cs.timeouts) || !t.named(c.device) || !t.named(c.browser) ||
			c.has(flagWaiting) && !c.has(flagTakeover) || c.touched > t.clock || c.start > c.last {
			r.Fail()
			return
		}
		if c.has(flagStarted) {
			cs.started[c.pair]++
		}
		if c.has(flagWaiting) {
			cs.wait(uint32(i), c)
		}
	}
	cs.reorder()
}
