package jetstream

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// reasons returns what a report says of a setting.
func reasons(r Report, setting string) (list []string) {
	for _, a := range r.Advice {
		if a.Setting == setting {
			list = append(list, a.Reason)
		}
	}
	return list
}

// looks opens a source, and returns a function that checks it and returns what it reports.
func looks(t *testing.T, s *Source, at exporter.Position) (check func() Report, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	var last Report
	s.opts.Report, s.opts.Logger = func(r Report) { last = r }, slog.New(slog.NewTextHandler(log, nil))
	info, err := s.Open(t.Context(), at)
	require.NoError(t, err)
	if at.Created.IsZero() {
		at = exporter.Position{Stream: info.Name, Created: info.Created, Subjects: info.Filter}
	}
	return func() Report {
		t.Helper()
		_, err := s.Check(t.Context(), at)
		require.NoError(t, err)
		return last
	}, log
}

// A stream that is edited while it is read is noticed at the next check, and so is the end of it.
func TestEditedLive(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc)
	js := api(t, nc)
	check, log := looks(t, newSource(t, nc, "bot.events.>"), exporter.Position{})
	before := check()
	require.Empty(t, reasons(before, "subjects"))
	require.Empty(t, before.Edits)
	require.Zero(t, before.Origins)
	require.NotContains(t, log.String(), "edited")
	plain := s.CachedInfo().Config
	for _, v := range []struct {
		setting string
		change  func(*jetstream.StreamConfig)
		advice  string
		reason  string
	}{
		{"max_age", func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }, "max_age", "1h"},
		{"subjects", func(c *jetstream.StreamConfig) { c.Subjects = []string{"bot.other.>"} }, "subjects", "holds nothing under bot.events.>, only bot.other.>"},
		{"subject_transform", func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "bot.events.>", Destination: "moved.>"}
		}, "subjects", "only moved.>"},
	} {
		c := plain
		v.change(&c)
		_, err := js.UpdateStream(t.Context(), c)
		require.NoError(t, err)
		log.Reset()
		r := check()
		require.Contains(t, strings.Join(reasons(r, v.advice), "\n"), v.reason)
		require.True(t, slices.ContainsFunc(r.Edits, func(e Edit) bool { return e.Setting == v.setting }), "%+v", r.Edits)
		require.Contains(t, log.String(), "stream was edited")
		require.Contains(t, log.String(), "setting="+v.setting)
		log.Reset()
		require.Empty(t, check().Edits)
		require.Empty(t, log.String(), "said once")
		_, err = js.UpdateStream(t.Context(), plain)
		require.NoError(t, err)
		require.Empty(t, reasons(check(), v.advice))
	}
}

// A subject that nothing is stored under is told at the start.
func TestSubjectThatNothingHas(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	check, _ := looks(t, newSource(t, nc, "bot.events.>", "bot.event.>"), exporter.Position{})
	require.Contains(t, reasons(check(), "subjects")[0], "nothing under bot.event.>,")
}

// A mirror and a stream with sources have no subjects of their own: those of their origins decide, and how they copy them.
func TestSubjectThatNoOriginHas(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	js := api(t, nc)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORIGIN", Subjects: []string{"chat.>"}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		config  jetstream.StreamConfig
		subject string // that it does hold
	}{
		"mirror":  {jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "ORIGIN"}}, "chat.>"},
		"sources": {jetstream.StreamConfig{Sources: []*jetstream.StreamSource{{Name: "ORIGIN", FilterSubject: "chat.a"}}}, "chat.a"},
		"moved": {jetstream.StreamConfig{Mirror: &jetstream.StreamSource{Name: "ORIGIN", SubjectTransforms: []jetstream.SubjectTransformConfig{
			{Source: "chat.>", Destination: "moved.>"}}}}, "moved.>"},
	} {
		c.config.Name = name
		_, err = js.CreateStream(t.Context(), c.config)
		require.NoError(t, err)
		for subject, wrong := range map[string]bool{"bot.events.>": true, c.subject: false} {
			source, err := NewSource(nc, Options{Stream: name, Subjects: []string{subject}})
			require.NoError(t, err)
			source.timing = impatient
			check, _ := looks(t, source, exporter.Position{})
			said := strings.Join(reasons(check(), "subjects"), "")
			require.NoError(t, source.Close())
			if wrong {
				require.Contains(t, said, "nothing under bot.events.>, only "+c.subject+":", name)
			} else {
				require.Empty(t, said, name)
			}
		}
	}
}

func TestClockOfBroker(t *testing.T) {
	t.Parallel()
	asked := time.Now()
	for ahead, want := range map[time.Duration]time.Duration{time.Second: 0, time.Hour: time.Hour - time.Second, -time.Hour: -time.Hour - time.Second} {
		s := newSight(&jetstream.StreamInfo{TimeStamp: asked.Add(ahead).UTC().Round(0)}, asked, asked.Add(2*time.Second))
		require.True(t, s.timed)
		require.Equal(t, want, s.clock)
	}
	require.False(t, newSight(&jetstream.StreamInfo{}, asked, asked).timed)

	nc := client(t, serve(t))
	create(t, nc)
	before := time.Now()
	check, _ := looks(t, newSource(t, nc), exporter.Position{})
	r := check()
	require.True(t, r.Timed)
	require.LessOrEqual(t, r.Clock.Abs(), time.Since(before), "it is the same clock")
}

// mirrored makes a stream of another name, with the stream that the source reads as its mirror.
func mirrored(t *testing.T, js jetstream.JetStream, change ...func(*jetstream.StreamConfig)) (origin, mirror jetstream.Stream) {
	t.Helper()
	origin, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORIGIN", Subjects: []string{"bot.events.>"}, AllowDirect: true})
	require.NoError(t, err)
	c := jetstream.StreamConfig{Name: streamName, Mirror: &jetstream.StreamSource{Name: "ORIGIN"}}
	for _, f := range change {
		f(&c)
	}
	mirror, err = js.CreateStream(t.Context(), c)
	require.NoError(t, err)
	return origin, mirror
}

func ends(t *testing.T, s jetstream.Stream, seq uint64) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		info, err := s.Info(t.Context())
		require.NoError(c, err)
		require.Equal(c, seq, info.State.LastSeq)
	}, patience, tick)
}

// Messages that were deleted inside a mirror, or in its origin before they were copied, are holes that count.
func TestMirrorHasHoles(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	_, mirror := mirrored(t, api(t, nc))
	publish(t, nc, 0, 20)
	ends(t, mirror, 20)
	for seq := uint64(11); seq < 15; seq++ {
		require.NoError(t, mirror.DeleteMsg(t.Context(), seq))
	}
	r := newReader(t, nc, "bot.events.>")
	r.until(20)
	require.Empty(t, r.info.Subjects, "so that each hole counts")
	require.Len(t, r.seqs, 16)

	check, _ := looks(t, newSource(t, nc, "bot.events.>"), r.at)
	report := check()
	require.Len(t, reasons(report, "mirror"), 1)
	require.Empty(t, reasons(report, "origin"))
	require.Empty(t, reasons(report, "subjects"))
	require.Equal(t, 1, report.Origins)
}

// A mirror of a part has the sequences of the whole.
func TestMirrorOfAPart(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	js := api(t, nc)
	_, mirror := mirrored(t, js, func(c *jetstream.StreamConfig) { c.Mirror.FilterSubject = "bot.events.a" })
	for _, s := range []string{"bot.events.a", "bot.events.b", "bot.events.b", "bot.events.a"} {
		_, err := js.Publish(t.Context(), s, nil)
		require.NoError(t, err)
	}
	ends(t, mirror, 4)
	r := newReader(t, nc)
	r.until(4)
	require.NotEmpty(t, r.info.Subjects, "holes are no loss")
	require.Equal(t, []uint64{1, 4}, r.seqs)
	report, err := r.source.look(t.Context(), r.at)
	require.NoError(t, err)
	require.Contains(t, reasons(report, "mirror")[0], "holes by design")
}

// An origin that is recreated keeps its first messages to itself, whether it is asked before or after its sequences pass
// those of the mirror, and also by a process that did not see it happen.
func TestOriginRecreated(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	js := api(t, nc)
	_, mirror := mirrored(t, js)
	publish(t, nc, 0, 10)
	ends(t, mirror, 10)
	r := newReader(t, nc)
	r.until(10)
	check, _ := looks(t, newSource(t, nc), r.at)
	require.Empty(t, reasons(check(), "origin"))

	require.NoError(t, js.DeleteStream(t.Context(), "ORIGIN"))
	require.Contains(t, reasons(check(), "origin")[0], "does not exist")
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORIGIN", Subjects: []string{"bot.events.>"}})
	require.NoError(t, err)
	for _, total := range []int{5, 25} {
		publish(t, nc, 100, total)
		require.Contains(t, reasons(check(), "origin")[0], "made anew")
		later, _ := looks(t, newSource(t, nc), r.at)
		require.Contains(t, reasons(later(), "origin")[0], "made anew")
	}
	require.NoError(t, mirror.Purge(t.Context()))
	later, _ := looks(t, newSource(t, nc), r.at)
	require.Contains(t, reasons(later(), "origin")[0], "made anew", "by the last message counted")
}

// The lag of an origin is shown, and that it is not heard of.
func TestOriginLags(t *testing.T) {
	t.Parallel()
	s := newSource(t, client(t, serve(t)))
	now := &sight{StreamInfo: &jetstream.StreamInfo{Sources: []*jetstream.StreamSourceInfo{
		{Name: "A", Lag: 3, External: &jetstream.ExternalStream{APIPrefix: "x"}},
		{Name: "B", Lag: 7, Active: -1, External: &jetstream.ExternalStream{APIPrefix: "x"}},
		{Name: "C", External: &jetstream.ExternalStream{APIPrefix: "x"}, Error: &jetstream.APIError{Description: "no way"}},
	}}}
	look := func() (r Report) {
		s.lookAtOrigins(t.Context(), now, exporter.Position{}, &r)
		return r
	}
	r := look()
	require.EqualValues(t, 7, r.OriginLag)
	require.Equal(t, 3, r.Origins)
	require.Contains(t, reasons(r, "sources")[0], "3 of them cannot be asked")
	require.Len(t, reasons(r, "origin"), 1)
	require.Contains(t, reasons(r, "origin")[0], "C: ")
	r = look()
	require.Contains(t, strings.Join(reasons(r, "origin"), "\n"), "B: nothing is heard", "at the second look")
	now.Sources[1].Active = time.Second
	require.Len(t, reasons(look(), "origin"), 1)
}

// A stream with sources of its own subjects beside them is read with a filter; without, as a whole.
func TestSources(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	js := api(t, nc)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORIGIN", Subjects: []string{"bot.events.>"}})
	require.NoError(t, err)
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: streamName, Sources: []*jetstream.StreamSource{{Name: "ORIGIN"}}})
	require.NoError(t, err)
	publish(t, nc, 0, 10)
	ends(t, s, 10)
	require.NoError(t, s.DeleteMsg(t.Context(), 4))
	r := newReader(t, nc, "bot.events.>")
	r.source.timing = patient
	r.until(10)
	require.Empty(t, r.info.Subjects)
	report, err := r.source.look(t.Context(), r.at)
	require.NoError(t, err)
	require.Len(t, reasons(report, "sources"), 1)

	c := s.CachedInfo().Config
	c.Subjects = []string{"other.>"}
	_, err = js.UpdateStream(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, r.open(t.Context()))
	require.Equal(t, []string{"bot.events.>"}, r.info.Subjects)
	require.NoError(t, js.DeleteStream(t.Context(), "ORIGIN"))
	check, _ := looks(t, newSource(t, nc, "bot.events.>"), r.at)
	require.Contains(t, reasons(check(), "origin")[0], "does not exist")
}
