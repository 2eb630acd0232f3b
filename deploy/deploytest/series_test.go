package deploytest

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// stated returns a figure of capacity.md, in bytes.
func stated(t *testing.T, row string) float64 {
	t.Helper()
	text, err := os.ReadFile("../capacity.md")
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)^\| ` + row + `[^|]*\| ([0-9.]+) (B|kB)`).FindSubmatch(text)
	require.NotNil(t, m, row)
	v, err := strconv.ParseFloat(string(m[1]), 64)
	require.NoError(t, err)
	if string(m[2]) == "kB" {
		v *= 1000
	}
	return v
}

// What capacity.md says of pairs and samples is what they take.
func TestCapacityOfSeries(t *testing.T) {
	const bots, channels = 50, 10
	fold := func(set *collectors.Set, round int) {
		for i := range bots * channels {
			e := event.Event{Kind: event.MessageUser, Input: event.InputText, Source: "s", ID: fmt.Sprint(round, i),
				Bot: fmt.Sprint("bot-", i/channels), Channel: fmt.Sprint("channel-", i%channels), Chat: "c", User: "u"}
			set.Fold(1e18, &e, nil)
		}
	}
	set := collectors.New(collectors.Defaults())
	empty := held()
	fold(set, 0)
	folded := held()
	pair := float64(folded-empty) / (bots * channels)
	samples := set.Samples()

	var layout expose.Layout
	var cut expose.Cut
	read := func(into *expose.Cut) {
		for whole := false; !whole; layout.Learn() {
			whole = layout.Copy(into, set, 1e18)
		}
		layout.Place(into)
		require.NoError(t, into.Render(io.Discard, expose.Page{Format: expfmt.FmtText}))
	}
	read(&cut)
	scraped := held()
	var another expose.Cut
	read(&another)
	again := held()
	sample, perCopy := float64(scraped-folded)/float64(samples), float64(again-scraped)/float64(samples)
	t.Logf("%d samples, %d for each pair: pair %.0f B, sample %.1f B, of which a copy is %.1f B", samples, samples/(bots*channels), pair, sample, perCopy)
	for _, v := range []struct {
		row  string
		have float64
	}{{"bot and channel pair", pair}, {"sample, once scraped", sample}, {"sample in a further copy", perCopy}} {
		want := stated(t, v.row)
		require.Less(t, v.have, 1.5*want, v.row)
		require.Greater(t, v.have, want/2.5, v.row)
	}
	runtime.KeepAlive(&layout)
	runtime.KeepAlive(&cut)
	runtime.KeepAlive(&another)
	runtime.KeepAlive(set)
}

// held returns the bytes of the heap in use.
func held() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
