package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	closeTimeout = 2 * time.Second // longest wait for the server at the end
	defaultBatch = 512
	maxName      = 255 // bytes of the name of a stream
)

// Options say what a Source reads.
type Options struct {
	API      API      // that has the stream
	Stream   string   // name; required
	Subjects []string // what to read of it; empty for everything
	MaxBatch int      // most messages that Next returns at once; 512 when 0

	Leftover string       // name of the consumer that an earlier process may have left behind; the first Open deletes it
	Creating func(string) // may be nil; gets the name of each consumer before it is created, for the Leftover of a later process

	Create *StreamSettings // of the stream when it is missing; nil never to create one
	Report func(Report)    // may be nil; gets what each Open and Check finds in the stream beside its messages
	Logger *slog.Logger    // nothing is logged when nil
	Failed *LastError      // of the connection's Observer; may be nil
}

// Check returns what is wrong with the options, which no server can mend.
func (o *Options) Check() error {
	// What the server refuses in a name, whatever the stream.
	if o.Stream == "" || len(o.Stream) > maxName || strings.ContainsFunc(o.Stream, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(`.*>/\`, c)
	}) {
		return fmt.Errorf("--nats.stream: name %q is not valid: it must have 1 to %d bytes, without white space, dots, slashes, * and >", o.Stream, maxName)
	}
	for _, s := range o.Subjects {
		if !validSubject(s) {
			return fmt.Errorf("--nats.subjects: subject %q is not valid: one looks like bot.events.>", s)
		}
	}
	return o.API.check()
}

// Source reads one stream, and looks after it: it creates one that is missing, if it may, and reports what puts the
// messages of the one that is there at risk. It implements exporter.Source.
type Source struct {
	opts    Options
	nc      *nats.Conn
	js      jetstream.JetStream
	filter  []string // Subjects in canonical form
	timing  timing
	doubt   doubt
	slow    bool // the last consumer was not created in a short time
	sight   atomic.Pointer[sight]
	origins map[string]*origin      // what was seen of them; only look uses it
	config  *jetstream.StreamConfig // as look saw it last
	few     time.Time               // when the cluster first had too few servers to create the stream

	pull *puller // nil until Open, and after Close
}

var _ exporter.Source = (*Source)(nil)

// NewSource returns a Source over the connection, which stays the caller's: Close does not close it.
func NewSource(nc *nats.Conn, o Options) (*Source, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	js, err := o.API.client(nc)
	if err != nil {
		return nil, err
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = defaultBatch
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Source{
		opts: o, nc: nc, js: js, filter: canonical(o.Subjects), timing: defaultTiming, doubt: doubt{nc: nc}, origins: map[string]*origin{},
	}, nil
}

// Open implements exporter.Source. It waits at most 5 s for the connection and for each of its at most five requests,
// and more only to create the stream. A stream that the position knows and that is gone is not created again: it would
// be another one, and its messages are lost.
func (s *Source) Open(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	s.abandon()
	info, err := s.open(ctx, at)
	if errors.Is(err, exporter.ErrNoStream) && s.opts.Create != nil && at.Created.IsZero() {
		if err := s.ensure(ctx); err != nil {
			return info, err
		}
		info, err = s.open(ctx, at)
	}
	if err != nil {
		return info, err
	}
	return info, s.report(ctx, at)
}

func (s *Source) open(ctx context.Context, at exporter.Position) (info exporter.StreamInfo, err error) {
	defer func() { err = s.doubt.note(s.explained(err), s.timing.doubt) }()
	if err := connected(ctx, s.nc, s.timing.request, s.opts.Failed); err != nil {
		return exporter.StreamInfo{}, err
	}
	seen, err := s.verify(ctx, at)
	if errors.Is(err, exporter.ErrNoStream) && at.Created.IsZero() && s.opts.Create == nil {
		err = fmt.Errorf("%w; create it, start with --nats.create-stream, or name its domain with --nats.jetstream-domain", err)
	}
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
	b, err := s.pull.next(ctx, s.opts.MaxBatch)
	s.doubt.received.Add(uint64(len(b.Messages)))
	return b, err
}

// Check implements exporter.Source. Pending is an upper bound: sequences that a delete left empty, or that the filter
// leaves out, count too. When the server cannot tell, Check asks again for some seconds, and then leaves it for another
// server if there is one, which Next sees as a lost connection.
func (s *Source) Check(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	info, err := s.checkPatiently(ctx, at)
	if err != nil {
		return info, err
	}
	return info, s.report(ctx, at)
}

func (s *Source) checkPatiently(ctx context.Context, at exporter.Position) (exporter.StreamInfo, error) {
	for deadline := time.Now().Add(s.timing.doubt + s.timing.poll()); ; {
		info, err := s.check(ctx, at)
		err = s.doubt.note(s.explained(err), s.timing.doubt)
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
	if err := connected(ctx, s.nc, s.timing.request, s.opts.Failed); err != nil {
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
	err := s.js.DeleteConsumer(ctx, s.opts.Stream, p.consumer)
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
		s.opts.Leftover = s.pull.consumer
		s.pull.abandon()
		s.pull = nil
	}
}

// explained returns the refusal that made a request end without an answer, else the error itself: the server tells only
// the connection that it refuses a subject, and not the request.
func (s *Source) explained(err error) error {
	refusal := s.nc.LastError()
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(refusal, nats.ErrPermissionViolation) {
		return err
	}
	inbox := s.nc.NewInbox()
	inbox = inbox[:strings.LastIndexByte(inbox, '.')]
	for _, subject := range []string{inbox, s.opts.API.subject("STREAM.INFO." + s.opts.Stream), s.opts.API.subject("CONSUMER.CREATE." + s.opts.Stream)} {
		if strings.Contains(refusal.Error(), `"`+subject) {
			return fmt.Errorf("the server does not permit it: %w", refusal)
		}
	}
	return err
}

// describe returns what the stream is like. Pending is left to the caller.
func (s *Source) describe(seen *verified) exporter.StreamInfo {
	info := exporter.StreamInfo{
		Name:       s.opts.Stream,
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
