package jetstream

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// Report is what a look at the stream finds beside its messages.
type Report struct {
	Advice    []exporter.Advice
	Origins   int           // streams that the messages come from; 0 when they are published to this one
	OriginLag uint64        // messages that the origin furthest ahead holds and the stream does not yet
	Clock     time.Duration // the clock of the stream's leader minus ours
	Timed     bool          // Clock is known
	Edits     []Edit        // of the configuration, since the last look
}

// Edit is a setting of the stream that was changed, as JSON.
type Edit struct{ Setting, Was, Is string }

// sight is the last answer of the stream's leader.
type sight struct {
	*jetstream.StreamInfo
	clock time.Duration
	timed bool
}

// newSight compares the clocks: the server looked at its own somewhere between question and answer.
func newSight(info *jetstream.StreamInfo, asked, answered time.Time) *sight {
	s := &sight{StreamInfo: info, timed: !info.TimeStamp.IsZero()}
	if s.timed {
		// Differences of wall clocks, since the server's has no monotonic reading.
		s.clock = info.TimeStamp.Sub(asked.Round(0).Add(answered.Sub(asked) / 2))
	}
	return s
}

// report looks at the stream, which may be edited at any time, and passes on what it finds.
func (s *Source) report(ctx context.Context, at exporter.Position) error {
	if s.opts.Report == nil {
		return nil
	}
	r, err := s.look(ctx, at)
	if err != nil {
		return err
	}
	for _, e := range r.Edits {
		s.opts.Logger.Warn("stream was edited", "stream", s.opts.Stream, "setting", e.Setting, "was", e.Was, "is", e.Is)
	}
	s.opts.Report(r)
	return nil
}

// look reports on the stream as Open or Check saw it last. The error is ErrRetention, or says why the server could not be
// asked about a stream that was never seen.
func (s *Source) look(ctx context.Context, at exporter.Position) (Report, error) {
	now := s.sight.Load()
	if now == nil {
		if err := connected(ctx, s.nc, s.timing.request, s.opts.Failed); err != nil {
			return Report{}, err
		}
		if _, err := s.info(ctx); err != nil {
			return Report{}, err
		}
		now = s.sight.Load()
	}
	advice, err := Advise(&now.Config)
	if err != nil {
		return Report{}, err
	}
	r := Report{Advice: advice, Clock: now.clock, Timed: now.timed}
	s.lookAtOrigins(ctx, now, at, &r)
	all := held(&now.Config, s.originConfig)
	if none := missed(s.filter, all); len(none) > 0 {
		r.Advice = append(r.Advice, exporter.Advice{Setting: exporter.AdviceSubjects, Reason: fmt.Sprintf("the stream holds nothing under %s, only %s: nothing is counted from there; set --nats.subjects",
			strings.Join(none, " "), or(strings.Join(all, " "), "what its origins do not send"))})
	}
	if before := s.config; before != nil {
		r.Edits = edits(before, &now.Config)
	}
	s.config = &now.Config
	return r, nil
}

// edits compares two configurations, setting by setting.
func edits(was, is *jetstream.StreamConfig) (out []Edit) {
	a, b := settings(was), settings(is)
	for _, name := range slices.Sorted(maps.Keys(merged(a, b))) {
		if !bytes.Equal(a[name], b[name]) {
			out = append(out, Edit{name, string(a[name]), string(b[name])})
		}
	}
	return out
}

func settings(c *jetstream.StreamConfig) map[string]json.RawMessage {
	b, err := json.Marshal(c)
	if err != nil {
		panic("BUG: " + err.Error()) // it came as JSON
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		panic("BUG: " + err.Error())
	}
	return m
}

func merged(a, b map[string]json.RawMessage) map[string]json.RawMessage {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
