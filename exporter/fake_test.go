package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// broker is a stream in memory, and the source that reads it.
type broker struct {
	mu       sync.Mutex
	changed  chan struct{} // closed at each change
	created  time.Time
	first    uint64
	messages []Message
	hold     uint64 // no message after it is delivered; 0 for no limit
	end      uint64 // last sequence when nothing is left after the last message, or nothing for us
	lags     bool   // the consumer's server knows of no message after hold
	replicas int
	askErr   error // returned by Ahead as long as it is set
	asked    int
	gone     bool
	nextErr  error // returned once by Next
	openErr  error // returned by Open as long as it is set
	closeErr error
	repeat   int // messages that the next batch repeats
	filter   []string
	stuck    bool // Next delivers nothing, as a paused consumer does
	orphan   bool // so does a consumer whose stream is no more

	cursor  uint64 // of the consumer: the last sequence delivered
	opened  int
	checks  int
	opens   []Position
	batch   int // most messages of a batch
	serving bool
}

func newBroker(messages []Message) *broker {
	return &broker{changed: make(chan struct{}), created: time.Unix(1_700_000_000, 1), first: 1, messages: messages, batch: 100}
}

// change does something to the broker and wakes whoever waits.
func (b *broker) change(f func(b *broker)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b)
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *broker) publish(m ...Message) {
	b.change(func(b *broker) { b.messages = append(b.messages, m...) })
}

// recreate replaces the stream by another one of the same name.
func (b *broker) recreate(messages []Message) {
	b.change(func(b *broker) {
		b.created, b.messages, b.first, b.gone = b.created.Add(time.Hour), messages, 1, false
		b.orphan = true
	})
}

func (b *broker) last() uint64 {
	if len(b.messages) == 0 {
		return max(b.end, b.first-1)
	}
	return max(b.end, b.messages[len(b.messages)-1].Seq)
}

func (b *broker) verify(at Position) (StreamInfo, error) {
	switch {
	case b.openErr != nil:
		return StreamInfo{}, b.openErr
	case b.gone:
		return StreamInfo{}, ErrNoStream
	}
	info := StreamInfo{Name: "TEST", Created: b.created, First: b.first, Last: b.last(), Filter: b.filter, Subjects: b.filter, Replicas: b.replicas}
	info.AnchorGone = at.Seq > 0 && !slices.ContainsFunc(b.messages, func(m Message) bool { return m.Seq == at.Seq })
	for _, m := range b.messages {
		if m.Seq > at.Seq && (!b.lags || m.Seq <= b.hold) {
			info.Pending++
		}
		if m.Seq == at.Seq && !at.Created.IsZero() && at.Created.Equal(b.created) && at.Anchor != NewAnchor(m.Time, m.Data) {
			return info, &Mismatch{Field: "anchor", Want: "one", Have: "another"}
		}
	}
	switch {
	case at.Created.IsZero():
	case !at.Created.Equal(b.created):
		return info, &Mismatch{Field: "created", Want: at.Created.String(), Have: b.created.String()}
	case max(at.Seq, at.Shown) > b.last():
		return info, &Mismatch{Field: "last_sequence", Want: fmt.Sprint(max(at.Seq, at.Shown)), Have: fmt.Sprint(b.last())}
	}
	return info, nil
}

func (b *broker) Open(_ context.Context, at Position) (StreamInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opens = append(b.opens, at)
	info, err := b.verify(at)
	if err == nil {
		b.cursor, b.opened, b.serving, b.orphan = max(at.Seq, b.first-1), b.opened+1, true, false
	}
	return info, err
}

func (b *broker) Check(_ context.Context, at Position) (StreamInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.checks++
	return b.verify(at)
}

// Ahead answers as the leader does: also for what the consumer's server does not have yet.
func (b *broker) Ahead(_ context.Context, at Position) (*Message, StreamInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	info := StreamInfo{Name: "TEST", Created: b.created, First: b.first, Last: b.last(), Replicas: b.replicas}
	switch {
	case b.askErr != nil:
		return nil, info, b.askErr
	case !at.Created.Equal(b.created):
		return nil, info, &Mismatch{Field: "created", Want: at.Created.String(), Have: b.created.String()}
	}
	for _, m := range b.messages {
		if m.Seq > at.Seq {
			return &m, info, nil
		}
	}
	return nil, info, nil
}

func (b *broker) Next(ctx context.Context) (Batch, error) {
	for {
		b.mu.Lock()
		batch, err := b.take()
		changed := b.changed
		b.mu.Unlock()
		if err != nil || len(batch.Messages) > 0 {
			return batch, err
		}
		select {
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		case <-changed:
		}
	}
}

func (b *broker) take() (Batch, error) {
	if !b.serving {
		return Batch{}, errors.New("source is not open")
	}
	if err := b.nextErr; err != nil {
		b.nextErr, b.serving = nil, false
		return Batch{}, err
	}
	var out Batch
	if b.gone || b.stuck || b.orphan {
		return out, nil
	}
	from := b.cursor - min(uint64(b.repeat), b.cursor)
	for _, m := range b.messages {
		switch {
		case m.Seq <= from:
		case len(out.Messages) == b.batch || b.hold > 0 && m.Seq > b.hold:
			if !b.lags || m.Seq <= b.hold {
				out.Pending++
			}
		default:
			out.Messages = append(out.Messages, m)
			b.cursor, b.repeat = m.Seq, 0
		}
	}
	return out, nil
}

func (b *broker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serving = false
	return b.closeErr
}

// shelf is a Store in memory.
type shelf struct {
	mu    sync.Mutex
	kept  []*Checkpoint // as Load returns them
	fail  error
	tries int
	load  error
	mark  Mark
	blind error // of the marks
	marks int
}

func (s *shelf) Save(cp *Checkpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.fail != nil {
		return s.fail
	}
	one := *cp
	one.Sections, one.Raw = nil, written(cp.Sections)
	for _, w := range one.Raw {
		cp.Size += int64(len(w.Data))
	}
	one.Size = cp.Size
	s.kept = append(s.kept, &one)
	return nil
}

func (s *shelf) Load() (*Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.load != nil:
		return nil, s.load
	case len(s.kept) == 0:
		return nil, ErrNoCheckpoint
	}
	return s.kept[len(s.kept)-1], nil
}

func (s *shelf) Shown() (Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mark, s.blind
}

func (s *shelf) SetShown(m Mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blind == nil {
		s.mark = m
		s.marks++
	}
	return s.blind
}

func (s *shelf) Close() error { return nil }

func (s *shelf) newest() *Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == 0 {
		return &Checkpoint{}
	}
	return s.kept[len(s.kept)-1]
}

func (s *shelf) failing(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *shelf) attempts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// written renders sections as a checkpoint keeps them.
func written(sections []codec.Section) []collectors.RawSection {
	var list []collectors.RawSection
	for _, s := range sections {
		w := codec.NewWriter(nil)
		s.Write(w)
		list = append(list, collectors.RawSection{Name: s.Name, Version: s.Version, Data: w.Bytes()})
	}
	return list
}
