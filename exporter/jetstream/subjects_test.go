package jetstream

import (
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestSubset(t *testing.T) {
	t.Parallel()
	subjects := []string{"a", "b", "*", ">", "a.b", "a.*", "*.b", "*.*", "a.>", "*.>", "a.b.c", "a.*.c", "a.b.>", "b.>", "*.*.c", "a.b.*", "ab.c"}
	for _, s := range subjects {
		for _, f := range subjects {
			require.Equal(t, server.SubjectsCollide(s, f) && serverSubset(s, f), subset(s, f), "%s in %s", s, f)
		}
	}
}

// serverSubset asks the server's own function for a stand-in of each wildcard, which must all be in the filter.
func serverSubset(s, filter string) bool {
	stand := []string{strings.ReplaceAll(s, "*", "x")}
	if head, ok := strings.CutSuffix(stand[0], ">"); ok {
		stand = []string{head + "y", head + "y.z", head + "y.z.z.z"}
	}
	for _, l := range stand {
		if !server.SubjectsCollide(l, filter) {
			return false
		}
	}
	return true
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "",
		">":                 "",
		"a.> >":             "",
		"b a":               "a b",
		"a a":               "a",
		"a.b a.>":           "a.>",
		"a.> a.b":           "a.>",
		"a.* a.b c.> *.b":   "*.b a.* c.>",
		"bot.a.> bot.b bot": "bot bot.a.> bot.b",
	} {
		require.Equal(t, strings.Fields(want), append([]string{}, canonical(strings.Fields(in))...), in)
	}
}

func TestValidSubject(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"a": true, "a.b": true, "a.*": true, "*": true, ">": true, "a.>": true, "*.b.>": true,
		"": false, ".": false, "a.": false, ".a": false, "a..b": false, ">.a": false, "a b": false, "a.b*": false, "a.\t": false,
	} {
		require.Equal(t, ok, validSubject(s), s)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	c := &jetstream.StreamConfig{Subjects: []string{"bot.events.>", "bot.late"}}
	for f, want := range map[string]bool{"": true, "bot.>": true, "bot.events.> bot.late": true, "bot.events.>": false, "bot.late": false} {
		require.Equal(t, want, covers(strings.Fields(f), c), f)
	}
	c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: ">", Destination: "x.>"}
	require.False(t, covers([]string{"bot.>"}, c))
	require.True(t, covers(nil, c))
	require.True(t, covers([]string{"x.bot.>"}, &jetstream.StreamConfig{Subjects: []string{"bot.a"}, SubjectTransform: &jetstream.SubjectTransformConfig{
		Source: "bot.*", Destination: "x.bot.{{wildcard(1)}}",
	}}))
	require.False(t, covers([]string{"bot.>"}, &jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A"}}))
}

// What a stream holds decides about the filter of the consumer, and whether a subject is misspelled.
func TestInForce(t *testing.T) {
	t.Parallel()
	mirror := func(filter string) *jetstream.StreamConfig {
		return &jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A", FilterSubject: filter}}
	}
	sourced := func(own ...string) *jetstream.StreamConfig {
		return &jetstream.StreamConfig{Subjects: own, Sources: []*jetstream.StreamSource{{Name: "A"}}}
	}
	moved := func(source, destination string, own ...string) *jetstream.StreamConfig {
		return &jetstream.StreamConfig{Subjects: own, SubjectTransform: &jetstream.SubjectTransformConfig{Source: source, Destination: destination}}
	}
	for i, v := range []struct {
		c                    *jetstream.StreamConfig
		filter, want, missed string
	}{
		{&jetstream.StreamConfig{Subjects: []string{"bot.>"}}, "", "", ""},
		{&jetstream.StreamConfig{Subjects: []string{"bot.a.>"}}, "bot.>", "", ""},
		{&jetstream.StreamConfig{Subjects: []string{"bot.>"}}, "bot.a.>", "bot.a.>", ""},
		{&jetstream.StreamConfig{Subjects: []string{"bot.>"}}, "bot.a.> bto.>", "bot.a.> bto.>", "bto.>"},
		{&jetstream.StreamConfig{Subjects: []string{"bot.*.x"}}, "bot.a.*", "bot.a.*", ""},
		{mirror(""), "", "", ""},
		{mirror(""), "bot.>", "", ""},
		{mirror("bot.a"), "", ">", ""},
		{mirror("bot.a"), "bot.>", "bot.>", ""},
		{sourced(), "bot.>", "", ""},
		{sourced("bot.own"), "bot.>", "", ""},
		{sourced("own.>"), "bot.>", "bot.>", ""},
		{moved("", "x.>", "bot.>"), "bot.>", "bot.>", "bot.>"},
		{moved(">", "x.>", "bot.>"), "x.>", "", ""},
		{moved("bot.a.*", "x.{{wildcard(1)}}", "bot.>"), "bot.>", "bot.>", ""},
		{moved("bot.a.*", "x.$1.y", "bot.a.*"), "x.*.*", "", ""},
		{moved("bot.*", "x.{{split(1,-)}}", "bot.*"), "x.*", "x.*", ""},
		{moved("bot.*", "x.{{split(1,-)}}", "bot.*"), "x.>", "", ""},
		{moved("other.*", "x.{{wildcard(1)}}", "bot.*"), "x.>", "x.>", "x.>"},
	} {
		filter := strings.Fields(v.filter)
		require.Equal(t, strings.Fields(v.want), append([]string{}, inForce(filter, v.c)...), "%d", i)
		require.Equal(t, strings.Fields(v.missed), append([]string{}, missed(filter, held(v.c, func(string) *jetstream.StreamConfig { return nil }))...), "%d", i)
	}
}

// What comes from an origin arrives under the subjects that it holds, as the filter and the transforms of the copy leave
// them. Of an origin that is not known, or copies itself, it may be anything.
func TestHeldFromOrigins(t *testing.T) {
	t.Parallel()
	origins := map[string]*jetstream.StreamConfig{
		"A": {Subjects: []string{"a.>", "chat.*"}},
		"B": {Subjects: []string{"b"}, SubjectTransform: &jetstream.SubjectTransformConfig{Source: "b", Destination: "moved.b"}},
		"C": {Mirror: &jetstream.StreamSource{Name: "A"}},
	}
	moved := []jetstream.SubjectTransformConfig{{Source: "a.*", Destination: "x.{{wildcard(1)}}"}, {Source: "chat.x"}, {Source: "none", Destination: "y"}}
	for i, v := range []struct {
		c    *jetstream.StreamConfig
		want string
	}{
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A"}}, "a.> chat.*"},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A", FilterSubject: "a.b.>"}}, "a.b.>"},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A", FilterSubject: "b.>"}}, ""},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A", SubjectTransforms: moved}}, "x.* chat.x"},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "A", External: &jetstream.ExternalStream{APIPrefix: "x"}}}, ">"},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "unknown"}}, ">"},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "unknown", FilterSubject: "a.b"}}, "a.b"},
		{&jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "C"}}, ">"},
		{&jetstream.StreamConfig{Subjects: []string{"own"}, Sources: []*jetstream.StreamSource{{Name: "A", FilterSubject: "chat.>"}, {Name: "B"}}}, "own chat.* moved.b"},
		{&jetstream.StreamConfig{Sources: []*jetstream.StreamSource{{Name: "B"}}, SubjectTransform: &jetstream.SubjectTransformConfig{Source: "moved.>", Destination: "z.>"}}, "z.>"},
	} {
		have := held(v.c, func(name string) *jetstream.StreamConfig { return origins[name] })
		require.Equal(t, v.want, strings.Join(have, " "), "%d", i)
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	subjects := []string{"a", "b", "*", ">", "a.b", "a.*", "*.b", "*.*", "a.>", "*.>", "a.b.c", "a.*.c", "a.b.>", "b.>", "*.*.c", "a.b.*", "ab.c"}
	for _, a := range subjects {
		for _, b := range subjects {
			require.Equal(t, server.SubjectsCollide(a, b), overlap(a, b), "%s and %s", a, b)
		}
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	js := api(t, nc)
	for _, subject := range []string{"bot.events.a", "bot.events.b", "bot.events.a", "bot.events.c.d", "bot.events.b"} {
		_, err := js.Publish(t.Context(), subject, nil)
		require.NoError(t, err)
	}
	for filter, c := range map[string]struct {
		seqs    []uint64
		inForce string
	}{
		"":                            {[]uint64{1, 2, 3, 4, 5}, ""},
		"bot.events.>":                {[]uint64{1, 2, 3, 4, 5}, ""},
		"bot.>":                       {[]uint64{1, 2, 3, 4, 5}, ""},
		"bot.events.a":                {[]uint64{1, 3}, "bot.events.a"},
		"bot.events.b bot.events.a":   {[]uint64{1, 2, 3, 5}, "bot.events.a bot.events.b"},
		"bot.events.* bot.events.*.d": {[]uint64{1, 2, 3, 4, 5}, "bot.events.* bot.events.*.d"},
	} {
		t.Run(filter, func(t *testing.T) {
			r := newReader(t, nc, strings.Fields(filter)...)
			r.until(c.seqs[len(c.seqs)-1])
			require.Equal(t, c.seqs, r.seqs)
			require.Equal(t, strings.Fields(c.inForce), append([]string{}, r.info.Subjects...))
			require.EqualValues(t, len(c.seqs), r.info.Pending)
			require.NoError(t, r.open(t.Context()))
			require.Zero(t, r.info.Pending)
		})
	}

	t.Run("another one than that of the checkpoint", func(t *testing.T) {
		a := newReader(t, nc, "bot.events.a")
		a.until(3)
		whole := newReader(t, nc)
		whole.at = a.at
		whole.mismatch("subjects")
		whole.at.Subjects = []string{"bot.>"}
		require.NoError(t, whole.open(t.Context()), "another way to say the same")
	})

	// What a wider stream holds beside the filter is not counted, before and after the source notices.
	t.Run("stream becomes wider", func(t *testing.T) {
		r := newReader(t, nc, "bot.events.>")
		r.until(5)
		require.Empty(t, r.info.Subjects)
		config := s.CachedInfo().Config
		config.Subjects = []string{"bot.>"}
		_, err := js.UpdateStream(t.Context(), config)
		require.NoError(t, err)
		for _, subject := range []string{"bot.other", "bot.events.a"} {
			_, err := js.Publish(t.Context(), subject, nil)
			require.NoError(t, err)
		}
		r.until(7)
		require.Equal(t, []uint64{1, 2, 3, 4, 5, 7}, r.seqs)
		require.Equal(t, []uint64{6}, r.skips)
		_, err = r.source.Check(t.Context(), r.at)
		require.NoError(t, err)
		require.NoError(t, r.open(t.Context()))
		require.Equal(t, []string{"bot.events.>"}, r.info.Subjects)

		again := newReader(t, nc, "bot.events.>")
		again.until(7)
		require.Equal(t, r.seqs, again.seqs)
	})
}

// The short way to tell a match says what the long one does.
func TestMatches(t *testing.T) {
	filters := []string{">", "a.>", "a.b.>", "a.*.>", "*.>", "a", "a.b", "a.*", "aa.>"}
	for _, f := range filters {
		for _, s := range []string{"a", "b", "aa", "a.b", "aa.b", "a.b.c", "a.c.b", "ab.c", "b.a"} {
			require.Equal(t, subset(s, f), matches([]string{f}, s), "%s by %s", s, f)
		}
	}
	require.True(t, matches(nil, "a"))
	require.True(t, matches(filters[1:3], "a.b.c"))
	require.False(t, matches(filters[1:3], "b.b.c"))
}
