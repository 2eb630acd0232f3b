package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/exporter"
)

const (
	pullBatch = 8192      // messages of one request
	pullBytes = 8 << 20   // bytes of one request, unless a single message needs more
	maxBytes  = 256 << 20 // to which that may grow

	requests = 2 // in flight: the server works on one while the other travels
	// The channel never overflows: it holds what all requests ask for, including those that ended silently, with their
	// heartbeats and ends.
	channelSize = (requests+1)*pullBatch + 256
)

// Errors after which the source must be opened again.
var (
	ErrConnectionLost = errors.New("connection to NATS lost")
	ErrConsumerGone   = errors.New("consumer is gone")
	ErrSilence        = errors.New("consumer sends neither messages nor heartbeats")
	ErrOrder          = errors.New("messages are missing or out of order")
)

// puller takes messages from one consumer. One goroutine uses it.
//
// It does by hand what the client library's ordered consumer does, because that one hides what the exporter must know. It
// recreates its consumer silently after a gap, a lost connection or a lost consumer, at whatever stream has the name by
// then: here each of these ends Next with an error, and Open verifies the stream before anything more is read. It names its
// consumers itself, so that one left behind by a kill cannot be deleted by the next process. And where it pushes, it drops
// messages that a slow reader does not take, while requests ask for no more than fits. For that a message
// costs 1.06 to 1.09 times the CPU time, at 0.9 to 1.2 times the speed (BenchmarkRead, and "run" of bot-bench).
type puller struct {
	nc       *nats.Conn
	timing   timing
	sub      *nats.Subscription
	ch       chan *nats.Msg
	down     chan nats.Status // the connection broke
	idle     *time.Timer
	inbox    string
	api      API
	stream   string
	consumer string
	filter   []string // that messages must match to be counted; empty when the server filters

	prefix      string // of the reply subjects of all messages
	consumerSeq uint64
	lastSeq     uint64 // in the stream
	pending     uint64

	flight  [requests]request
	credit  int // bytes that the requests in flight still allow
	lastID  uint64
	minimum int   // bytes that a request must allow, learned from a message that was too large
	failed  error // returned by the next call, and by all after it
}

// request is one in flight, or none when its id is 0. The id is the last token of the subject for its answers, where the
// server says when the request ends.
type request struct {
	id    uint64
	bytes int
	ends  time.Time
}

func (p *puller) next(ctx context.Context, most int) (exporter.Batch, error) {
	if err := ctx.Err(); err != nil {
		return exporter.Batch{}, err
	}
	var b exporter.Batch
	p.ask()
	for p.failed == nil && len(b.Messages) < most {
		select {
		case m := <-p.ch:
			p.take(m, &b, most)
			continue
		default:
		}
		if len(b.Messages) > 0 {
			break
		}
		p.idle.Reset(p.timing.silence())
		select {
		case m := <-p.ch:
			p.take(m, &b, most)
		case <-ctx.Done():
			return exporter.Batch{}, ctx.Err()
		case <-p.down:
			p.failed = ErrConnectionLost
		case <-p.idle.C:
			p.failed = ErrSilence
		}
	}
	if len(b.Messages) == 0 {
		return exporter.Batch{}, p.failed
	}
	b.Pending = p.pending
	return b, nil
}

// take adds a message to the batch, or acts on a status.
func (p *puller) take(m *nats.Msg, b *exporter.Batch, most int) {
	if m.Reply == "" {
		p.status(m)
		return
	}
	numbers, ok := strings.CutPrefix(m.Reply, p.prefix)
	if p.prefix == "" || !ok {
		if p.prefix = deliveryPrefix(m.Reply); p.prefix == "" {
			p.failed = fmt.Errorf("%w: reply subject %q is unknown", ErrOrder, m.Reply)
			return
		}
		numbers = m.Reply[len(p.prefix):]
	}
	d, ok := parseDelivery(numbers)
	switch {
	case !ok:
		p.failed = fmt.Errorf("%w: reply subject %q is unknown", ErrOrder, m.Reply)
		return
	case d.consumerSeq != p.consumerSeq+1:
		p.failed = fmt.Errorf("%w: the consumer's message %d follows %d", ErrOrder, d.consumerSeq, p.consumerSeq)
		return
	case d.streamSeq <= p.lastSeq:
		p.failed = fmt.Errorf("%w: the stream's message %d follows %d", ErrOrder, d.streamSeq, p.lastSeq)
		return
	}
	p.consumerSeq, p.lastSeq, p.pending = d.consumerSeq, d.streamSeq, d.pending
	p.spend(m.Size())
	if b.Messages == nil {
		b.Messages = make([]exporter.Message, 0, min(most, len(p.ch)+1))
	}
	marker := false // the server's record of a deletion, which has no payload
	if len(m.Data) == 0 {
		_, marker = m.Header["Nats-Marker-Reason"]
	}
	b.Messages = append(b.Messages, exporter.Message{
		Seq: d.streamSeq, Subject: m.Subject, Time: d.time, Header: m.Header, Data: m.Data,
		Skip: marker || !matches(p.filter, m.Subject),
	})
}

// status handles what the server says about a request.
func (p *puller) status(m *nats.Msg) {
	code, text := m.Header.Get("Status"), m.Header.Get("Description")
	switch code {
	case "": // not from a JetStream server
	case "100":
		p.alive(m)
	case "404", "408": // no messages; the request expired
		p.end(m)
	case "409":
		if !strings.HasPrefix(text, "Batch Completed") && !strings.HasPrefix(text, "Message Size Exceeds MaxBytes") {
			// Deleted, another leader, shutdown of the server.
			p.failed = fmt.Errorf("%w: %s", ErrConsumerGone, text)
		}
		p.end(m)
	case "503":
		p.failed = fmt.Errorf("%w: nobody answers for it", ErrConsumerGone)
	default:
		p.failed = fmt.Errorf("%w: server says %s %s", ErrConsumerGone, code, text)
	}
	p.ask()
}

// alive compares a heartbeat with what was received: nothing else notices a message lost right before a quiet time.
func (p *puller) alive(m *nats.Msg) {
	if v := m.Header.Get("Nats-Last-Consumer"); v != "" && v != strconv.FormatUint(p.consumerSeq, 10) {
		p.failed = fmt.Errorf("%w: the consumer is at message %s, the last one that came is %d", ErrOrder, v, p.consumerSeq)
		return
	}
	now := time.Now()
	for i := range p.flight {
		// The request, or its end, got lost.
		if r := &p.flight[i]; r.id != 0 && now.After(r.ends.Add(p.timing.heartbeat)) {
			*r = request{}
		}
	}
}

// end drops a request that the server says has ended.
func (p *puller) end(m *nats.Msg) {
	id, err := strconv.ParseUint(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:], 10, 64)
	if err != nil {
		return
	}
	left, _ := strconv.Atoi(m.Header.Get("Nats-Pending-Bytes")) // 0 when the server does not say
	for i := range p.flight {
		r := &p.flight[i]
		if r.id != id {
			continue
		}
		// Nothing was delivered and the next message is still too large: the same request would be refused for ever.
		if left >= r.bytes && strings.HasPrefix(m.Header.Get("Description"), "Message Size") {
			p.minimum = min(2*r.bytes, maxBytes)
		}
		*r = request{}
		p.spend(left)
	}
}

// spend keeps track of the bytes that the server may still send. A request that allows exactly as many bytes as were sent
// ends silently, which messages of equal size make likely: then all is spent, and all requests have ended.
func (p *puller) spend(bytes int) {
	if p.credit -= bytes; p.credit > 0 {
		return
	}
	p.credit = 0
	p.flight = [requests]request{}
	p.ask()
}

// ask sends requests until enough are in flight.
func (p *puller) ask() {
	if p.flight == [requests]request{} {
		p.credit = 0
	}
	for i := range p.flight {
		if p.failed != nil || p.flight[i].id != 0 {
			continue
		}
		batch := pullBatch
		if p.lastID == 0 {
			batch /= 2 // so that the two do not end together
		}
		p.lastID++
		// A request for less than the largest message would stall the consumer for ever. The limit of the server may
		// change with each reconnection.
		r := request{
			id:    p.lastID,
			bytes: max(pullBytes, 2*int(p.nc.MaxPayload()), p.minimum),
			ends:  time.Now().Add(p.timing.expiry),
		}
		body := fmt.Appendf(nil, `{"batch":%d,"max_bytes":%d,"expires":%d,"idle_heartbeat":%d}`,
			batch, r.bytes, p.timing.expiry, p.timing.heartbeat)
		subject := p.api.subject("CONSUMER.MSG.NEXT." + p.stream + "." + p.consumer)
		if err := p.nc.PublishRequest(subject, p.inbox+"."+strconv.FormatUint(r.id, 10), body); err != nil {
			p.failed = fmt.Errorf("%w: %w", ErrConnectionLost, err)
			return
		}
		p.flight[i] = r
		p.credit += r.bytes
	}
}

// stop ends the subscription. Messages that were not taken are dropped.
func (p *puller) stop() {
	p.idle.Stop()
	p.sub.Unsubscribe() //nolint:errcheck // fails only when the connection is closed, which ends it too
	if p.down != nil {
		p.nc.RemoveStatusListener(p.down)
	}
}

// abandon gives the consumer up without waiting. The server deletes it at once, or later for lack of requests.
func (p *puller) abandon() {
	p.stop()
	//nolint:errcheck // see above
	p.nc.PublishRequest(p.api.subject("CONSUMER.DELETE."+p.stream+"."+p.consumer), p.inbox+".0", nil)
}
