package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const quorumSilence = 5 * time.Second // replicas speak at least once a second

// verified is a stream that is the one of the position.
type verified struct {
	*jetstream.StreamInfo
	inForce    []string // filter that the consumer needs; empty to read the whole stream
	anchorGone bool
}

// verify compares the stream with the position, and returns an *exporter.Mismatch when it is another one.
func (s *Source) verify(ctx context.Context, at exporter.Position) (*verified, error) {
	info, err := s.settled(ctx, at)
	if err != nil {
		return nil, err
	}
	v := &verified{StreamInfo: info, inForce: inForce(s.filter, &info.Config)}
	if at.Created.IsZero() {
		return v, nil
	}
	if was := canonical(at.Subjects); !sameFilter(was, s.filter, &info.Config) {
		return nil, &exporter.Mismatch{Field: "subjects", Want: subjectList(was), Have: subjectList(s.filter)}
	}
	switch {
	case at.Seq == 0:
	case at.Seq < info.State.FirstSeq:
		v.anchorGone = true
	default:
		v.anchorGone, err = s.anchor(ctx, info, at)
	}
	return v, err
}

// settled describes the stream, if it was created when the position says and did not lose messages at its end that were
// applied or shown. After a change of leader the new one may for a moment lack what the old one had delivered: with
// replicas, only a last sequence that stays below ours means that the stream lost its tail.
func (s *Source) settled(ctx context.Context, at exporter.Position) (*jetstream.StreamInfo, error) {
	deadline, least := time.Now().Add(s.timing.settle), max(at.Seq, at.Shown)
	for {
		info, err := s.info(ctx)
		switch {
		case err != nil:
			return nil, err
		case at.Created.IsZero():
			return info, nil
		case !info.Created.Equal(at.Created):
			return nil, mismatchCreated(at.Created, info.Created)
		case info.State.LastSeq >= least:
			return info, nil
		case info.Config.Replicas < 2 || time.Now().After(deadline):
			return nil, &exporter.Mismatch{
				Field: "last_sequence", Want: fmt.Sprintf("%d or more", least), Have: fmt.Sprint(info.State.LastSeq),
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(s.timing.poll()):
		}
	}
}

// ErrNoLeader says that no leader with a quorum vouches for what the stream holds.
var ErrNoLeader = errors.New("stream has no leader")

// quorum reports whether the answer comes from a leader that most replicas follow. A server that is cut off believes for a
// while that it still leads, and then answers for itself, though it knows nothing new.
func quorum(c *jetstream.ClusterInfo) bool {
	if c == nil { // a single server
		return true
	}
	near := 1
	for _, r := range c.Replicas {
		if !r.Offline && r.Active < quorumSilence {
			near++
		}
	}
	return c.Leader != "" && near > (len(c.Replicas)+1)/2
}

// info asks a second time when no answer comes: while the leader of a cluster changes, the first request may have gone to
// a server that is gone.
func (s *Source) info(ctx context.Context) (*jetstream.StreamInfo, error) {
	info, err := s.infoWithin(ctx, s.timing.request/4)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		info, err = s.infoWithin(ctx, s.timing.request)
	}
	return info, err
}

func (s *Source) infoWithin(ctx context.Context, limit time.Duration) (*jetstream.StreamInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	asked := time.Now()
	stream, err := s.js.Stream(ctx, s.opts.Stream)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, fmt.Errorf("%w: %s%s", exporter.ErrNoStream, s.opts.Stream, s.opts.API.where())
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("no JetStream answers%s: it is not enabled there, or domain or prefix are wrong: %w", s.opts.API.where(), err)
	case err != nil:
		return nil, fmt.Errorf("read information of stream %s%s: %w", s.opts.Stream, s.opts.API.where(), err)
	}
	info := stream.CachedInfo()
	if !quorum(info.Cluster) {
		return nil, fmt.Errorf("%w: %s", ErrNoLeader, s.opts.Stream)
	}
	s.sight.Store(newSight(info, asked, time.Now()))
	return info, nil
}

// anchor compares the message at the position with the one that the stream holds there now. A stream restored from an
// older copy keeps its creation time and soon reaches the sequence again: only the message gives it away. gone is true
// when the stream holds none there, which a delete inside the stream explains.
func (s *Source) anchor(ctx context.Context, info *jetstream.StreamInfo, at exporter.Position) (gone bool, err error) {
	ask := s.storedByLeader
	if info.Config.AllowDirect {
		ask = s.stored
	}
	have, err := ask(ctx, at.Seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) && info.Config.AllowDirect {
		// Any replica answers a direct get, also one that lags behind. The leader does not.
		have, err = s.storedByLeader(ctx, at.Seq)
	}
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("read message %d of stream %s to recognize it: %w", at.Seq, s.opts.Stream, err)
	case have != at.Anchor:
		return false, &exporter.Mismatch{Field: "anchor", Want: anchorText(at.Seq, at.Anchor), Have: anchorText(at.Seq, have)}
	}
	return false, nil
}

func (s *Source) stored(ctx context.Context, seq uint64) (exporter.Anchor, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timing.request)
	defer cancel()
	m, err := s.nc.RequestWithContext(ctx, s.opts.API.subject("DIRECT.GET."+s.opts.Stream), fmt.Appendf(nil, `{"seq":%d}`, seq))
	if err != nil {
		return exporter.Anchor{}, err
	}
	switch status := m.Header.Get("Status"); {
	case status == "404":
		return exporter.Anchor{}, jetstream.ErrMsgNotFound
	case status != "":
		return exporter.Anchor{}, fmt.Errorf("server answered %s %s", status, m.Header.Get("Description"))
	}
	t, err := time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return exporter.Anchor{}, err
	}
	return exporter.NewAnchor(t.UnixNano(), m.Data), nil
}

func (s *Source) storedByLeader(ctx context.Context, seq uint64) (exporter.Anchor, error) {
	m, err := s.ofLeader(ctx, fmt.Appendf(nil, `{"seq":%d}`, seq))
	if err != nil {
		return exporter.Anchor{}, err
	}
	return exporter.NewAnchor(m.Time, m.Data), nil
}

func mismatchCreated(want, have time.Time) *exporter.Mismatch {
	return &exporter.Mismatch{
		Field: "created", Want: want.UTC().Format(time.RFC3339Nano), Have: have.UTC().Format(time.RFC3339Nano),
	}
}

func anchorText(seq uint64, a exporter.Anchor) string {
	return fmt.Sprintf("message %d stored %s with hash %016x", seq, time.Unix(0, a.Time).UTC().Format(time.RFC3339Nano), a.Hash)
}

func subjectList(subjects []string) string {
	if len(subjects) == 0 {
		return "the whole stream"
	}
	return strings.Join(subjects, " ")
}
