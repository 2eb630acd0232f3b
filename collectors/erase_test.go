package collectors

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// person is a user as events name it.
type person struct{ bot, channel, user string }

func people(all [][]byte) (list []person) {
	d := event.NewDecoder(event.Config{})
	var e event.Event
	for _, line := range all {
		if d.Decode(nil, line, &e) == nil && e.User != "" {
			list = append(list, person{string([]byte(e.Bot)), string([]byte(e.Channel)), string([]byte(e.User))})
		}
	}
	return list
}

// isWindowed reports whether a metric is a gauge of the distinct users in a window, which erasure may lower.
func isWindowed(d *metric.Def) bool { return slices.Contains(d.LabelNames(), Window.Name) }

// sameTotals requires that nothing but distinct users differs, and these only downwards.
func sameTotals(t require.TestingT, before, after *Set) {
	for i, f := range before.Families() {
		was, is := samples(f, before.Clock()), samples(after.Families()[i], after.Clock())
		require.Len(t, is, len(was))
		for k := range was {
			if isWindowed(f.Def()) {
				require.LessOrEqual(t, is[k].value, was[k].value)
				was[k].value = is[k].value
			}
			require.Equal(t, was[k], is[k])
		}
	}
}

// balanced requires that each chat that began has ended or is open.
func balanced(t require.TestingT, s *Set) {
	total := func(d *metric.Def) (sum float64) {
		for _, f := range s.Families() {
			if f.Def() == d {
				for _, one := range samples(f, s.Clock()) {
					sum += one.value
				}
			}
		}
		return sum
	}
	require.Equal(t, total(ChatsStarted), total(ChatsEnded)+total(ChatsOpen))
}

// TestErase erases some people in the middle of a stream, and then all: the totals stay, nobody is left, and the state
// is one to go on from.
func TestErase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, all := someStream(t)
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		f := newFolder(cfg)
		f.foldAll(all[:cut])
		known := people(all[:cut])
		before := f.reopened(t)
		if len(known) > 0 {
			for range 3 {
				p := rapid.SampledFrom(known).Draw(t, "person")
				f.set.Erase(p.bot, []string{p.channel}, p.user)
				require.False(t, f.set.Erase(p.bot, []string{p.channel}, p.user).Any(), "found again")
			}
		}
		require.False(t, f.set.Erase("nobody", []string{"web"}, "nobody").Any())
		sameTotals(t, before.set, f.set)
		on := f.reopened(t)
		on.foldAll(all[cut:])
		balanced(t, on.set)

		for _, p := range known {
			f.set.Erase(p.bot, []string{p.channel}, p.user)
		}
		sameTotals(t, before.set, f.set)
		nobody(t, f.set)
		f.reopened(t).foldAll(all[cut:])
	})
}

// TestEraseLater: whether a person who does not come back is erased now or later makes no difference to any number.
func TestEraseLater(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := lines(reference.Stream(rapid.Int64Range(0, 1<<40).Draw(t, "seed"), rapid.IntRange(2, 400).Draw(t, "lines")))
		cut := rapid.IntRange(1, len(all)-1).Draw(t, "cut")
		later := people(all[cut:])
		gone := slices.DeleteFunc(people(all[:cut]), func(p person) bool { return slices.Contains(later, p) })
		if len(gone) == 0 {
			t.Skip("everybody comes back")
		}
		p := rapid.SampledFrom(gone).Draw(t, "person")
		erase := func(f *folder) session.Erased { return f.set.Erase(p.bot, []string{p.channel}, p.user) }
		now, then := newFolder(Defaults()), newFolder(Defaults())
		now.foldAll(all[:cut])
		if erase(now).Chats > 0 {
			t.Skip("the chat may go on without naming the person")
		}
		now.foldAll(all[cut:])
		then.foldAll(all)
		erase(then)
		require.Equal(t, series(then.set, then.set.Clock()), series(now.set, now.set.Clock()))
	})
}

// nobody requires that no user is in a window, nor in the tables of a checkpoint.
func nobody(t require.TestingT, s *Set) {
	for _, f := range s.Families() {
		if isWindowed(f.Def()) {
			for _, one := range samples(f, s.Clock()) {
				require.Zero(t, one.value, one)
			}
		}
	}
	for _, section := range write(s.Sections()) {
		if slices.Contains([]string{"session.users", "session.persons", "session.days"}, section.Name) {
			n, _ := binary.Uvarint(section.Data)
			require.Zero(t, n, section.Name)
		}
	}
}

// TestEraseOne: another device is another entry of the same person, another channel is another person.
func TestEraseOne(t *testing.T) {
	f := newFolder(Defaults())
	say := func(second, channel, user, device string) {
		f.fold([]byte(`{"specversion":"1.0","id":"` + second + `","source":"/s","type":"bot.message.user","time":"2026-03-02T09:00:` + second +
			`Z","data":{"bot":"b","channel":"` + channel + `","chat":"` + channel + user + device + `","user":"` + user + `","device":"` + device + `"}}`))
	}
	say("01", "web", "ann", "mobile")
	say("02", "web", "ann", "desktop")
	say("03", "web", "bob", "desktop")
	say("04", "voice", "ann", "phone")
	names, complete := f.set.Channels()
	require.Equal(t, []string{"voice", "web"}, names)
	require.True(t, complete)
	require.Equal(t, session.Erased{Users: 2, Days: 2, Chats: 2, Persons: 1}, f.set.Erase("b", []string{"web"}, "ann"))
	require.Equal(t, session.Erased{Users: 1, Days: 1, Chats: 1, Persons: 1}, f.set.Erase("b", names, "ann"))
	require.False(t, f.set.Erase("b", names, "ann").Any())
	active := func() (n float64) {
		for id, v := range series(f.set, f.set.Clock()) {
			if bytes.HasPrefix([]byte(id), []byte(UsersActive.Name)) && bytes.Contains([]byte(id), []byte(`window="1d"`)) {
				n += v
			}
		}
		return n
	}
	require.Equal(t, 1.0, active(), "bob")
	say("05", "web", "ann", "mobile")
	require.Equal(t, 2.0, active(), "whoever comes back is new")
	require.Equal(t, session.Erased{Users: 1, Days: 1, Chats: 1, Persons: 1}, f.set.Erase("b", names, "ann"))
}

func TestChannelsBeyondTheLimit(t *testing.T) {
	cfg := Defaults()
	cfg.MaxChannels = 1
	f := newFolder(cfg)
	f.fold(at("2026-03-02T09:00:00Z", "message.user", "c", `,"user":"u"`))
	f.fold(bytes.ReplaceAll(at("2026-03-02T09:00:01Z", "message.user", "c", `,"user":"u"`), []byte(`"web"`), []byte(`"sms"`)))
	names, complete := f.set.Channels()
	require.Equal(t, []string{"web"}, names)
	require.False(t, complete)
	require.Equal(t, session.Erased{Users: 1, Days: 1, Chats: 1, Persons: 1}, f.set.Erase("b", []string{"sms"}, "u"))
}

// TestRekey: the totals stay, the chats go on, and nothing remains that the old key had to do with.
func TestRekey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, all := someStream(t)
		cut := rapid.IntRange(0, len(all)).Draw(t, "cut")
		f := newFolder(cfg)
		f.foldAll(all[:cut])
		before := f.reopened(t)
		key := [16]byte{1, 2, 3}
		f.set.Rekey(key)
		sameTotals(t, before.set, f.set)
		nobody(t, f.set)

		cfg.Session.Key = key
		on := &folder{set: New(cfg), decoder: f.decoder, stored: f.stored}
		require.NoError(t, on.set.Restore(write(f.set.Sections())))
		sameState(t, f.set, on.set)
		balanced(t, on.set)
		on.foldAll(all[cut:])
		f.foldAll(all[cut:])
		sameState(t, f.set, on.set)
		balanced(t, on.set)
	})
}
