package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	originSilence = 30 * time.Second // an origin sends heartbeats every few seconds
	originTimeout = time.Second      // to wait for the answer about an origin
	maxOrigins    = 16               // asked about at each look
)

// origin is what is known about a stream that another one copies. When it is recreated its sequences start over: the copy
// waits for a sequence that comes late or never, and lacks all before it.
type origin struct {
	config   *jetstream.StreamConfig // nil until it could be asked
	created  time.Time
	replaced bool // it was recreated while we watched
	silent   int  // looks in a row without a sign of it
	unasked  bool // nobody answers about it, mostly for lack of a permission
}

// lookAtOrigins adds what is known of the origins of a mirror or of a stream with sources.
func (s *Source) lookAtOrigins(ctx context.Context, now *sight, at exporter.Position, r *Report) {
	setting, list := "sources", now.Sources
	if now.Mirror != nil {
		setting, list = "mirror", []*jetstream.StreamSourceInfo{now.Mirror}
	}
	r.Origins = len(list)
	if len(list) == 0 {
		return
	}
	unseen := 0
	for i, o := range list {
		r.OriginLag = max(r.OriginLag, o.Lag)
		wrong, asked := "", false
		if i < maxOrigins {
			wrong, asked = s.lookAtOrigin(ctx, now, o, at)
		}
		if !asked {
			unseen++
		}
		if wrong != "" {
			r.Advice = append(r.Advice, exporter.Advice{Setting: "origin", Reason: fmt.Sprintf("%s: %s", o.Name, wrong)})
		}
	}
	reason := "messages come from another stream: what that one dropped before it was copied leaves a gap, which is counted when the next message comes"
	switch {
	case setting == "sources":
		reason = fmt.Sprintf("messages come from %d other streams: what those dropped before it was copied leaves no trace", len(list))
	case sparse(&now.Config):
		reason = "a mirror of a part of another stream has holes by design: lost messages look like those left out"
	}
	if unseen > 0 {
		reason += fmt.Sprintf("; %d of them cannot be asked, so that one that is recreated goes unnoticed: permit $JS.API.STREAM.INFO for them", unseen)
	}
	r.Advice = append(r.Advice, exporter.Advice{Setting: setting, Reason: reason})
}

func (s *Source) originConfig(name string) *jetstream.StreamConfig {
	if known := s.origins[name]; known != nil {
		return known.config
	}
	return nil
}

// lookAtOrigin returns what is wrong with an origin, and whether it could be asked.
func (s *Source) lookAtOrigin(ctx context.Context, now *sight, info *jetstream.StreamSourceInfo, at exporter.Position) (wrong string, asked bool) {
	known := s.origins[info.Name]
	if known == nil {
		known = &origin{}
		s.origins[info.Name] = known
	}
	if info.Active < 0 || info.Active > originSilence {
		known.silent++
	} else {
		known.silent = 0
	}
	var there *jetstream.StreamInfo
	var err error
	if info.External == nil && !known.unasked { // else it is in another account or domain
		ctx, cancel := context.WithTimeout(ctx, originTimeout)
		defer cancel()
		var stream jetstream.Stream
		if stream, err = s.js.Stream(ctx, info.Name); err == nil {
			there = stream.CachedInfo()
		}
		known.unasked = errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil
	}
	asked = there != nil || errors.Is(err, jetstream.ErrStreamNotFound)
	if there != nil {
		known.replaced = known.replaced || !known.created.IsZero() && !known.created.Equal(there.Created)
		known.created, known.config = there.Created, &there.Config
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		wrong = "this origin does not exist any more"
	case there != nil && (known.replaced || older(now, there, at)):
		wrong = "this origin was made anew: what it holds up to the last sequence copied never arrives; recreate the copy too"
	case there != nil && now.Mirror != nil && there.State.LastSeq < now.State.LastSeq:
		wrong = "this origin ends before its mirror: it lost its tail, and new messages under the lost sequences never arrive"
	case info.Error != nil:
		wrong = info.Error.Error()
	case known.silent > 1:
		wrong = "nothing is heard of this origin"
	}
	return wrong, asked
}

// older reports whether a mirror, or what was counted of it, has messages from before its origin was created. Copies keep
// their times.
func older(now *sight, there *jetstream.StreamInfo, at exporter.Position) bool {
	if now.Mirror == nil {
		return false
	}
	first := now.State.FirstTime
	return now.State.Msgs > 0 && first.Before(there.Created) || at.Seq > 0 && time.Unix(0, at.Anchor.Time).Before(there.Created)
}
