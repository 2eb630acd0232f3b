package exporter

import (
	"context"
	"fmt"
	"time"
)

// Message is one stored message of the stream. Its header and data belong to the receiver.
type Message struct {
	Seq     uint64 // stream sequence
	Subject string // on which it was published
	Time    int64  // when the server stored it, Unix nanoseconds
	Header  map[string][]string
	Data    []byte
	Skip    bool // not an event: a marker that the server put into the stream; only the position moves
}

// Position says which message of which stream was applied last. It is part of every checkpoint, together with the
// state that the message led to.
type Position struct {
	Stream   string    // name
	Created  time.Time // when the stream was created: a stream of the same name made later is another one
	Subjects []string  // filter as configured; empty for the whole stream
	Seq      uint64    // of the last message applied; 0 before the first
	Anchor   Anchor    // of that message
	Epoch    uint64    // how often the state went on with another stream, or with one that had lost its tail
	Shown    uint64    // message that a page was made at, after which the process was killed; no part of a checkpoint
}

// StreamInfo describes the stream as it is when the source was opened.
type StreamInfo struct {
	Name     string
	Created  time.Time
	First    uint64   // sequence of the first message that the stream holds
	Last     uint64   // sequence of the last one; First-1 when it is empty
	Pending  uint64   // messages after the position that match the filter; Check tells an upper bound
	Filter   []string // as configured: what a Position keeps
	Subjects []string // filter in force; empty when the whole stream is read, so that each gap is a loss
	Lost     uint64   // messages that the server itself declares lost
	Replicas int      // servers that hold the stream

	// AnchorGone tells that the stream does not hold the message of the position any more, because of its limits or
	// of a delete, so that the anchor could not be compared.
	AnchorGone bool
}

// Batch is messages in their order.
type Batch struct {
	Messages []Message
	Pending  uint64 // messages after the last one, as the server told with it
}

// Source is a stream to read from. Its methods are called by one goroutine, except Check and Ahead.
type Source interface {
	// Open verifies that the stream is the one of the position, and that it holds all that was applied or shown, and
	// goes to the message after it. A zero position is
	// any stream, from its first message. The error is a *Mismatch when it is another stream, and ErrNoStream when
	// there is none; after any error Open may be called again.
	Open(ctx context.Context, at Position) (StreamInfo, error)
	// Next returns the messages that come next: at least one, as many as are at hand. It returns the context's error
	// when that ends; after any other error the source must be opened again.
	Next(ctx context.Context) (Batch, error)
	// Check compares the stream with the position while Next waits, as Open does.
	Check(ctx context.Context, at Position) (StreamInfo, error)
	// Ahead returns the first message after the position that is to be read, and nil when there is none, together with
	// the bounds of the stream from right before. It asks the leader of the stream, so that the answer holds for all
	// that is stored: a consumer knows only what its server has, which may be behind. The error is a *Mismatch when
	// the stream was created at another time; the position need not be one of the stream otherwise.
	Ahead(ctx context.Context, at Position) (*Message, StreamInfo, error)
	// Close gives the consumer up. It waits for the server only for a short time.
	Close() error
}

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
