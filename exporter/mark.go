package exporter

import (
	"sync"
	"time"
)

// Mark says which message the last page that went out was made at. It is kept beside the checkpoints, which are older,
// so that after a crash nothing lower is shown, whatever the broker says.
type Mark struct {
	Stream  string
	Created time.Time
	Epoch   uint64
	Seq     uint64
}

// of reports whether the mark was made at the same stream as the position.
func (m Mark) of(at Position) bool {
	return m.Stream == at.Stream && m.Created.Equal(at.Created) && m.Epoch == at.Epoch
}

// marks keeps the mark.
type marks struct {
	mu   sync.Mutex // held while it is written
	last Mark       // as it was written
}

// Showing keeps the mark of a page that is about to go out, so that after a crash nothing lower is shown. When it cannot
// be written the page goes out all the same: no numbers at all are worse than numbers that may be lower after a crash.
func (e *Engine) Showing(at Position) {
	k := &e.marks
	k.mu.Lock()
	defer k.mu.Unlock()
	if at.Epoch < k.last.Epoch || k.last.of(at) && at.Seq <= k.last.Seq {
		return
	}
	m := Mark{at.Stream, at.Created, at.Epoch, at.Seq}
	if err := e.store.SetShown(m); err != nil {
		e.metrics.markFailures.Inc()
		e.log.Warn("mark of what is shown not written; after a crash counters may go down", "err", err)
		return
	}
	k.last = m
}

// shown returns the sequence below which nothing may be shown, as far as the mark tells.
func (e *Engine) shown(at Position) uint64 {
	k := &e.marks
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last.of(at) {
		return k.last.Seq
	}
	return 0
}

// forgetMark gives up a mark of another stream or history than the one that is followed from now on. One of a later epoch,
// from checkpoints that are gone, would keep all new ones out, and stand for the history that reaches its epoch.
func (e *Engine) forgetMark(at Position) {
	k := &e.marks
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.last.of(at) {
		k.last = Mark{Stream: at.Stream, Created: at.Created, Epoch: at.Epoch}
	}
}
