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
	digestEvery      = 65_536 // sequences
	digestRestFactor = 9      // pause after a digest, in multiples of the time it took: at most a tenth of one core
	digestsKept      = 16
)

// Digest identifies the state right after a message. Exporters with the same configuration and key that read the same
// stream have equal digests.
type Digest struct {
	Sequence uint64 `json:"sequence"`
	SHA256   string `json:"sha256"`
}

// digester computes a digest of the state at every multiple of a number of sequences, concurrently with the fold, which
// waits only while the state is frozen. It skips boundaries while the engine catches up, which would take longer
// otherwise, and boundaries that come too soon after the previous digest.
type digester struct {
	every      uint64        // sequences between two boundaries
	restFactor time.Duration // pause after a digest, in multiples of the time it took
	next       uint64        // next boundary; guarded by Engine.mu
	wg         sync.WaitGroup

	mu         sync.Mutex
	busy       bool
	notBefore  time.Time // earliest time of the next digest
	generation int       // of the state; a reset starts another
	list       []Digest
}

// skipTo sets the next boundary to the first one after a sequence.
func (d *digester) skipTo(seq uint64) { d.next = seq - seq%d.every + d.every }

// reset discards the digests of the previous state.
func (d *digester) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.generation++
	d.list = nil
}

// take computes the digest at the last boundary up to seq, if wanted. The state must be the one right after it.
func (d *digester) take(seq uint64, set *collectors.Set, wanted bool) {
	d.skipTo(seq)
	boundary, start := seq-seq%d.every, time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !wanted || d.busy || start.Before(d.notBefore) {
		return
	}
	d.busy = true
	generation, sections := d.generation, set.Sections()
	d.wg.Go(func() {
		sum := digestOf(sections)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.busy, d.notBefore = false, time.Now().Add(d.restFactor*time.Since(start))
		if d.generation == generation {
			d.list = append(d.list, Digest{boundary, sum})
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
	_ = w.Flush() // writing to a hash cannot fail
	return hex.EncodeToString(hash.Sum(nil))
}

func (d *digester) all() []Digest {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Digest{}, d.list...) // never nil: JSON would have null
}

// Digests are the digests of an engine, oldest first, with everything that must be equal in another engine for its
// digests to be comparable.
type Digests struct {
	Stream  string            `json:"stream"`
	Created time.Time         `json:"created"`
	Epoch   uint64            `json:"epoch"`
	KeyID   string            `json:"key_id"`
	Config  map[string]string `json:"configuration"`
	Digests []Digest          `json:"digests"`
}

// Digests returns the latest digests.
func (e *Engine) Digests() Digests {
	at := e.Position()
	return Digests{at.Stream, at.Created, at.Epoch, e.cfg.KeyID, e.cfg.countingSettings(), e.digests.all()}
}

// digestCollector gives each digest that is kept in a slot of its own, so that the series are always the same ones.
type digestCollector struct {
	engine          *Engine
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

// basis is a short hash of everything that must be equal for digests to be comparable.
func (e *Engine) basis() string {
	at := e.Position()
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %q %q %s", at.Stream, at.Created.UnixNano(), at.Epoch, at.Subjects, e.cfg.KeyID, e.cfg.Fingerprint()))
	return hex.EncodeToString(sum[:4])
}
