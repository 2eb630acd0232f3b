package expose

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

var rendered = []expfmt.FormatType{expfmt.TypeTextPlain, expfmt.TypeOpenMetrics, expfmt.TypeProtoDelim}

// library renders a view with the client library alone.
func library(t require.TestingT, v *View, format expfmt.Format) string {
	var b bytes.Buffer
	e := expfmt.NewEncoder(&b, format)
	for _, mf := range v.Families(nil) {
		require.NoError(t, e.Encode(mf))
	}
	if c, ok := e.(expfmt.Closer); ok {
		require.NoError(t, c.Close())
	}
	return b.String()
}

// What is rendered here has the same bytes as what the client library writes, from one scrape to the next.
func TestRenderingEqualsLibrary(t *testing.T) {
	set := collectors.New(collectors.Defaults())
	var v View
	fold := func(e event.Event) { e.Source = "s"; set.Fold(1e18, &e, nil) }
	next := 0
	same := func() {
		t.Helper()
		v.Copy(set, set.Clock())
		for _, kind := range rendered {
			format := expfmt.NewFormat(kind)
			got, err := v.Render(nil, nil, format)
			require.NoError(t, err)
			require.Equal(t, library(t, &v, format), string(got))
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
		var v2 View
		v2.Copy(set, 0)

		for _, f := range v2.families {
			if f.def == collectors.EventsLost {
				f.values[0] = v
			}
		}
		for _, kind := range rendered {
			format := expfmt.NewFormat(kind)
			got, err := v2.Render(nil, nil, format)
			require.NoError(t, err)
			require.Equal(t, library(t, &v2, format), string(got))
		}
	})
}
