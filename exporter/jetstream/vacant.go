package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// vacant returns the last sequence of the stream when nothing is stored after the position although something was, and 0
// otherwise or when nobody can tell. A consumer that has nothing to deliver proves nothing: its server may lag behind.
func (s *Source) vacant(ctx context.Context, seen *verified, at exporter.Position) uint64 {
	last := seen.State.LastSeq
	switch {
	case last <= at.Seq:
		return 0
	case seen.State.Msgs == 0:
		return last
	}
	request := fmt.Appendf(nil, `{"seq":%d,"next_by_subj":">"}`, at.Seq+1)
	if seen.Config.AllowDirect {
		// Any server may answer, and the leader need not be asked for what one of them has.
		if _, err := s.stored(ctx, request); !errors.Is(err, jetstream.ErrMsgNotFound) {
			return 0
		}
	}
	if _, err := s.storedByLeader(ctx, request); errors.Is(err, jetstream.ErrMsgNotFound) {
		return last
	}
	return 0
}
