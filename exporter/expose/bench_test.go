package expose

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// BenchmarkProtobuf compares a page of 24,000 series with the client library. "encode" is the library's time to encode
// messages that are there already, and "messages" that to make and to encode them, both in parts of ours: the medians of
// pairs measured right after each other.
func BenchmarkProtobuf(b *testing.B) {
	cfg := collectors.Defaults()
	cfg.MaxBots = 100
	set := collectors.New(cfg)
	series := 0
	for i := 0; series < 24_000; i++ {
		set.Fold(int64(i)+1e18, &event.Event{Kind: event.MessageUser, ID: fmt.Sprint(i), Source: "s", Bot: fmt.Sprintf("bot-%03d", i/5),
			Channel: fmt.Sprintf("channel-%d", i%5), Chat: "c", User: "u", Input: event.InputText}, nil)
		series = 0
		for _, f := range set.Families() {
			series += f.Len()
		}
	}
	c, families := Of(set, set.Clock()), messages(set, set.Clock())
	encode := func() {
		e := expfmt.NewEncoder(io.Discard, expfmt.FmtProtoDelim)
		for _, mf := range families {
			require.NoError(b, e.Encode(mf))
		}
	}
	measure := func(f func()) float64 {
		start := time.Now()
		f()
		return time.Since(start).Seconds()
	}
	var own float64
	var encoded, made []float64
	for b.Loop() {
		took := measure(func() { require.NoError(b, c.Render(io.Discard, Page{Format: expfmt.FmtProtoDelim})) })
		own += took
		encoded = append(encoded, measure(encode)/took)
		made = append(made, measure(func() { families = messages(set, set.Clock()); encode() })/took)
	}
	slices.Sort(encoded)
	slices.Sort(made)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(own/float64(len(made))*1e3, "own-ms")
	b.ReportMetric(encoded[len(encoded)/2], "encode")
	b.ReportMetric(made[len(made)/2], "messages")
}
