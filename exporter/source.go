package exporter

import (
	"context"
	"fmt"
	"time"
)

// Message is one stored message of the stream. The receiver owns its header and data.
type Message struct {
	Seq     uint64 // stream sequence
	Subject string // on which it was published
	Time    int64  // when the server stored it, Unix nanoseconds
	Header  map[string][]string
	Data    []byte
	Skip    bool // not an event but a marker of the server: only the position moves
}

// Position says which message of which stream was applied last. Every checkpoint has it, beside the state it led to.
type Position struct {
	Stream   string    // name
	Created  time.Time // when the stream was created: a later stream of the same name is another one
	Subjects []string  // filter as configured; empty for the whole stream
	Seq      uint64    // of the last message applied; 0 before the first
	Anchor   Anchor    // of that message
	Epoch    uint64    // how often the state continued with another stream, or with one that had lost its tail
	Shown    uint64    // last message shown by a process that was killed; not in checkpoints
}

// StreamInfo describes the stream when the source was opened or checked.
type StreamInfo struct {
	Name     string
	Created  time.Time
	First    uint64   // sequence of the first message in the stream
	Last     uint64   // sequence of the last message; First-1 when the stream is empty
	Pending  uint64   // messages after the position that match the filter; an upper bound from Check
	Filter   []string // as configured; kept in the Position
	Subjects []string // filter in force; empty when the whole stream is read, so that every gap is a loss
	Lost     uint64   // messages that the server itself reports as lost
	Replicas int      // servers that hold the stream

	// AnchorGone means that the anchor could not be compared: the message of the position was deleted, or dropped by
	// the stream's limits.
	AnchorGone bool
}

// Batch is a run of messages in stream order.
type Batch struct {
	Messages []Message
	Pending  uint64 // messages after the last one, according to the server
}

// Source is a stream to read from. One goroutine calls its methods; Check and Ahead may be called from another.
type Source interface {
	// Open verifies that the stream is the one of the position and still holds everything applied or shown. Next then
	// starts after the position. A zero position means any stream, from its first message. The error is a *Mismatch if
	// it is another stream, and ErrNoStream if there is none. Open may be called again after any error.
	Open(ctx context.Context, at Position) (StreamInfo, error)
	// Next returns the next messages: at least one, and as many as are at hand. It returns the context's error when the
	// context ends. After any other error the source must be opened again.
	Next(ctx context.Context) (Batch, error)
	// Check compares the stream with the position, as Open does, while Next waits.
	Check(ctx context.Context, at Position) (StreamInfo, error)
	// Ahead returns the first message to read after the position, or nil if there is none, and the bounds of the stream
	// from just before. It asks the stream leader, because a consumer knows only what its server has, which may be
	// behind. The error is a *Mismatch if the stream was created at another time. The rest of the position need not
	// match the stream.
	Ahead(ctx context.Context, at Position) (*Message, StreamInfo, error)
	// Close releases the consumer. It waits only briefly for the server.
	Close() error
}

// Advice names a setting of the stream or broker that puts messages at risk, or keeps them from being counted.
type Advice struct {
	Setting string // as the server calls it; one of a small closed set
	Reason  string // for a person
}

// AdviceSubjects is the setting of an Advice that the stream holds nothing under the subjects that are read.
const AdviceSubjects = "subjects"

// ErrNoStream says that the broker has no stream of that name.
var ErrNoStream = fmt.Errorf("stream does not exist")

// Mismatch says that the stream is not the one that the state was made from.
type Mismatch struct {
	Field string // created, last_sequence, anchor or subjects
	Want  string // what the checkpoint says
	Have  string // what the stream says
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("the stream is not the one of the checkpoint: %s is %s, expected %s", m.Field, m.Have, m.Want)
}
