package jetstream

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

var (
	fakeCreated = time.Date(2026, 11, 1, 12, 0, 0, 1, time.UTC)
	fakeStored  = time.Date(2026, 11, 2, 12, 0, 0, 17, time.UTC)
)

// fakeInfo is what a leader of three replicas says about the stream.
func fakeInfo(last int, change ...string) string {
	s := fmt.Sprintf(`{"config":{"name":"EV","num_replicas":3,"allow_direct":true},"created":%q,"state":{"first_seq":1,"last_seq":%d},
		"cluster":{"leader":"a","replicas":[{"name":"b","current":true,"active":100000000},{"name":"c","current":true,"active":100000000}]}}`,
		fakeCreated.Format(time.RFC3339Nano), last)
	return strings.NewReplacer(change...).Replace(s)
}

func fakeMessage(body string) string {
	return fmt.Sprintf(`{"message":{"seq":10,"time":%q,"data":%q}}`,
		fakeStored.Format(time.RFC3339Nano), base64.StdEncoding.EncodeToString([]byte(body)))
}

func fakeDirect(body string) *nats.Msg {
	return &nats.Msg{Data: []byte(body), Header: nats.Header{"Nats-Time-Stamp": {fakeStored.Format(time.RFC3339Nano)}}}
}

// TestAnswers lets the tester answer what servers of a cluster answer at times that no test can force upon real ones.
// Each list is of the answers in turn; the last one stays, and an empty one is none at all.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const notFound = `{"error":{"code":404,"err_code":10037,"description":"no message found"}}`
	missing := &nats.Msg{Header: nats.Header{"Status": {"404"}, "Description": {"Message Not Found"}}}
	same := []*nats.Msg{fakeDirect("ten")}
	for name, c := range map[string]struct {
		infos   []string
		direct  []*nats.Msg
		leader  []string
		want    error
		field   string // of the mismatch
		gone    bool
		refused string
	}{
		"as it was":                 {infos: []string{fakeInfo(20)}, direct: same},
		"new leader lags":           {infos: []string{fakeInfo(8), fakeInfo(9), fakeInfo(10)}, direct: same},
		"new leader stays behind":   {infos: []string{fakeInfo(9)}, field: "last_sequence"},
		"single replica is behind":  {infos: []string{fakeInfo(9, `"num_replicas":3`, `"num_replicas":1`), fakeInfo(20)}, field: "last_sequence"},
		"first answer is lost":      {infos: []string{"", fakeInfo(20)}, direct: same},
		"no answer":                 {infos: []string{""}, refused: "read information of stream EV: context deadline exceeded"},
		"no leader":                 {infos: []string{fakeInfo(20, `"leader":"a",`, "")}, want: ErrNoLeader},
		"leader is alone":           {infos: []string{fakeInfo(20, "100000000", "7000000000")}, want: ErrNoLeader},
		"leader is offline to both": {infos: []string{fakeInfo(20, `"current":true`, `"offline":true`)}, want: ErrNoLeader},
		"leader has one left":       {infos: []string{fakeInfo(20, `"name":"b",`, `"name":"b","offline":true,`)}, direct: same},
		"no such stream":            {infos: []string{`{"error":{"code":404,"err_code":10059,"description":"stream not found"}}`}, want: exporter.ErrNoStream},
		"other payload":             {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{fakeDirect("TEN")}, field: "anchor"},
		"follower lags":             {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{missing}, leader: []string{fakeMessage("ten")}},
		"follower lags, other":      {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{missing}, leader: []string{fakeMessage("TEN")}, field: "anchor"},
		"deleted":                   {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{missing}, leader: []string{notFound}, gone: true},
		"dropped by the limits":     {infos: []string{fakeInfo(20, `"first_seq":1`, `"first_seq":11`)}, gone: true}, // asks nobody
		"leader does not answer":    {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{missing}, refused: "permitted?"},
		"leader is unwell":          {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{missing}, leader: []string{`{"error":{"code":503,"err_code":10008,"description":"unavailable"}}`}, refused: "unavailable"},
		"leader talks nonsense":     {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{missing}, leader: []string{`{}`}, refused: "invalid"},
		"follower is unwell":        {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{{Header: nats.Header{"Status": {"500"}, "Description": {"oops"}}}}, refused: "500 oops"},
		"follower talks nonsense":   {infos: []string{fakeInfo(20)}, direct: []*nats.Msg{{Data: []byte("ten")}}, refused: "recognize"},
		"no direct get":             {infos: []string{fakeInfo(20, `,"allow_direct":true`, "")}, leader: []string{fakeMessage("ten")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nc := client(t, serve(t, func(o *server.Options) { o.JetStream = false }))
			var infos, leader []*nats.Msg
			for _, s := range c.infos {
				infos = append(infos, &nats.Msg{Data: []byte(s)})
			}
			for _, s := range c.leader {
				leader = append(leader, &nats.Msg{Data: []byte(s)})
			}
			answer(t, nc, "$JS.API.STREAM.INFO.EV", infos)
			answer(t, nc, "$JS.API.DIRECT.GET.EV", c.direct)
			answer(t, nc, "$JS.API.STREAM.MSG.GET.EV", leader)
			s := newSource(t, nc)
			s.timing.doubt = 0 // one question, not several
			at := exporter.Position{Stream: streamName, Created: fakeCreated, Seq: 10, Anchor: exporter.NewAnchor(fakeStored.UnixNano(), []byte("ten"))}
			info, err := s.Check(t.Context(), at)
			switch {
			case c.field != "":
				var m *exporter.Mismatch
				require.ErrorAs(t, err, &m)
				require.Equal(t, c.field, m.Field)
			case c.want != nil:
				require.ErrorIs(t, err, c.want)
			case c.refused != "":
				require.ErrorContains(t, err, c.refused)
				require.False(t, errors.As(err, new(*exporter.Mismatch)))
			default:
				require.NoError(t, err)
				require.Equal(t, c.gone, info.AnchorGone)
			}
		})
	}
}

func answer(t *testing.T, nc *nats.Conn, subject string, answers []*nats.Msg) {
	t.Helper()
	answers = slices.Clone(answers)
	_, err := nc.Subscribe(subject, func(m *nats.Msg) {
		if len(answers) == 0 {
			return
		}
		a := *answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		if a.Subject = m.Reply; len(a.Data)+len(a.Header) > 0 {
			nc.PublishMsg(&a)
		}
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
}

// TestLeavesServer connects to a server that cannot tell about the stream, and to another one that could.
func TestLeavesServer(t *testing.T) {
	t.Parallel()
	deaf := serve(t, func(o *server.Options) { o.JetStream = false })
	good := serve(t)
	create(t, client(t, good))
	connect := func() (*nats.Conn, *watcher) {
		var w watcher
		c := Config{URLs: []string{deaf.URL()}, Observer: w.observer()}
		nc := dial(t, c)
		require.NoError(t, nc.SetServerPool([]string{deaf.URL(), good.URL()}))
		return nc, &w
	}
	for name, ask := range map[string]func(r *reader) error{
		"by opening":  func(r *reader) error { return r.open(t.Context()) },
		"by checking": func(r *reader) error { _, err := r.source.Check(t.Context(), r.at); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nc, _ := connect()
			r := newReader(t, nc)
			require.ErrorIs(t, ask(r), nats.ErrNoResponders)
			require.Eventually(t, func() bool { return ask(r) == nil }, patience, tick)
			require.Equal(t, good.URL(), nc.ConnectedUrl())
		})
	}
	t.Run("not while it is of use", func(t *testing.T) {
		t.Parallel()
		nc, w := connect()
		s := newSource(t, nc)
		s.timing.doubt = 100 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), 5*s.timing.doubt)
		defer cancel()
		for ctx.Err() == nil {
			s.doubt.received.Add(1) // as Next does
			_, err := s.check(ctx, exporter.Position{})
			require.Error(t, s.doubt.note(err, s.timing.doubt))
		}
		require.Zero(t, w.get().lost)
	})
}
