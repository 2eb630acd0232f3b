package collectors

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// write does what a checkpoint does with frozen sections.
func write(sections []codec.Section) []RawSection {
	var list []RawSection
	for _, s := range sections {
		w := codec.NewWriter(nil)
		s.Write(w)
		list = append(list, RawSection{s.Name, s.Version, w.Bytes()})
	}
	return list
}

// reopened is a folder that goes on from a checkpoint of f, as after a restart.
func (f *folder) reopened(t require.TestingT) *folder {
	next := &folder{set: New(f.set.cfg), decoder: f.decoder, stored: f.stored}
	require.NoError(t, next.set.Restore(write(f.set.Sections())))
	return next
}

func (f *folder) foldAll(lines [][]byte) {
	for _, line := range lines {
		f.fold(line)
	}
}

// sameState requires that two sets have the same bytes in every section, and show the same numbers.
func sameState(t require.TestingT, want, have *Set) {
	sameSections(t, write(want.Sections()), write(have.Sections()))
	require.Equal(t, series(want, want.Clock()), series(have, have.Clock()))
}

func sameSections(t require.TestingT, want, have []RawSection) {
	require.Len(t, have, len(want))
	for i := range want {
		require.Equal(t, want[i].Name, have[i].Name)
		require.Equal(t, want[i].Version, have[i].Version)
		require.True(t, bytes.Equal(want[i].Data, have[i].Data), "section %s differs: %d and %d bytes", want[i].Name, len(want[i].Data), len(have[i].Data))
	}
}

// TestSplitGolden restarts at every prefix of every golden, and, in another run, after every event.
func TestSplitGolden(t *testing.T) {
	for _, c := range Catalogue() {
		t.Run(c.Name, func(t *testing.T) {
			g := readGolden(t, c.Name)
			whole := g.folder()
			whole.foldAll(g.events)
			restless, running := g.folder(), g.folder()
			for i, line := range g.events {
				split := running.reopened(t)
				sameState(t, running.set, split.set)
				split.foldAll(g.events[i:])
				sameState(t, whole.set, split.set)

				running.fold(line)
				restless.fold(line)
				restless = restless.reopened(t)
			}
			sameState(t, whole.set, restless.set)
		})
	}
}

// someStream draws a stream and settings that make it collide with every bound.
func someStream(t *rapid.T) (Config, [][]byte) {
	cfg := Defaults()
	stream := rapid.SampledFrom([]func(int64, int) []byte{reference.Stream, reference.Stories}).Draw(t, "stream")
	switch rapid.SampledFrom([]string{"defaults", "wide", "small"}).Draw(t, "settings") {
	case "wide":
		stream = reference.WideStream
		cfg.MaxAgents, cfg.MaxClicks, cfg.MaxCustom = 20, 20, 20
	case "small":
		cfg.MaxBots, cfg.MaxChannels, cfg.MaxAgents, cfg.MaxClicks, cfg.MaxCustom = 1, 2, 1, 2, 1
		cfg.Session.MaxChats, cfg.Session.DedupMax, cfg.Session.MaxMessages = 3, 5, 2
		cfg.Session.MaxDevices, cfg.Session.MaxBrowsers = 1, 2
		cfg.Session.Retention = cfg.Session.Windows[2]
		cfg.Session.Location = time.FixedZone("east", 9*3600+1800)
	}
	n := rapid.IntRange(1, 400).Draw(t, "lines")
	return cfg, lines(stream(rapid.Int64Range(0, 1<<40).Draw(t, "seed"), n))
}

// TestSplit restarts at drawn points: the end is that of the uninterrupted run.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, all := someStream(t)
		whole := newFolder(cfg)
		whole.foldAll(all)

		cuts := rapid.SliceOfN(rapid.IntRange(0, len(all)), 0, 4).Draw(t, "cuts")
		slices.Sort(cuts)
		split, from := newFolder(cfg), 0
		for _, cut := range cuts {
			split.foldAll(all[from:cut])
			split, from = split.reopened(t), cut
		}
		split.foldAll(all[from:])
		sameState(t, whole.set, split.set)
	})
}

// TestFreeze writes sections long after they were made, beside a twin that is never frozen.
func TestFreeze(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg, all := someStream(t)
		first := rapid.IntRange(0, len(all)).Draw(t, "first")
		second := rapid.IntRange(first, len(all)).Draw(t, "second")

		f, twin := newFolder(cfg), newFolder(cfg)
		twin.foldAll(all[:first])
		f.foldAll(all[:first])
		frozen := f.set.Sections()
		f.foldAll(all[first:second])
		later := f.set.Sections()
		f.foldAll(all[second:])

		sameSections(t, write(twin.set.Sections()), write(frozen))
		twin = newFolder(cfg)
		twin.foldAll(all[:second])
		sameSections(t, write(twin.set.Sections()), write(later))
		twin = newFolder(cfg)
		twin.foldAll(all)
		sameState(t, twin.set, f.set)
		sameSections(t, write(later), write(later))
	})
}

// TestSplitWhileForgetting restarts while users are forgotten, a few parts of their table with each message.
func TestSplitWhileForgetting(t *testing.T) {
	whole, split := newFolder(Defaults()), newFolder(Defaults())
	seen := func(f *folder, user int, hour int64) {
		f.set.Fold(hour*int64(time.Hour), &event.Event{
			Kind: event.CSATSubmitted, ID: fmt.Sprint(user, hour), Source: "s", Bot: "b", Channel: "web", Chat: "c",
			User: fmt.Sprint(user), Score: 5,
		}, nil)
	}
	for user := range 3000 {
		seen(whole, user, 500_000)
		seen(split, user, 500_000)
	}
	retention := int64(Defaults().Session.Retention / time.Hour)
	for n := range int64(60) {
		for user := range 30 { // fewer messages than the sweep of an hour takes, and more
			if user%(1+int(n%5)) == 0 {
				seen(whole, user, 500_000+retention+n)
				seen(split, user, 500_000+retention+n)
			}
		}
		split = split.reopened(t)
	}
	sameState(t, whole.set, split.set)
	require.Equal(t, 30.0, series(whole.set, whole.set.Clock())[`bot_users_cohort{bot="b",channel="web",cohort="active",window="7d"}`])
}
