package exporter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Run folds what the source delivers until the context ends, and then saves a last checkpoint. It returns nil after an
// orderly stop.
func (e *Engine) Run(ctx context.Context, source Source) error {
	e.source = source
	e.checkpointer.start()
	retry := backoff{least: 100 * time.Millisecond, most: 5 * time.Second}
	for ctx.Err() == nil {
		err := e.follow(ctx, &retry)
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, errStalled) || errors.Is(err, errFilterChanged) {
			continue // opening the source again is the cure
		}
		e.interrupted(err)
		retry.wait(ctx)
	}
	if err := e.source.Close(); err != nil { // the broker removes an abandoned consumer by itself
		e.log.Warn("cannot close source", "err", err)
	}
	e.checkpointer.stop()
	e.digests.wg.Wait()
	return e.checkpointer.save()
}

// follow opens the source and folds until something goes wrong.
func (e *Engine) follow(ctx context.Context, retry *backoff) error {
	info, err := e.source.Open(ctx, e.Position())
	if err == nil && info.AnchorGone {
		err = e.verifyHistory(ctx, info)
	}
	var mismatch *Mismatch
	if errors.As(err, &mismatch) {
		info, err = e.resolve(ctx, mismatch)
	}
	if err != nil {
		return err
	}
	if e.damaged != nil && info.First > 1 {
		return fmt.Errorf("%w, and the stream begins at message %d: to count only what is left, start with an empty storage path", e.damaged, info.First)
	}
	e.damaged, e.shortSince = nil, time.Time{}
	e.opened(info)
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel(nil)
	watching.Go(func() { e.watch(ctx, cancel) })
	for {
		batch, err := e.source.Next(ctx)
		if err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		retry.reset()
		e.fold(batch)
	}
}

// backoff waits longer after each consecutive failure, with jitter so that replicas do not return all at once.
type backoff struct {
	least, most, next time.Duration
}

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) wait(ctx context.Context) {
	b.next = min(max(2*b.next, b.least), b.most)
	t := time.NewTimer(b.next/2 + rand.N(b.next/2+1))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
