package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// Recommended settings of a stream.
const (
	DefaultMaxAge          = 7 * 24 * time.Hour
	DefaultDuplicateWindow = 2 * time.Minute
	DefaultMaxMsgSize      = 64<<10 + 8<<10 // bytes: the largest event, and attributes in its header
)

// StreamSettings say how to create a stream. The zero values of all but name and subjects are the recommended ones.
type StreamSettings struct {
	API             API // that gets the stream
	Name            string
	Subjects        []string
	Replicas        int           // when 0, 3 in a cluster and else 1
	MaxAge          time.Duration // 7 days when 0
	MaxBytes        int64         // unlimited when 0
	MaxMsgSize      int32         // bytes of header and data; 72 KiB when 0
	DuplicateWindow time.Duration // in which the server drops messages with a known Nats-Msg-Id; 2 minutes when 0
}

// EnsureStream creates the stream if there is none of that name, and reports whether it did. It leaves an existing stream
// as it is: see Advise. The error is ErrFewServers when three replicas are the default and the cluster has no room for
// them at the moment.
func EnsureStream(ctx context.Context, nc *nats.Conn, s StreamSettings) (created bool, err error) {
	js, err := s.API.client(nc)
	if err != nil {
		return false, err
	}
	if err := connected(ctx, nc, requestTimeout, nil); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*requestTimeout)
	defer cancel()
	switch _, err = js.Stream(ctx, s.Name); {
	case err == nil:
		return false, nil
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return false, fmt.Errorf("look for stream %s: %w", s.Name, err)
	}
	byDefault := s.Replicas == 0
	if byDefault {
		s.Replicas = clusterReplicas
	}
	_, err = js.CreateStream(ctx, s.config())
	var refused *jetstream.APIError
	if byDefault && errors.As(err, &refused) {
		switch refused.ErrorCode {
		case codeNotClustered:
			s.Replicas = 1
			_, err = js.CreateStream(ctx, s.config())
		case codeNoPeers:
			return false, fmt.Errorf("create stream %s: %w: %w", s.Name, ErrFewServers, err)
		}
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
		return false, nil // somebody was faster
	case err != nil:
		return false, fmt.Errorf("create stream %s: %w", s.Name, err)
	}
	return true, nil
}

// clusterReplicas is how many servers hold a stream where there is a cluster.
const clusterReplicas = 3

// Codes of errors for which the client has no names.
const (
	codeNoPeers      jetstream.ErrorCode = 10005 // fewer servers than replicas
	codeNotClustered jetstream.ErrorCode = 10074 // replicas on a single server
	codeOtherStream  jetstream.ErrorCode = 10060 // not the one that the publisher expects
)

// ErrFewServers says that the cluster has fewer servers than the stream needs replicas, or that some are down.
var ErrFewServers = errors.New("the cluster has too few servers at present")

func (s StreamSettings) config() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        s.Name,
		Description: "events of bots",
		Subjects:    s.Subjects,
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardOld,
		MaxMsgs:     -1,
		MaxBytes:    or(s.MaxBytes, -1),
		MaxAge:      or(s.MaxAge, DefaultMaxAge),
		MaxMsgSize:  or(s.MaxMsgSize, DefaultMaxMsgSize),
		Replicas:    or(s.Replicas, 1),
		Duplicates:  or(s.DuplicateWindow, DefaultDuplicateWindow),
		DenyDelete:  true,
		DenyPurge:   true,
		AllowDirect: true,
	}
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// ErrRetention says that the server deletes messages of the stream once they are acknowledged. The exporter does not
// acknowledge, and after a crash it needs them again.
var ErrRetention = errors.New("stream does not keep its messages by limits")

// Advise returns advice on a configuration; the error is ErrRetention or nil.
func Advise(c *jetstream.StreamConfig) ([]exporter.Advice, error) {
	if c.Retention != jetstream.LimitsPolicy {
		return nil, fmt.Errorf("%w: retention of %s is %s", ErrRetention, c.Name, c.Retention)
	}
	var out []exporter.Advice
	advise := func(when bool, setting, reason string, args ...any) {
		if when {
			out = append(out, exporter.Advice{Setting: setting, Reason: fmt.Sprintf(reason, args...)})
		}
	}
	advise(c.Storage != jetstream.FileStorage, "storage", "messages in memory are lost with the server")
	advise(c.Replicas < 3, "num_replicas", "%d of the servers that hold the messages may fail; use 3 replicas, or one server with sync_interval: always", (max(c.Replicas, 1)-1)/2)
	advise(c.PersistMode == jetstream.AsyncPersistMode, "persist_mode", "the server acknowledges messages before they are on disk, whatever its sync_interval")
	advise(c.Discard != jetstream.DiscardOld, "discard", "a full stream refuses new messages instead of dropping the oldest")
	advise(c.MaxAge > 0 && c.MaxAge < DefaultMaxAge, "max_age", "messages are dropped after %s; the exporter loses what it did not read by then", c.MaxAge)
	advise(c.MaxMsgs > 0, "max_msgs", "messages are dropped beyond %d, however new they are", c.MaxMsgs)
	advise(c.MaxMsgsPerSubject > 0, "max_msgs_per_subject", "messages are dropped beyond %d of a subject, however new they are", c.MaxMsgsPerSubject)
	advise(!c.DenyDelete, "deny_delete", "single messages can be deleted before they are read")
	advise(!c.DenyPurge, "deny_purge", "the stream can be emptied before it is read")
	advise(c.AllowRollup, "allow_rollup_hdrs", "a publisher can delete earlier messages before they are read")
	advise(c.AllowMsgTTL, "allow_msg_ttl", "messages can expire before they are read")
	advise(c.Duplicates < DefaultDuplicateWindow, "duplicate_window", "a message that is published again after %s is stored again; use %s or more", c.Duplicates, DefaultDuplicateWindow)
	advise(!c.AllowDirect && !c.MirrorDirect, "allow_direct", "only the leader can be asked for the last message counted")
	return out, nil
}

// Permissions returns all subjects that a user of the server needs to publish and to subscribe to in order to read the
// stream. The inbox prefix is that of Config.
//
// Without STREAM.MSG.GET the exporter cannot recognize its stream after the message that it counted last was deleted,
// cannot find where a broker lost its tail, and cannot see that it has caught up when the last messages are deleted or
// outside the filter. The right to create consumers is the right to read the whole stream.
func Permissions(api API, stream, inboxPrefix string) (publish, subscribe []string) {
	return []string{
		api.subject("STREAM.INFO." + stream),
		api.subject("CONSUMER.CREATE." + stream + ".>"),
		api.subject("CONSUMER.MSG.NEXT." + stream + ".>"),
		api.subject("CONSUMER.DELETE." + stream + ".>"),
		api.subject("STREAM.MSG.GET." + stream),
		api.subject("DIRECT.GET." + stream),
	}, []string{or(inboxPrefix, "_INBOX") + ".>"}
}
