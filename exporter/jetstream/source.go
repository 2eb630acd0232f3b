package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	requestTimeout = 5 * time.Second // longest wait for one answer of the server, or for the connection
	closeTimeout   = 2 * time.Second // longest wait for the server at the end
	defaultBatch   = 512
)

// Options say what a Source reads.
type Options struct {
	Stream   string   // name; required
	Subjects []string // what to read of it; empty for everything
	MaxBatch int      // most messages that Next returns at once; 512 when 0

	Leftover string       // name of the consumer that an earlier process may have left behind; the first Open deletes it
	Creating func(string) // may be nil; gets the name of each consumer before it is created, for the Leftover of a later process
}

// Source reads one stream. It implements exporter.Source.
type Source struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	stream   string
	filter   []string // as configured, in canonical form
	maxBatch int
	timing   timing
	doubt    doubt
	slow     bool // the last consumer was not created in a short time
	sight    atomic.Pointer[sight]
	origins  map[string]*origin      // what was seen of them; only Look uses it
	config   *jetstream.StreamConfig // as Look saw it last

	leftover string       // name of a consumer that may still be there
	creating func(string) // see Options

	pull *puller // nil until Open, and after Close
}

var _ exporter.Source = (*Source)(nil)

// NewSource returns a Source over the connection, which stays the caller's: Close does not close it.
func NewSource(nc *nats.Conn, o Options) (*Source, error) {
	if o.Stream == "" {
		return nil, errors.New("name of the stream is empty")
	}
	for _, s := range o.Subjects {
		if !validSubject(s) {
			return nil, fmt.Errorf("subject %q is not valid", s)
		}
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(requestTimeout))
	if err != nil {
		return nil, err
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = defaultBatch
	}
	return &Source{
		nc: nc, js: js, stream: o.Stream, filter: canonical(o.Subjects), maxBatch: o.MaxBatch,
		timing: defaultTiming, doubt: doubt{nc: nc}, origins: map[string]*origin{},
		leftover: o.Leftover, creating: o.Creating,
	}, nil
}

// Open implements exporter.Source. It waits at most 5 s for the connection and for each of its at most five requests.
func (s *Source) Open(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	s.abandon()
	info, err := s.open(ctx, at)
	return info, s.doubt.note(err, s.timing.doubt)
}

func (s *Source) open(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	if err := connected(ctx, s.nc, s.timing.request); err != nil {
		return exporter.StreamInfo{}, err
	}
	seen, err := s.verify(ctx, at)
	if err != nil {
		return exporter.StreamInfo{}, err
	}
	return s.follow(ctx, seen, at)
}

// follow starts to read the stream that was verified.
func (s *Source) follow(ctx context.Context, seen *verified, at exporter.Position) (exporter.StreamInfo, error) {
	p, err := s.consume(ctx, seen, at)
	if err != nil {
		return exporter.StreamInfo{}, fmt.Errorf("create consumer: %w", err)
	}
	// The stream may have been replaced between the verification and the creation. Now that the consumer belongs to
	// one stream, and ends with it, a second look settles which one that is.
	again, err := s.info(ctx)
	if err == nil && !again.Created.Equal(seen.Created) {
		err = mismatchCreated(seen.Created, again.Created)
	}
	if err != nil {
		p.abandon()
		return exporter.StreamInfo{}, err
	}
	s.pull = p
	info := s.describe(seen)
	info.Pending = p.pending
	return info, nil
}

// Next implements exporter.Source. The batch belongs to the receiver, and markers are in it with Skip set.
func (s *Source) Next(ctx context.Context) (exporter.Batch, error) {
	if s.pull == nil {
		return exporter.Batch{}, errors.New("source is not open")
	}
	b, err := s.pull.next(ctx, s.maxBatch)
	s.doubt.received.Add(uint64(len(b.Messages)))
	return b, err
}

// Check implements exporter.Source. Pending is an upper bound: sequences that a delete left empty, or that the filter
// leaves out, count too. When the server cannot tell, Check asks again for some seconds, and then leaves it for another
// server if there is one, which Next sees as a lost connection.
func (s *Source) Check(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	for deadline := time.Now().Add(s.timing.doubt + s.timing.poll()); ; {
		info, err := s.check(ctx, at)
		err = s.doubt.note(err, s.timing.doubt)
		if err == nil || !s.doubt.open() || time.Now().After(deadline) {
			return info, err
		}
		select {
		case <-ctx.Done():
			return info, ctx.Err()
		case <-time.After(s.timing.poll()):
		}
	}
}

func (s *Source) check(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	if err := connected(ctx, s.nc, s.timing.request); err != nil {
		return exporter.StreamInfo{}, err
	}
	seen, err := s.verify(ctx, at)
	if err != nil {
		return exporter.StreamInfo{}, err
	}
	info := s.describe(seen)
	if next := max(at.Seq+1, info.First); info.Last >= next {
		info.Pending = info.Last - next + 1
	}
	return info, nil
}

// Close implements exporter.Source. It waits at most 2 s for the server to delete the consumer; one that remains is
// deleted by the next process with the same storage, or by the server after a time without requests.
func (s *Source) Close() error {
	p := s.pull
	s.pull = nil
	if p == nil {
		return nil
	}
	p.stop()
	if !s.nc.IsConnected() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.js.DeleteConsumer(ctx, s.stream, p.consumer)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("delete consumer %s: %w", p.consumer, err)
	}
	return nil
}

func (s *Source) abandon() {
	if s.pull != nil {
		s.leftover = s.pull.consumer
		s.pull.abandon()
		s.pull = nil
	}
}

// describe tells what the stream is like; Pending is left to the caller.
func (s *Source) describe(seen *verified) exporter.StreamInfo {
	info := exporter.StreamInfo{
		Name:       s.stream,
		Created:    seen.Created,
		First:      max(seen.State.FirstSeq, 1), // a stream that never held a message says 0
		Last:       seen.State.LastSeq,
		Filter:     slices.Clone(s.filter),
		Subjects:   slices.Clone(seen.inForce),
		Replicas:   seen.Config.Replicas,
		AnchorGone: seen.anchorGone,
	}
	if l := seen.State.Lost; l != nil {
		info.Lost = uint64(len(l.Msgs))
	}
	return info
}

// connected waits for the connection.
func connected(ctx context.Context, nc *nats.Conn, most time.Duration) error {
	// The listener comes first: a connection made between the question and the listener would go unheard.
	changed := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(changed)
	limit := time.NewTimer(most)
	defer limit.Stop()
	for {
		switch {
		case nc.IsClosed():
			return nats.ErrConnectionClosed
		case nc.IsConnected():
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			if err := nc.LastError(); err != nil {
				return fmt.Errorf("%w: %w", ErrNotConnected, err)
			}
			return ErrNotConnected
		}
	}
}

// ErrNotConnected says that there is no connection to any server. The client goes on trying by itself.
var ErrNotConnected = errors.New("not connected to NATS")

// timing is how long a Source waits for what. Tests are less patient.
type timing struct {
	request   time.Duration // longest wait for one answer of the server, or for the connection
	expiry    time.Duration // after which the server ends a request for messages
	heartbeat time.Duration // between signs of life of such a request while there are no messages; at most half of that
	settle    time.Duration // in which replicas agree after a change of the leader
	doubt     time.Duration // after which a server that cannot tell about the stream is left
	servers   time.Duration // in which the servers of a cluster come that start together with us
}

var defaultTiming = timing{
	request: requestTimeout, expiry: 10 * time.Second, heartbeat: 2 * time.Second, settle: 4 * time.Second, doubt: 5 * time.Second,
	servers: 30 * time.Second,
}

// silence is how long the server may say nothing.
func (t timing) silence() time.Duration { return 2*t.heartbeat + t.heartbeat/4 }

// poll is the time between two questions while an answer is awaited.
func (t timing) poll() time.Duration { return t.settle / 16 }
