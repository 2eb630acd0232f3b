package jetstream

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// What lies ahead is what is to be read: with a filter only what it takes, and never what is deleted.
func TestAhead(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	s := create(t, nc, func(c *jetstream.StreamConfig) { c.Subjects = []string{"bot.events.>", "bot.other"} })
	js := api(t, nc)
	for i, subject := range []string{"bot.events.a", "bot.other", "bot.events.b", "bot.other", "bot.events.c", "bot.other", "bot.other"} {
		_, err := js.Publish(t.Context(), subject, fmt.Append(nil, i+1))
		require.NoError(t, err)
	}
	require.NoError(t, s.DeleteMsg(t.Context(), 7))
	created := s.CachedInfo().Created
	for _, c := range []struct {
		filter []string
		want   []uint64 // by position from 0
	}{
		{nil, []uint64{1, 2, 3, 4, 5, 6, 0, 0}},
		{[]string{"bot.events.>"}, []uint64{1, 3, 3, 5, 5, 0, 0, 0}},
		{[]string{"bot.events.c", "bot.events.a"}, []uint64{1, 5, 5, 5, 5, 0, 0, 0}},
		{[]string{"bot.none"}, []uint64{0, 0, 0, 0, 0, 0, 0, 0}},
	} {
		source := newSource(t, nc, c.filter...)
		for at, want := range c.want {
			m, info, err := source.Ahead(t.Context(), exporter.Position{Created: created, Seq: uint64(at)})
			require.NoError(t, err)
			require.EqualValues(t, 7, info.Last)
			require.EqualValues(t, 1, info.First)
			if want == 0 {
				require.Nil(t, m, "%v at %d", c.filter, at)
				continue
			}
			stored, err := s.GetMsg(t.Context(), want)
			require.NoError(t, err)
			require.Equal(t, &exporter.Message{Seq: want, Time: stored.Time.UnixNano(), Data: stored.Data}, m, "%v at %d", c.filter, at)
		}
	}
	_, _, err := newSource(t, nc).Ahead(t.Context(), exporter.Position{Created: created.Add(time.Second)})
	var m *exporter.Mismatch
	require.ErrorAs(t, err, &m)
	require.Equal(t, "created", m.Field)
}

// Only a leader that most replicas follow, the same before and after, is believed.
func TestAheadBelievesLeader(t *testing.T) {
	t.Parallel()
	const notFound = `{"error":{"code":404,"err_code":10037,"description":"no message found"}}`
	for name, c := range map[string]struct {
		infos   []string
		leader  []string
		refused string
	}{
		"none":               {infos: []string{fakeInfo(20)}, leader: []string{notFound}},
		"one":                {infos: []string{fakeInfo(20)}, leader: []string{fakeMessage("ten")}},
		"leader changes":     {infos: []string{fakeInfo(20), fakeInfo(20, `"leader":"a"`, `"leader":"b"`)}, leader: []string{notFound}, refused: "changed from a to b"},
		"leader is alone":    {infos: []string{fakeInfo(20), fakeInfo(20, "100000000", "7000000000")}, leader: []string{notFound}, refused: "no leader"},
		"recreated":          {infos: []string{fakeInfo(20), fakeInfo(20, "2026-11-01", "2026-11-02")}, leader: []string{notFound}, refused: "created"},
		"not permitted":      {infos: []string{fakeInfo(20)}, refused: "is publishing to $JS.API.STREAM.MSG.GET.EV permitted?"},
		"leader is unwell":   {infos: []string{fakeInfo(20)}, leader: []string{`{"error":{"code":503,"err_code":10008,"description":"unavailable"}}`}, refused: "unavailable"},
		"nobody to be asked": {infos: []string{""}, refused: "read information of stream EV"},
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
			answer(t, nc, "$JS.API.STREAM.MSG.GET.EV", leader)
			m, info, err := newSource(t, nc).Ahead(t.Context(), exporter.Position{Created: fakeCreated, Seq: 9})
			if c.refused != "" {
				require.ErrorContains(t, err, c.refused)
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 20, info.Last)
			require.EqualValues(t, 3, info.Replicas)
			if name == "none" {
				require.Nil(t, m)
			} else {
				require.Equal(t, &exporter.Message{Seq: 10, Time: fakeStored.UnixNano(), Data: []byte("ten")}, m)
			}
		})
	}
}

// A stream that ends before what was shown has lost its tail, though it has all that was applied.
func TestShownIsMissing(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)
	r.at.Shown = 11
	r.mismatch("last_sequence")
	publish(t, nc, 10, 1)
	require.NoError(t, r.open(t.Context()))
}
