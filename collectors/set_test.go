package collectors

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// TestNoMessages: before the first message only the counters of the stream exist.
func TestNoMessages(t *testing.T) {
	s := New(Defaults())
	for _, f := range s.Families() {
		require.Equal(t, !f.Def().PerPair(), f.Len() > 0, f.Def().Name)
	}
	require.Zero(t, s.Clock())
	(&folder{set: s}).reopened(t)
}

// TestZeroSeries: with the first event of a bot and channel all series of closed labels exist, whatever its kind.
func TestZeroSeries(t *testing.T) {
	f := newFolder(Defaults())
	f.fold(at("2026-03-02T09:00:00Z", "csat.offered", "c", ""))
	for _, family := range f.set.Families() {
		d, want := family.Def(), 1
		for _, l := range d.Labels[min(2, len(d.Labels)):] {
			want *= len(l.Values) // none of an open label
		}
		if d.PerPair() {
			require.Equal(t, want, family.Len(), d.Name)
		}
	}
}

func TestLost(t *testing.T) {
	s := New(Defaults())
	s.Lost(3)
	s.Lost(4)
	require.Equal(t, 7.0, series(s, 0)[EventsLost.Name])
}

// TestStarts: a counter began when its first message was stored, and a restart does not change that.
func TestStarts(t *testing.T) {
	f := newFolder(Defaults())
	f.fold([]byte("no event, and no time"))
	f.fold(at("2026-03-02T09:00:00Z", "csat.offered", "c", ""))
	f.fold(at("2026-03-02T09:00:07Z", "agent.triggered", "c", `,"agent":{"id":"faq"}`))
	f.fold(at("2026-03-02T09:00:09Z", "agent.triggered", "c", `,"agent":{"id":"faq"}`))
	first := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, set := range []*Set{f.set, f.reopened(t).set} {
		for _, family := range set.Families() {
			var want time.Time
			switch d := family.Def(); {
			case d.Type == metric.TypeGauge:
				want = time.Unix(0, 0)
			case slices.ContainsFunc(d.Labels[min(2, len(d.Labels)):], func(l metric.Label) bool { return l.Limit > 0 }):
				want = first.Add(7 * time.Second) // of its first increment
			default:
				want = first
			}
			for i := range family.Len() {
				require.Equal(t, want.UnixNano(), family.Start(i), family.Def().Name)
			}
		}
	}
}

// TestReadingChangesNothing: reading at a later time rolls windows and closes chats for the reader alone.
func TestReadingChangesNothing(t *testing.T) {
	f := newFolder(Defaults())
	f.fold(at("2026-03-02T09:00:00Z", "message.user", "c", `,"user":"u"`))
	before := write(f.set.Sections())
	now := f.set.Clock()
	value := func(def *metric.Def, now int64) float64 {
		for _, family := range f.set.Families() {
			if family.Def() == def {
				return family.(metric.Scalars).Read(nil, now)[0]
			}
		}
		panic(def.Name)
	}
	require.Equal(t, 1.0, value(ChatsOpen, now+1800e9-1))
	require.Equal(t, 0.0, value(ChatsOpen, now+1800e9))
	require.Equal(t, 1.0, value(UsersActive, now+24*3600e9-1))
	require.Equal(t, 0.0, value(UsersActive, now+24*3600e9))
	require.Equal(t, 0.0, value(ChatsEnded, now+24*3600e9))
	require.Equal(t, 1.0, value(UsersActive, now-100*3600e9), "a clock that is late does not roll back")
	sameSections(t, before, write(f.set.Sections()))
}

// TestRestoreRefuses names the section that does not fit. Sections of modules may be missing: they are new.
func TestRestoreRefuses(t *testing.T) {
	saved, _, _ := checkpoint()
	without := func(name string) []RawSection {
		var list []RawSection
		for _, s := range saved {
			if s.Name != name {
				list = append(list, s)
			}
		}
		return list
	}
	require.NoError(t, New(Defaults()).Restore(append([]RawSection{{Name: "of a module that is no more"}}, saved...)))
	for _, s := range saved {
		err := New(Defaults()).Restore(without(s.Name))
		if _, isModule := moduleOf(s.Name); isModule {
			require.NoError(t, err, s.Name)
		} else {
			require.EqualError(t, err, "section "+s.Name+" is missing")
		}
		s.Version++
		require.ErrorContains(t, New(Defaults()).Restore(append(without(s.Name), s)), "section "+s.Name+" has version")
		s.Version--
		s.Data = append([]byte(nil), s.Data...)
		s.Data = append(s.Data, 0)
		require.ErrorContains(t, New(Defaults()).Restore(append(without(s.Name), s)), "section "+s.Name)
	}
}

func moduleOf(name string) (Module, bool) {
	for _, m := range Catalogue() {
		if m.Name == name {
			return m, true
		}
	}
	return Module{}, false
}

// TestEventIsNotKept: what a Set remembers does not alias the message.
func TestEventIsNotKept(t *testing.T) {
	var all [][]byte
	for _, m := range Catalogue() {
		all = append(all, readGolden(t, m.Name).events...)
	}
	clean, dirty := newFolder(Defaults()), newFolder(Defaults())
	clean.foldAll(all)
	for _, line := range all {
		line = append([]byte(nil), line...)
		dirty.fold(line)
		for i := range line {
			line[i] = 'x'
		}
	}
	sameState(t, clean.set, dirty.set)
}

func TestIncludeTest(t *testing.T) {
	cfg := Defaults()
	cfg.IncludeTest = true
	f := newFolder(cfg)
	f.fold(at("2026-03-02T09:00:00Z", "csat.offered", "c", `,"env":"test"`))
	require.Equal(t, 1.0, series(f.set, 0)[`bot_events_total{kind="`+event.CSATOffered.String()+`"}`])
}
