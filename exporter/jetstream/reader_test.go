package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// reader follows a source as the engine does, and keeps what came.
type reader struct {
	t      testing.TB
	source *Source
	at     exporter.Position
	info   exporter.StreamInfo
	bodies []string
	times  []int64
	seqs   []uint64
	skips  []uint64
	opened int
	errs   []error

	progress atomic.Uint64 // last sequence
	applied  atomic.Pointer[exporter.Position]
	stall    atomic.Int64 // longest time between two batches, in nanoseconds
	last     time.Time
}

func newReader(t testing.TB, nc *nats.Conn, subjects ...string) *reader {
	r := &reader{t: t, source: newSource(t, nc, subjects...)}
	r.applied.Store(new(exporter.Position))
	return r
}

func (r *reader) open(ctx context.Context) error {
	info, err := r.source.Open(ctx, r.at)
	if err != nil {
		return err
	}
	r.opened++
	r.info, r.at.Stream, r.at.Created, r.at.Subjects = info, info.Name, info.Created, info.Filter
	return nil
}

// some takes one batch.
func (r *reader) some(ctx context.Context) error {
	b, err := r.source.Next(ctx)
	if err != nil {
		return err
	}
	require.NotEmpty(r.t, b.Messages)
	now := time.Now()
	if !r.last.IsZero() {
		r.stall.Store(max(r.stall.Load(), int64(now.Sub(r.last))))
	}
	r.last = now
	defer func() {
		at := r.at
		r.applied.Store(&at)
		r.progress.Store(at.Seq)
	}()
	for _, m := range b.Messages {
		require.Greater(r.t, m.Seq, r.at.Seq)
		r.at.Seq, r.at.Anchor = m.Seq, exporter.NewAnchor(m.Time, m.Data)
		if m.Skip {
			r.skips = append(r.skips, m.Seq)
			continue
		}
		r.bodies, r.times, r.seqs = append(r.bodies, string(m.Data)), append(r.times, m.Time), append(r.seqs, m.Seq)
	}
	return nil
}

// until reads until the last message taken is seq, opening the source again after each error but a mismatch.
func (r *reader) until(seq uint64) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	require.NoError(r.t, r.follow(ctx, seq), "stands at %d of %d", r.at.Seq, seq)
}

func (r *reader) follow(ctx context.Context, seq uint64) error {
	var mismatch *exporter.Mismatch
	for open := r.source.pull != nil; r.at.Seq < seq; {
		var err error
		if !open {
			err = r.open(ctx)
		} else {
			err = r.some(ctx)
		}
		switch {
		case errors.As(err, &mismatch), ctx.Err() != nil:
			return err
		case err != nil:
			r.errs = append(r.errs, err)
			open = false
			pause(ctx, 20*time.Millisecond)
		default:
			open = true
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// exactly requires the bodies first..first+n-1, each once and in order.
func (r *reader) exactly(first, n int) {
	r.t.Helper()
	require.Len(r.t, r.bodies, n)
	for i, b := range r.bodies {
		if b != fmt.Sprint(first+i) {
			require.Equal(r.t, fmt.Sprint(first+i), b, "message %d", i)
		}
	}
}

// mismatch requires that opening fails with the field.
func (r *reader) mismatch(field string) {
	r.t.Helper()
	err := r.openUntil(func(err error) bool { return errors.As(err, new(*exporter.Mismatch)) })
	var m *exporter.Mismatch
	require.ErrorAs(r.t, err, &m)
	require.Equal(r.t, field, m.Field, m.Error())
	require.NotContains(r.t, strings.ToLower(m.Error()), "%!")
}

// openUntil tries to open until the outcome is the one wanted.
func (r *reader) openUntil(wanted func(error) bool) (err error) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		err = r.open(r.t.Context())
		return wanted(err)
	}, patience, tick)
	return err
}
