package exporter

import (
	"sync"
	"time"
)

// Mark names the last message that a served page includes. It is kept beside the checkpoints, which are older, so that
// after a crash no counter is shown lower, whatever the broker says.
type Mark struct {
	Stream  string
	Created time.Time
	Epoch   uint64
	Seq     uint64
}

// matches reports whether the mark belongs to the same history of the same stream as the position.
func (m Mark) matches(at Position) bool {
	return m.Stream == at.Stream && m.Created.Equal(at.Created) && m.Epoch == at.Epoch
}

// shownMark is the last mark that was stored.
type shownMark struct {
	mu   sync.Mutex // held while a mark is written
	last Mark
}

// Showing stores the mark of a page that is about to be sent, so that after a crash no counter is shown lower. If that
// fails the page is sent all the same: no numbers are worse than numbers that might go down after a crash.
func (e *Engine) Showing(at Position) {
	e.mark.mu.Lock()
	defer e.mark.mu.Unlock()
	last := e.mark.last
	if at.Epoch < last.Epoch || last.matches(at) && at.Seq <= last.Seq {
		return
	}
	m := Mark{at.Stream, at.Created, at.Epoch, at.Seq}
	if err := e.store.SetShown(m); err != nil {
		e.metrics.markFailures.Inc()
		e.log.Warn("cannot write mark; counters may go down after a crash", "err", err)
		return
	}
	e.mark.last = m
}

// shownTo returns the sequence below which nothing may be shown, according to the mark.
func (e *Engine) shownTo(at Position) uint64 {
	e.mark.mu.Lock()
	defer e.mark.mu.Unlock()
	if e.mark.last.matches(at) {
		return e.mark.last.Seq
	}
	return 0
}

// replaceMark drops a mark of another stream or history. A mark of a later epoch, left by checkpoints that are gone,
// would block all new marks, and would be taken for this history once it reached that epoch.
func (e *Engine) replaceMark(at Position) {
	e.mark.mu.Lock()
	defer e.mark.mu.Unlock()
	if !e.mark.last.matches(at) {
		e.mark.last = Mark{Stream: at.Stream, Created: at.Created, Epoch: at.Epoch}
	}
}
