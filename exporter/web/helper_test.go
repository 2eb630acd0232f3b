package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = proctest.Patience // of a test for what should take much less
	tick     = 2 * time.Millisecond
)

// stream is a source of messages that a test gives it.
type stream struct {
	mu       sync.Mutex
	messages []exporter.Message
	more     chan struct{}
	batch    int
	from     int // of the next batch
}

func newStream(messages ...exporter.Message) *stream {
	return &stream{messages: messages, more: make(chan struct{}, 1), batch: 1000}
}

func (s *stream) publish(m ...exporter.Message) {
	s.mu.Lock()
	s.messages = append(s.messages, m...)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *stream) info() exporter.StreamInfo {
	n := uint64(len(s.messages))
	return exporter.StreamInfo{Name: "TEST", Created: time.Unix(1_700_000_000, 0), First: 1, Last: n, Pending: n - uint64(s.from), Replicas: 1}
}

func (s *stream) Open(context.Context, exporter.Position) (exporter.StreamInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info(), nil
}

func (s *stream) Check(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	return s.Open(ctx, at)
}

func (s *stream) Ahead(context.Context, exporter.Position) (*exporter.Message, exporter.StreamInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from < len(s.messages) {
		return &s.messages[s.from], s.info(), nil
	}
	return nil, s.info(), nil
}

func (s *stream) Next(ctx context.Context) (exporter.Batch, error) {
	for {
		s.mu.Lock()
		next := s.messages[s.from:min(len(s.messages), s.from+s.batch)]
		s.from += len(next)
		left := uint64(len(s.messages) - s.from)
		s.mu.Unlock()
		if len(next) > 0 {
			return exporter.Batch{Messages: next, Pending: left}, nil
		}
		select {
		case <-ctx.Done():
			return exporter.Batch{}, ctx.Err()
		case <-s.more:
		}
	}
}

func (s *stream) Close() error { return nil }

// nowhere is a store that keeps nothing, or fails.
type nowhere struct{ err error }

func (n nowhere) Load() (*exporter.Checkpoint, error) { return nil, exporter.ErrNoCheckpoint }
func (n nowhere) Save(*exporter.Checkpoint) error     { return n.err }
func (nowhere) Shown() (exporter.Mark, error)         { return exporter.Mark{}, nil }
func (nowhere) SetShown(exporter.Mark) error          { return nil }
func (nowhere) Close() error                          { return nil }

// stored is made-up traffic as a stream has it.
func stored(n int) []exporter.Message {
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Unix(1_800_000_000, 0)})
	list := make([]exporter.Message, n)
	for i := range list {
		at, e := sim.Next()
		list[i] = exporter.Message{Seq: uint64(i + 1), Time: at.UnixNano(), Data: e.AppendJSON(nil, "")}
	}
	return list
}

// wide is one message for each of so many pairs of bot and channel. A pair has some 260 series.
func wide(series int) (list []exporter.Message) {
	for i := range series / 260 {
		e := event.Event{Kind: event.MessageUser, ID: "e" + string(rune('a'+i%26)) + time.Duration(i).String(), Source: "s",
			Bot: "bot-" + time.Duration(i/5).String(), Channel: "channel-" + string(rune('0'+i%5)), Chat: "c", User: "u", Input: event.InputText}
		list = append(list, exporter.Message{Seq: uint64(i + 1), Time: int64(i) + 1e18, Data: e.AppendJSON(nil, "")})
	}
	return list
}

// running is an engine that has folded a stream, and its pages.
type running struct {
	*exporter.Engine
	t      testing.TB
	stream *stream
	pages  http.Handler
	url    string
	log    *proctest.Output
	reload func() error
	broken atomic.Bool // panics when it is read
}

// Read is that of the engine, unless it is broken.
func (r *running) Read(f func(*collectors.Set)) (exporter.Position, bool) {
	if r.broken.Load() {
		panic("secret of the state")
	}
	return r.Engine.Read(f)
}

func run(t testing.TB, s *stream, store exporter.Store, change ...func(*exporter.Config)) *running {
	t.Helper()
	cfg := exporter.Defaults()
	cfg.KeyID, cfg.CheckpointInterval, cfg.WatchInterval = "key", time.Hour, time.Hour
	for _, f := range change {
		f(&cfg)
	}
	r := &running{t: t, stream: s, log: &proctest.Output{}}
	var err error
	log := slog.New(slog.NewTextHandler(r.log, nil))
	r.Engine, err = exporter.New(cfg, store, log)
	require.NoError(t, err)
	r.pages = Handler(r, Options{Log: log, Reload: func() error { return r.reload() }})
	server := httptest.NewServer(r.pages)
	r.url = server.URL
	ctx, end := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, s) }()
	t.Cleanup(func() {
		server.Close()
		http.DefaultClient.CloseIdleConnections()
		end()
		<-done
	})
	r.live(uint64(len(s.messages)))
	return r
}

// idle is an engine that does not run.
func idle(t testing.TB) *exporter.Engine {
	t.Helper()
	e, err := exporter.New(exporter.Defaults(), nowhere{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return e
}

// busy runs an engine that has folded enough for a number in every table.
func busy(t testing.TB) *running {
	t.Helper()
	return run(t, newStream(stored(20_000)...), nowhere{})
}

func (r *running) live(seq uint64) {
	r.t.Helper()
	proctest.Until(r.t, "engine is live", func() bool {
		s := r.Status()
		return s.Phase == exporter.PhaseLive && s.Position.Seq >= seq
	}, r.log.String)
}

// bare is a gatherer beside that of the pages.
func bare(r *running) *gatherer {
	return &gatherer{engine: r, log: slog.New(slog.NewTextHandler(r.log, nil)), returned: make(chan struct{}, 1),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{})}
}

func manyBots(c *exporter.Config) { c.KPIs.MaxBots, c.KPIs.MaxSeries = 2000, 10_000_000 }

// held keeps everybody from the state until the function that it returns is called.
func (r *running) held() (release func()) {
	holds, end, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		r.Engine.Read(func(*collectors.Set) { close(holds); <-end })
	}()
	<-holds
	return sync.OnceFunc(func() { close(end); <-gone })
}

func (r *running) get(path string, header ...string) (int, http.Header, string) {
	r.t.Helper()
	return fetch(r.t, http.MethodGet, r.url+path, header...)
}

func fetch(t testing.TB, method, url string, header ...string) (int, http.Header, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(body)
}

// metrics scrapes the text format.
func (r *running) metrics() map[string]*dto.MetricFamily {
	r.t.Helper()
	status, _, text := r.get("/metrics")
	require.Equal(r.t, http.StatusOK, status, text)
	return parsed(r.t, text)
}

func parsed(t testing.TB, text string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err)
	return families
}

// value returns a series of the process's own metrics, whose first label has a value.
func (r *running) value(d *metric.Def, label ...string) (sum float64) {
	r.t.Helper()
	for _, m := range r.metrics()[d.Name].GetMetric() {
		if len(label) == 0 || m.GetLabel()[0].GetValue() == label[0] {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

// oracle folds the messages in one go.
func oracle(messages []exporter.Message) *collectors.Set {
	set, d := collectors.New(collectors.Defaults()), event.NewDecoder(event.Config{})
	var ev event.Event
	for i := range messages {
		var reject *event.Reject
		if err := d.Decode(messages[i].Header, messages[i].Data, &ev); err != nil {
			reject = err.(*event.Reject) //nolint:errorlint // Decode returns nothing else
		}
		set.Fold(messages[i].Time, &ev, reject)
	}
	return set
}
