package faults

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// poison is payloads that are no events, or nearly none.
func poison() [][]byte {
	valid := `{"specversion":"1.0","id":"p","source":"/p","type":"bot.message.user","data":{"bot":"b","channel":"web","chat":"c","user":"u"}}`
	list := [][]byte{nil, []byte("\x00"), []byte("\xff\xfe"), []byte("NaN"), []byte("1e999"), []byte(`"` + strings.Repeat("x", 1<<20-300) + `"`),
		[]byte(strings.Repeat("[", 10_000)), []byte(strings.Repeat(`{"a":`, 10_000))}
	for _, swap := range [][2]string{
		{`"u"`, "NaN"}, {`"u"`, "1e400"}, {`"u"`, "null"}, {`"u"`, `"\u0000"`}, {`"u"`, "\"\xff\""}, {`"u"`, `"\ud800"`}, {`"u"`, `{"a":{}}`},
		{`"1.0"`, "1.0"}, {`"p"`, `""`}, {`"/p"`, "[]"}, {"bot.message.user", "bot."}, {"bot.message.user", strings.Repeat("t", 70_000)},
		{`"data":{`, `"data":"{`}, {`"data":{`, `"data_base64":"eyJ9","x":{`}, {`"c"`, `"` + strings.Repeat("é", 65) + `"`},
	} {
		list = append(list, []byte(strings.Replace(valid, swap[0], swap[1], 1)))
	}
	return list
}

// runPoison feeds the daemon with broken events: each has one count, and nothing else happens.
func runPoison(t *testing.T, r *result) {
	random := dice(t)
	b := newBroker(t)
	js := b.stream(t)
	d := newDaemon(t, b)
	d.up().ready()
	sim := simulate.New(simulate.Config{Seed: random.Uint64(), Start: time.Now().Add(-time.Hour)})
	corpus, sent := poison(), 0
	for sent < pick(200_000, 5_000) {
		var batch [][]byte
		for range 1000 {
			_, e := sim.Next()
			batch = append(batch, broken(random, e.AppendJSON(nil, "")))
		}
		batch = append(batch, corpus...)
		publish(t, js, batch...)
		sent += len(batch)
	}
	d.applied(sent)
	_, text := d.Get("/metrics")
	m := series(text)
	fates := 0.0
	for _, name := range []string{"bot_events_total", "bot_events_rejected_total", "bot_events_duplicate_total", "bot_events_ignored_total"} {
		fates += sumOf(m, name)
	}
	require.EqualValues(t, sent, fates, "each message has one fate")
	require.Greater(t, sumOf(m, "bot_events_rejected_total"), float64(sent)/4)
	require.Less(t, len(d.Err.String()), 20_000, "poison does not flood the log")
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	r.runs, r.passed = r.runs+sent, r.passed+sent
}

// broken changes, removes or repeats some bytes.
func broken(random *rand.Rand, b []byte) []byte {
	for range 1 + random.IntN(3) {
		at := random.IntN(len(b))
		switch random.IntN(5) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b = b[:at+1]
		case 2:
			b = append(b[:at:at], b[min(len(b), at+1+random.IntN(9)):]...)
			if len(b) == 0 {
				return b
			}
		case 3:
			b = append(b[:at:at], append([]byte("\x00\"{}[],:\\\xff"[random.IntN(10):]), b[at:]...)...)
		}
	}
	return b
}

// runBombs decodes what is made to cost time or memory, with a limit of 8 MiB where the default is 64 KiB.
func runBombs(t *testing.T, r *result) {
	pack := func(w io.WriteCloser, buf *bytes.Buffer) []byte {
		_, err := w.Write(make([]byte, 8<<20))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return buf.Bytes()
	}
	var gz, zs bytes.Buffer
	zw, err := zstd.NewWriter(&zs)
	require.NoError(t, err)
	keys := []byte(`{"specversion":"1.0"`)
	for i := range 700_000 {
		keys = fmt.Appendf(keys, `,"k%d":0`, i)
	}
	const head = `{"specversion":"1.0","id":"p","source":"/p","type":"bot.message.user","data":`
	bombs := map[string][]byte{
		"gzip": pack(gzip.NewWriter(&gz), &gz), "zstd": pack(zw, &zs),
		"deep arrays":  []byte(head + strings.Repeat("[", 4<<20)),
		"deep objects": []byte(head + strings.Repeat(`{"a":`, 1<<20)),
		"many keys":    append(keys, '}'),
		"many in data": append([]byte(head), append(keys, "}}"...)...),
		"long string":  []byte(head + `{"bot":"` + strings.Repeat("b", 4<<20) + `"}}`),
		"escapes":      []byte(head + `{"bot":"` + strings.Repeat(`\u0041`, 1<<20) + `"}}`),
		"long number":  []byte(head + `{"score":` + strings.Repeat("9", 4<<20) + `}}`),
		"many zeros":   []byte(head + `{"score":1e` + strings.Repeat("0", 4<<20) + `9}}`),
	}
	slowest, most, limits := time.Duration(0), uint64(0), []int{0, 64 << 20}
	if testing.Short() {
		limits = limits[:1]
	}
	for name, bomb := range bombs {
		for _, limit := range limits {
			done := r.one()
			decoder := event.NewDecoder(event.Config{MaxSize: limit})
			var before, after runtime.MemStats
			var e event.Event
			runtime.ReadMemStats(&before)
			since := time.Now()
			err := decoder.Decode(map[string][]string{"Content-Encoding": {"gzip"}}, bomb, &e)
			took := time.Since(since)
			runtime.ReadMemStats(&after)
			require.Error(t, err, name)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32*len(bomb)+64<<10), name)
			if limit == 0 { // as it is by default
				slowest, most = max(slowest, took), max(most, after.TotalAlloc-before.TotalAlloc)
			}
			require.Less(t, took, proctest.Patience, name)
			done()
		}
	}
	require.Less(t, most, uint64(16<<20))
	r.figure("rejected in %s and %d KiB at most", slowest.Round(time.Microsecond), most>>10)
}

// runInjection puts hostile text into every label: the page can be parsed, and says what was meant.
func runInjection(t *testing.T, r *result) {
	b := newBroker(t)
	js := b.stream(t)
	d := newDaemon(t, b)
	d.up().ready()
	known := map[string]bool{}
	for _, m := range collectors.Catalogue() {
		for _, def := range m.Defs {
			known[def.Name] = true
		}
	}
	evil := []string{
		`a"b`, `a\b`, "a\nb", "a{b=\"c\"} 1\nbot_evil_total 5", "\u202eevil", "\u2028", "\x00", "\t", "__name__", "__other__", "*", `\n`, "é\u0301", "😀",
		strings.Repeat("x", 128), "# HELP bot_evil x", "\u007f\u0085", "a\rb",
	}
	var batch [][]byte
	for i, s := range evil {
		text := fmt.Sprintf("%q", s) // as JSON has it, nearly
		text = strings.NewReplacer(`\x00`, `\u0000`, `\x7f`, `\u007f`, `\a`, `\u0007`, `\U0001f600`, "😀", `\u0301`, "\u0301").Replace(text)
		for k, data := range []string{
			`"type":"bot.custom","data":{"bot":VALUE,"channel":"web","event":"e"}`,
			`"type":"bot.custom","data":{"bot":"b","channel":VALUE,"event":"e"}`,
			`"type":"bot.custom","data":{"bot":"b","channel":"web","event":VALUE}`,
			`"type":"bot.element.clicked","data":{"bot":"b","channel":"web","chat":"c","element":"link","title":VALUE,"destination":VALUE}`,
			`"type":"bot.agent.triggered","data":{"bot":"b","channel":"web","chat":"c","agent":{"id":VALUE,"name":VALUE}}`,
			`"type":"bot.chat.started","data":{"bot":"b","channel":"web","chat":VALUE,"user":VALUE,"device":VALUE,"browser":VALUE}`,
		} {
			batch = append(batch, fmt.Appendf(nil, `{"specversion":"1.0","id":"i%d-%d","source":"/f",%s}`, i, k, strings.ReplaceAll(data, "VALUE", text)))
		}
	}
	batch = append(batch, []byte("{\"specversion\":\"1.0\",\"id\":\"z\",\"source\":\"/f\",\"type\":\"bot.custom\",\"data\":{\"bot\":\"\xff\",\"channel\":\"web\",\"event\":\"e\"}}"))
	publish(t, js, batch...)
	d.applied(len(batch))
	require.EqualValues(t, len(batch)-1, d.value("bot_events_total"), "they are valid events")

	for name, format := range map[string]expfmt.Format{
		"text": expfmt.NewFormat(expfmt.TypeTextPlain), "protobuf": expfmt.NewFormat(expfmt.TypeProtoDelim),
	} {
		done := r.one()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.Address+"/metrics", nil)
		require.NoError(t, err)
		req.Header.Set("Accept", string(format))
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Now()}, decodedAll(t, resp, format)...)
		require.NoError(t, err)
		require.NotEmpty(t, samples, name)
		for _, s := range samples {
			metric := string(s.Metric["__name__"])
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				metric = strings.TrimSuffix(metric, suffix)
			}
			require.True(t, known[metric] || known[metric+"_count"] || !isKPI(metric), "%s is no metric of ours", metric)
			for label, v := range s.Metric {
				require.True(t, utf8.ValidString(string(v)), "%s %q", label, v)
				require.LessOrEqual(t, len(v), 128)
				require.False(t, strings.ContainsFunc(string(v), unicode.IsControl), "%s %q", label, v)
			}
		}
		done()
	}
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}
