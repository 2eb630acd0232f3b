package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// Ahead implements exporter.Source. Only the leader of the stream answers, and a leader with a quorum confirms the bounds
// of the stream before and after: a server that was cut off would still answer from what it has.
func (s *Source) Ahead(ctx context.Context, at exporter.Position) (*exporter.Message, exporter.StreamInfo, error) {
	m, info, err := s.ahead(ctx, at)
	return m, info, s.doubt.note(s.explained(err), s.timing.doubt)
}

func (s *Source) ahead(ctx context.Context, at exporter.Position) (*exporter.Message, exporter.StreamInfo, error) {
	before, err := s.info(ctx)
	switch {
	case err != nil:
		return nil, exporter.StreamInfo{}, err
	case !at.Created.IsZero() && !before.Created.Equal(at.Created):
		return nil, exporter.StreamInfo{}, mismatchCreated(at.Created, before.Created)
	}
	seen := &verified{StreamInfo: before, inForce: inForce(s.filter, &before.Config)}
	subjects := seen.inForce
	if len(subjects) == 0 {
		subjects = []string{">"}
	}
	var first *exporter.Message
	for _, subject := range subjects {
		req, err := json.Marshal(struct {
			Seq  uint64 `json:"seq"`
			Next string `json:"next_by_subj"`
		}{at.Seq + 1, subject})
		if err != nil {
			return nil, exporter.StreamInfo{}, err
		}
		m, err := s.ofLeader(ctx, req)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return nil, exporter.StreamInfo{}, fmt.Errorf("ask for what follows message %d of stream %s: %w", at.Seq, s.opts.Stream, err)
		case first == nil || m.Seq < first.Seq:
			first = m
		}
	}
	after, err := s.info(ctx)
	switch {
	case err != nil:
		return nil, exporter.StreamInfo{}, err
	case !after.Created.Equal(before.Created):
		return nil, exporter.StreamInfo{}, mismatchCreated(before.Created, after.Created)
	case leader(after) != leader(before):
		return nil, exporter.StreamInfo{}, fmt.Errorf("%w: it changed from %s to %s", ErrNoLeader, leader(before), leader(after))
	}
	return first, s.describe(seen), nil
}

func leader(info *jetstream.StreamInfo) string {
	if info.Cluster == nil { // a single server
		return ""
	}
	return info.Cluster.Leader
}

// ofLeader asks the leader of the stream for a message. The permission for that is only needed when something unusual
// happens; without it there is no answer.
func (s *Source) ofLeader(ctx context.Context, request []byte) (*exporter.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timing.request)
	defer cancel()
	subject := s.opts.API.subject("STREAM.MSG.GET." + s.opts.Stream)
	m, err := s.nc.RequestWithContext(ctx, subject, request)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w; is publishing to %s permitted?", err, subject)
	}
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *struct {
			Seq  uint64    `json:"seq"`
			Time time.Time `json:"time"`
			Data []byte    `json:"data"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, jetstream.ErrMsgNotFound
	case answer.Error != nil:
		return nil, answer.Error
	case answer.Message == nil:
		return nil, jetstream.ErrInvalidJetStreamResponse
	}
	return &exporter.Message{Seq: answer.Message.Seq, Time: answer.Message.Time.UnixNano(), Data: answer.Message.Data}, nil
}
