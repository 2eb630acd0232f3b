package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

func TestPages(t *testing.T) {
	r := busy(t)
	for path, is := range map[string]struct {
		status      int
		text, media string
	}{
		"/":                  {200, "Bot exporter", "text/html; charset=utf-8"},
		"/metrics":           {200, "# TYPE bot_messages_total counter", "text/plain; version=0.0.4"},
		"/-/healthy":         {200, "healthy", "text/plain; charset=utf-8"},
		"/-/ready":           {200, "ready", "text/plain; charset=utf-8"},
		"/-/digests":         {200, `"stream":"TEST"`, "application/json"},
		"/nothing":           {404, "not found", "text/plain"},
		"/metrics/":          {404, "not found", "text/plain"},
		"/debug/pprof/":      {404, "not found", "text/plain"},
		"/metrics?name[]=up": {200, "", "text/plain; version=0.0.4"},
	} {
		status, header, text := r.get(path)
		require.Equal(t, is.status, status, path)
		require.Contains(t, text, is.text, path)
		require.Contains(t, header.Get("Content-Type"), is.media, path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} {
			if is.status == 200 {
				status, header, text := fetch(t, method, r.url+path)
				require.Equal(t, http.StatusMethodNotAllowed, status, "%s %s", method, path)
				require.Equal(t, "GET, HEAD", header.Get("Allow"))
				require.NotContains(t, text, "bot_")
			}
		}
		status, _, text = fetch(t, http.MethodHead, r.url+path)
		require.Equal(t, is.status, status)
		require.Empty(t, text)
	}
}

func TestLandingPage(t *testing.T) {
	r := busy(t)
	_, header, text := r.get("/")
	require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
	require.NotContains(t, text, "<script")
	numbers := expose.Of(oracle(stored(20_000)), 1e18)
	for _, m := range collectors.Catalogue() {
		require.Contains(t, text, ">"+m.Title+"</h2>")
		for _, h := range m.Headlines(numbers) {
			require.Contains(t, text, h.Label)
		}
	}
	require.Contains(t, text, "Stream TEST: message 20000 applied")
}

// What was rejected last is shown with its place and reason, and without any value.
func TestRejectsOnLandingPage(t *testing.T) {
	list := stored(30)
	for i := range list {
		list[i].Subject = "bot.events.shop"
		if i >= 5 {
			list[i].Data = []byte(`{"specversion":"1.0","id":"secret","source":"/b","type":"bot.nonsense","data":{}}`)
		}
	}
	r := run(t, newStream(list...), nowhere{})
	_, _, text := r.get("/")
	require.Equal(t, 20, strings.Count(text, "<td>unknown_type</td><td>type</td>"), "the last ones")
	require.Contains(t, text, "<td>30</td><td>bot.events.shop</td>")
	require.NotContains(t, text, "<td>10</td>")
	require.NotContains(t, text, "secret")
	require.Equal(t, 1, strings.Count(r.log.String(), "rejected event"), "not each has a line")
	require.Contains(t, r.log.String(), "reason=unknown_type field=type sequence=6")
	require.NotContains(t, r.log.String(), "secret")
	require.NotContains(t, r.log.String(), "bot.events.shop", "producers may write anything into a subject")
}

const (
	acceptOpenMetrics = "application/openmetrics-text;version=1.0.0"
	acceptProtobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

func TestContentTypes(t *testing.T) {
	r := busy(t)
	for _, v := range []struct{ accept, media string }{
		{"", "text/plain; version=0.0.4"},
		{"text/plain;version=0.0.4", "text/plain; version=0.0.4"},
		{"text/plain;version=1.0.0", "text/plain"},
		{acceptOpenMetrics, "application/openmetrics-text; version=1.0.0"},
		{"application/openmetrics-text;version=0.0.1", "application/openmetrics-text; version=0.0.1"},
		{acceptOpenMetrics + ";escaping=values", "escaping=values"},
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", "text/plain; version=0.0.4"},
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text", "text/plain; version=0.0.4"},
		{acceptProtobuf, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"},
		{"application/json", "text/plain"},
	} {
		status, header, body := r.get("/metrics", "Accept", v.accept)
		require.Equal(t, http.StatusOK, status, v.accept)
		require.Contains(t, header.Get("Content-Type"), v.media, v.accept)
		require.Contains(t, strings.Join(header.Values("Vary"), ", "), "Accept")
		switch v.accept {
		case acceptOpenMetrics, "application/openmetrics-text;version=0.0.1", acceptOpenMetrics + ";escaping=values":
			require.True(t, strings.HasSuffix(body, "# EOF\n"))
			require.Contains(t, body, "# TYPE bot_messages counter\n")
		case acceptProtobuf:
			require.NotEmpty(t, delimited(t, strings.NewReader(body))[collectors.Messages.Name])
		default:
			require.NotEmpty(t, parsed(t, body)[collectors.Messages.Name])
		}
	}
}

func delimited(t testing.TB, in io.Reader) map[string]*dto.MetricFamily {
	t.Helper()
	families := map[string]*dto.MetricFamily{}
	d := expfmt.NewDecoder(in, expfmt.NewFormat(expfmt.TypeProtoDelim))
	for {
		f := &dto.MetricFamily{}
		err := d.Decode(f)
		if err == io.EOF { //nolint:errorlint // the decoder returns it as it is
			return families
		}
		require.NoError(t, err)
		require.Nil(t, families[f.GetName()], "family comes twice")
		families[f.GetName()] = f
	}
}

func TestCompression(t *testing.T) {
	r := busy(t)
	_, _, plain := r.get("/metrics", "Accept-Encoding", "identity")
	for name, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) },
	} {
		_, header, body := r.get("/metrics", "Accept-Encoding", name)
		require.Equal(t, name, header.Get("Content-Encoding"))
		require.Less(t, len(body), len(plain)/4)
		reader, err := open(strings.NewReader(body))
		require.NoError(t, err)
		var text bytes.Buffer
		_, err = text.ReadFrom(reader)
		require.NoError(t, err)
		require.Equal(t, kpiLines(plain), kpiLines(text.String()))
	}
}

func kpiLines(text string) (list []string) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "bot_") && !strings.Contains(line, "bot_exporter_") {
			list = append(list, line)
		}
	}
	return list
}

// Protobuf tells since when a counter counts, and has native buckets beside the classic ones.
func TestProtobuf(t *testing.T) {
	r := busy(t)
	_, _, body := r.get("/metrics", "Accept", acceptProtobuf)
	families := delimited(t, strings.NewReader(body))
	text := r.metrics()
	first := time.Unix(0, stored(1)[0].Time)
	for _, m := range collectors.Catalogue() {
		for _, d := range m.Defs {
			f := families[d.Name]
			require.NotNil(t, f, d.Name)
			require.Equal(t, d.Help, f.GetHelp())
			require.Len(t, f.Metric, len(text[d.Name].GetMetric()), d.Name)
			for _, m := range f.Metric {
				switch d.Type {
				case metric.TypeCounter:
					at := m.Counter.GetCreatedTimestamp().AsTime()
					require.False(t, at.Before(first), "%s %s", d.Name, at)
					require.False(t, at.After(r.Status().Clock), "%s %s", d.Name, at)
				case metric.TypeHistogram:
					require.NotNil(t, m.Histogram.CreatedTimestamp, d.Name)
					soundHistogram(t, d, m.Histogram)
				}
			}
		}
	}
	require.Equal(t, first.UTC(), families[collectors.Events.Name].Metric[0].Counter.CreatedTimestamp.AsTime())
}

func soundHistogram(t *testing.T, d *metric.Def, h *dto.Histogram) {
	t.Helper()
	require.Len(t, h.Bucket, len(d.Buckets)+1, d.Name)
	last := uint64(0)
	for i, b := range h.Bucket {
		require.GreaterOrEqual(t, b.GetCumulativeCount(), last)
		last = b.GetCumulativeCount()
		if i < len(d.Buckets) {
			require.Equal(t, d.Buckets[i], b.GetUpperBound()) //nolint:testifylint // the very number
		}
	}
	require.Equal(t, h.GetSampleCount(), last, "classic buckets of %s", d.Name)
	require.EqualValues(t, metric.Schema, h.GetSchema())
	native, count, n := h.GetZeroCount(), int64(0), 0
	for _, s := range h.PositiveSpan {
		for range s.GetLength() {
			count += h.PositiveDelta[n]
			n++
			require.GreaterOrEqual(t, count, int64(0))
			native += uint64(count)
		}
	}
	require.Len(t, h.PositiveDelta, n)
	require.NotEmpty(t, h.PositiveSpan, "a histogram without spans is taken for a classic one")
	require.Equal(t, h.GetSampleCount(), native, "native buckets of %s", d.Name)
}

// The pedantic registry of the client library has nothing to say, and neither has the linter.
func TestPedantic(t *testing.T) {
	r := busy(t)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&regathered{r})
	both := prometheus.Gatherers{registry, r.Registry()}
	families, err := both.Gather()
	require.NoError(t, err)
	require.NotEmpty(t, families)
	problems, err := testutil.GatherAndLint(both)
	require.NoError(t, err)
	problems = slices.DeleteFunc(problems, func(p promlint.Problem) bool { return !strings.HasPrefix(p.Metric, "bot_") })
	require.Empty(t, problems)
	for _, f := range families {
		require.True(t, model.LegacyValidation.IsValidMetricName(f.GetName()))
	}
}

// Every metric of the process that is defined is there, and none that is not.
func TestSelfMetrics(t *testing.T) {
	r := busy(t)
	r.Advise([]exporter.Advice{{Setting: "duplicate_window", Reason: "it is short"}, {Setting: exporter.AdviceSubjects, Reason: "the stream holds nothing under x"}})
	_, _, text := r.get("/-/ready")
	require.Equal(t, "ready\nbut no events can come: the stream holds nothing under x\n", text)
	_, _, text = r.get("/")
	require.Contains(t, text, "duplicate_window: it is short")
	r.Connected(true)
	families := r.metrics()
	for _, d := range self.Defs() {
		if f := families[d.Name]; d != self.Digest && d != self.DigestSequence { // there is none before the first mark
			require.True(t, f != nil, d.Name)
			require.Equal(t, d.Help == "" || d == self.BuildInfo || d.Help == f.GetHelp(), true, d.Name)
			var names []string
			for _, l := range f.Metric[0].Label {
				names = append(names, l.GetName())
			}
			require.ElementsMatch(t, d.LabelNames(), names, d.Name)
		}
		delete(families, d.Name)
	}
	for name := range families {
		require.False(t, strings.HasPrefix(name, "bot_exporter_"), name)
	}
	require.EqualValues(t, 1, r.value(self.Connected))
	require.EqualValues(t, 1, r.value(self.Advice, "duplicate_window"))
	require.EqualValues(t, 20_000, r.value(self.AppliedSequence))
	all := stored(20_000)
	require.InDelta(t, float64(all[0].Time)/1e9, r.value(self.FirstEvent), 1e-3)
	require.InDelta(t, float64(all[19_999].Time)/1e9, r.value(self.LastEvent), 1e-3)
}
