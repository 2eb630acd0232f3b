package expose

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// follower reads one Set again and again, as an engine does.
type follower struct {
	layout Layout
	cut    Cut
}

func (f *follower) read(set *collectors.Set, now int64) *Cut {
	for whole := false; !whole; f.layout.Learn() {
		whole = f.layout.Copy(&f.cut, set, now)
	}
	f.layout.Place(&f.cut)
	return &f.cut
}

// What is rendered here has the same bytes as what the client library writes, from one scrape to the next.
func TestRenderingEqualsLibrary(t *testing.T) {
	set := collectors.New(collectors.Defaults())
	var f follower
	fold := func(e event.Event) { e.Source = "s"; set.Fold(1e18, &e, nil) }
	next := 0
	same := func() {
		t.Helper()
		c := f.read(set, set.Clock())
		for _, format := range Formats() {
			require.Equal(t, library(t, messages(set, set.Clock()), format), rendered(t, c, Page{Format: format}))
		}
	}
	same()
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Unix(1_800_000_000, 0)})
	for range 3000 {
		at, e := sim.Next()
		set.Fold(at.UnixNano(), e, nil)
		if next++; next%500 == 1 {
			same()
		}
	}
	for i, text := range []string{`a "quoted" \ title`, "a title with spaces ", "line\nfeed", "", "né # {}"} {
		fold(event.Event{Kind: event.ElementClicked, ID: fmt.Sprint(i), Bot: "bot " + text, Channel: "web", Chat: "c", User: "u",
			Element: event.Link, Target: event.TargetURL, Title: text, Destination: text})
		same()
	}
}

// A Cut shows the moment at which it was made, whatever is folded and learned afterwards.
func TestCutStays(t *testing.T) {
	set := collectors.New(collectors.Defaults())
	fold := func(from, to int) {
		for i := from; i < to; i++ {
			e := event.Event{Kind: event.AgentTriggered, Source: "s", ID: fmt.Sprint(i), Bot: fmt.Sprint("bot", i%7), Channel: "web", Chat: "c",
				Agent: event.Agent{ID: fmt.Sprint("agent ", i*7919%1000), Kind: event.KindAgent}}
			set.Fold(int64(i)+1e18, &e, nil)
		}
	}
	fold(0, 200)
	var f follower
	c := f.read(set, set.Clock())
	var want []string
	for _, format := range Formats() {
		want = append(want, rendered(t, c, Page{Format: format}))
	}
	first := *c
	f.cut = Cut{}
	fold(200, 600)
	f.read(set, set.Clock())
	for i, format := range Formats() {
		require.Equal(t, want[i], rendered(t, &first, Page{Format: format}))
	}
}

// The labels of many new series are read in parts, between which the fold may go on.
func TestManyNewSeries(t *testing.T) {
	cfg := collectors.Defaults()
	set := collectors.New(cfg)
	fold := func(n int) {
		e := event.Event{Kind: event.MessageUser, Source: "s", ID: fmt.Sprint(n), Bot: fmt.Sprint("bot", n/20), Channel: fmt.Sprint("c", n%20), Chat: "c", User: "u", Input: event.InputText}
		set.Fold(int64(n)+1e18, &e, nil)
	}
	n, parts := 0, 0
	for ; n < 200; n++ {
		fold(n)
	}
	var f follower
	for whole := false; !whole; f.layout.Learn() {
		whole = f.layout.Copy(&f.cut, set, set.Clock())
		require.LessOrEqual(t, len(f.layout.starts), atOnce)
		if !whole {
			parts++
			fold(n)
			n++
		}
	}
	f.layout.Place(&f.cut)
	require.Positive(t, parts)
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	require.Equal(t, library(t, messages(set, set.Clock()), format), rendered(t, &f.cut, Page{Format: format}))
}

func TestNumbersEqualLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Float64Range(0, math.MaxFloat64),
			rapid.Map(rapid.Uint64(), func(n uint64) float64 { return float64(n) }),
			rapid.Map(rapid.Uint64Range(0, 2_000_000), func(n uint64) float64 { return float64(n) }),
			rapid.Map(rapid.Uint64Range(0, 2_000_000_000), func(n uint64) float64 { return float64(n) / 1000 }),
		).Draw(t, "value")
		set := collectors.New(collectors.Defaults())
		set.Lost(1)
		c, want := Of(set, 0), messages(set, 0)
		c.family(collectors.EventsLost).values[0] = v
		for _, mf := range want {
			if mf.GetName() == collectors.EventsLost.Name {
				mf.Metric[0].Counter.Value = proto.Float64(v)
			}
		}
		for _, format := range Formats() {
			require.Equal(t, library(t, want, format), rendered(t, c, Page{Format: format}))
		}
	})
}

// The families of the process stand among the others, and names choose from both.
func TestOwnFamiliesAndNames(t *testing.T) {
	set := collectors.New(collectors.Defaults())
	e := event.Event{Kind: event.MessageUser, Source: "s", ID: "1", Bot: "b", Channel: "web", Chat: "c", User: "u", Input: event.InputText}
	set.Fold(1e18, &e, nil)
	var own []*dto.MetricFamily
	for _, name := range []string{"aaa", "bot_exporter_x", "bot_messages_totals", "zzz"} {
		own = append(own, &dto.MetricFamily{Name: &name, Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: proto.Float64(1)}}}})
	}
	all := slices.Concat(messages(set, 1e18), own)
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int {
		if a.GetName() < b.GetName() {
			return -1
		}
		return 1
	})
	for _, names := range [][]string{nil, {}, {"zzz", "bot_messages_total", "bot_chat_duration_seconds"}, {"up"}} {
		want := slices.DeleteFunc(slices.Clone(all), func(mf *dto.MetricFamily) bool { return names != nil && !slices.Contains(names, mf.GetName()) })
		for _, format := range Formats() {
			require.Equal(t, library(t, want, format), rendered(t, Of(set, 1e18), Page{Format: format, Own: own, Names: names}))
		}
	}
}

// A writer that fails ends the rendering.
func TestWriterThatFails(t *testing.T) {
	set := collectors.New(collectors.Defaults())
	for i := range 100 {
		e := event.Event{Kind: event.MessageUser, Source: "s", ID: fmt.Sprint(i), Bot: fmt.Sprint(i), Channel: "web", Chat: "c", User: "u", Input: event.InputText}
		set.Fold(1e18, &e, nil)
	}
	gone := errors.New("gone")
	for _, format := range Formats() {
		w := &failing{err: gone}
		require.ErrorIs(t, Of(set, 1e18).Render(w, Page{Format: format}), gone)
		require.Equal(t, 1, w.calls)
	}
}

type failing struct {
	calls int
	err   error
}

func (f *failing) Write([]byte) (int, error) { f.calls++; return 0, f.err }
