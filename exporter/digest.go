package exporter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

const (
	digestEvery = 65_536 // sequences
	digestRest  = 9      // times as long as a digest took, there is no other: a tenth of one processor at most
	digestsKept = 16
)

// Digest names the state right after a message. Two exporters with the same configuration and key that read the same
// stream have the same one.
type Digest struct {
	Sequence uint64 `json:"sequence"`
	SHA256   string `json:"sha256"`
}

// digester makes a digest of the state at every multiple of so many sequences, beside the fold, which only waits for
// the state to be frozen. Marks of a replay are left out, since they would make it last longer, and so is one that comes
// too soon after the one before.
type digester struct {
	every uint64
	rest  time.Duration // after a digest, in times of what it took
	next  uint64        // the next mark; guarded by Engine.mu
	wg    sync.WaitGroup

	mu   sync.Mutex
	busy bool
	from time.Time // when the next one may be made
	term int       // of the state: a reset ends it
	list []Digest
}

// passed moves on to the first mark after a sequence.
func (d *digester) passed(seq uint64) { d.next = seq - seq%d.every + d.every }

// reset forgets the digests of a state that is no more.
func (d *digester) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.term++
	d.list = nil
}

// take makes the digest of the state after all messages up to the last mark before or at seq, if it is wanted.
func (d *digester) take(seq uint64, set *collectors.Set, wanted bool) {
	d.passed(seq)
	mark, begun := seq-seq%d.every, time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !wanted || d.busy || begun.Before(d.from) {
		return
	}
	d.busy = true
	term, sections := d.term, set.Sections()
	d.wg.Go(func() {
		sum := digestOf(sections)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.busy, d.from = false, time.Now().Add(d.rest*time.Since(begun))
		if d.term == term {
			d.list = append(d.list, Digest{mark, sum})
			d.list = slices.Delete(d.list, 0, max(0, len(d.list)-digestsKept))
		}
	})
}

func digestOf(sections []codec.Section) string {
	hash := sha256.New()
	w := codec.NewWriter(hash)
	for _, s := range sections {
		w.String(s.Name)
		w.Uint(s.Version)
		s.Write(w)
	}
	_ = w.Flush() // a hash takes everything
	return hex.EncodeToString(hash.Sum(nil))
}

func (d *digester) all() []Digest {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Digest{}, d.list...) // an empty list in JSON, not null
}

// Digests are those of an engine, oldest first, with all that must be equal in another one for its digests to be.
type Digests struct {
	Stream  string            `json:"stream"`
	Created time.Time         `json:"created"`
	Epoch   uint64            `json:"epoch"`
	KeyID   string            `json:"key_id"`
	Config  map[string]string `json:"configuration"`
	Digests []Digest          `json:"digests"`
}

// Digests returns the digests that are kept.
func (e *Engine) Digests() Digests {
	at := e.Position()
	return Digests{at.Stream, at.Created, at.Epoch, e.cfg.KeyID, e.cfg.numbers(), e.digests.all()}
}

// digestCollector gives each digest that is kept in a slot of its own, so that the series are always the same ones.
type digestCollector struct {
	engine         *Engine
	value, sequence *prometheus.Desc
}

func newDigestCollector(e *Engine) *digestCollector {
	desc := func(d *metric.Def) *prometheus.Desc { return prometheus.NewDesc(d.Name, d.Help, d.LabelNames(), nil) }
	return &digestCollector{e, desc(self.Digest), desc(self.DigestSequence)}
}

// Describe implements prometheus.Collector.
func (c *digestCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.value; ch <- c.sequence }

// Collect implements prometheus.Collector.
func (c *digestCollector) Collect(ch chan<- prometheus.Metric) {
	slots := map[uint64]Digest{}
	for _, d := range c.engine.digests.all() { // where marks were left out, two may have the same slot: the later stays
		slots[d.Sequence/c.engine.digests.every%digestsKept] = d
	}
	basis := c.engine.basis()
	for slot, d := range slots {
		bits, err := strconv.ParseUint(d.SHA256[:12], 16, 64) // as many as a float64 holds exactly
		if err != nil {
			panic("BUG: a digest is no hexadecimal number: " + err.Error())
		}
		label := strconv.FormatUint(slot, 10)
		ch <- prometheus.MustNewConstMetric(c.value, prometheus.GaugeValue, float64(bits), basis, label)
		ch <- prometheus.MustNewConstMetric(c.sequence, prometheus.GaugeValue, float64(d.Sequence), basis, label)
	}
}

// basis stands for all that must be equal for digests to be. It is short, since one of it is in every replica.
func (e *Engine) basis() string {
	at := e.Position()
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %q %q %s", at.Stream, at.Created.UnixNano(), at.Epoch, at.Subjects, e.cfg.KeyID, e.cfg.Fingerprint()))
	return hex.EncodeToString(sum[:4])
}
