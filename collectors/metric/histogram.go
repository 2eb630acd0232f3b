package metric

import (
	"math"
	"sort"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// Schema is the resolution of native buckets: each is 2^(2^-3) = 1.09 times as wide as the one before, the coarsest
// standard schema that a growth factor of 1.1 allows.
const Schema = 3

// ZeroThreshold is the width of the native zero bucket.
const ZeroThreshold = 0x1p-128

// fractions are the upper bounds of native buckets in [0.5, 1), as every client of this schema has them.
var fractions = [...]float64{0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048,
	0.7071067811865475, 0.7711054127039704, 0.8408964152537144, 0.9170040432046711}

func nativeBucket(v float64) int {
	frac, exp := math.Frexp(v)
	return sort.SearchFloat64s(fractions[:], frac) + (exp-1)*len(fractions)
}

// HistogramValue is the value of one histogram series.
type HistogramValue struct {
	Classic []uint64 // observations in each classic bucket and, last, above them; not cumulative
	Count   uint64
	Sum     float64
	Zero    uint64   // native observations of 0
	First   int      // native index of Native[0]
	Native  []uint64 // observations by native bucket, a dense run
}

// histogram is one series. It keeps the sum as whole units and billionths, so that the sum does not depend on the order
// of observations and small values are not lost beside a large total.
type histogram struct {
	count, zero uint64
	whole, nano int64
	first       int
	native      []uint64
}

func (h *histogram) observe(whole, nano int64, times uint64) {
	h.count += times
	h.whole += whole * int64(times)
	h.nano += nano * int64(times)
	h.whole += h.nano / 1e9
	h.nano %= 1e9
	v := float64(whole) + float64(nano)/1e9
	if v <= ZeroThreshold {
		h.zero += times
		return
	}
	i := nativeBucket(v)
	if len(h.native) == 0 {
		h.first = i
	}
	if i < h.first {
		h.native = append(make([]uint64, h.first-i), h.native...)
		h.first = i
	}
	for i >= h.first+len(h.native) {
		h.native = append(h.native, 0)
	}
	h.native[i-h.first] += times
}

// histograms are the values of a family's series.
type histograms struct {
	bounds  []float64
	h       []histogram
	classic []uint64 // by series and bucket
}

func (t *histograms) width() int { return len(t.bounds) + 1 }

// grow adds series without observations until there are n.
func (t *histograms) grow(n int) {
	for len(t.h) < n {
		t.h = append(t.h, histogram{})
		t.classic = append(t.classic, make([]uint64, t.width())...)
	}
}

// observe adds a number, in whole units and billionths, as often as times says.
func (t *histograms) observe(i int, whole, nano int64, times uint64) {
	t.h[i].observe(whole, nano, times)
	v := float64(whole) + float64(nano)/1e9
	b := 0
	for b < len(t.bounds) && v > t.bounds[b] {
		b++
	}
	t.classic[i*t.width()+b] += times
}

// Read copies the value of series i into dst, whose slices are used again.
func (t *histograms) Read(i int, dst *HistogramValue) {
	h := &t.h[i]
	dst.Classic = append(dst.Classic[:0], t.classic[i*t.width():(i+1)*t.width()]...)
	dst.Native = append(dst.Native[:0], h.native...)
	dst.First, dst.Zero, dst.Count = h.first, h.zero, h.count
	dst.Sum = float64(h.whole) + float64(h.nano)/1e9
}

func (t *histograms) save(w *codec.Writer, i int) {
	h := &t.h[i]
	w.Uint(h.count)
	if h.count == 0 {
		return
	}
	w.Uint(h.zero)
	w.Int(h.whole)
	w.Int(h.nano)
	w.Int(int64(h.first))
	saveAll(w, h.native)
	saveAll(w, t.classic[i*t.width():(i+1)*t.width()])
}

func saveAll(w *codec.Writer, list []uint64) {
	w.Uint(uint64(len(list)))
	for _, v := range list {
		w.Uint(v)
	}
}

// load reads what save wrote.
func (t *histograms) load(r *codec.Reader, i int) {
	h := &t.h[i]
	if h.count = r.Uint(); h.count == 0 {
		return
	}
	h.zero, h.whole, h.nano, h.first = r.Uint(), r.Int(), r.Int(), int(r.Int())
	h.native = make([]uint64, r.Len(1))
	if least, most := nativeBucket(ZeroThreshold), nativeBucket(math.MaxFloat64); h.first < least || h.first > most-len(h.native)+1 {
		r.Fail()
		return
	}
	for k := range h.native {
		h.native[k] = r.Uint()
	}
	if r.Len(1) != t.width() {
		r.Fail()
		return
	}
	for k := range t.width() {
		t.classic[i*t.width()+k] = r.Uint()
	}
}

// closedHistograms is a closed family of histograms.
type closedHistograms struct {
	closed
	histograms
}

func newClosedHistograms(d *Def, p *Pairs, sizes ...int) closedHistograms {
	t := closedHistograms{closed{d, p, d.sizes(sizes...)}, histograms{bounds: d.Buckets}}
	t.Grow()
	return t
}

// Grow adds the series of new pairs, without observations.
func (t *closedHistograms) Grow() { t.grow(t.series()) }

// Save writes the values.
func (t *closedHistograms) Save(w *codec.Writer) {
	w.Uint(uint64(len(t.h)))
	for i := range t.h {
		t.save(w, i)
	}
}

// Load reads what Save wrote.
func (t *closedHistograms) Load(r *codec.Reader) {
	if r.Len(1) != len(t.h) {
		r.Fail()
		return
	}
	for i := range t.h {
		t.load(r, i)
	}
}

// HistogramVec is a histogram without labels beyond bot and channel.
type HistogramVec struct{ closedHistograms }

// NewHistogramVec returns the table of a histogram without further labels.
func NewHistogramVec(d *Def, p *Pairs) *HistogramVec {
	return &HistogramVec{newClosedHistograms(d, p)}
}

// Observe adds a number, as often as times says.
func (t *HistogramVec) Observe(p Pair, n int64, times uint64) { t.observe(int(p), n, 0, times) }

// ObserveNanos adds a duration, exposed in seconds.
func (t *HistogramVec) ObserveNanos(p Pair, ns int64) { t.observe(int(p), ns/1e9, ns%1e9, 1) }

// HistogramVec1 is a histogram with one closed label.
type HistogramVec1[A Enum] struct{ closedHistograms }

// NewHistogramVec1 returns the table of a histogram with one closed label.
func NewHistogramVec1[A Enum](d *Def, p *Pairs) *HistogramVec1[A] {
	return &HistogramVec1[A]{newClosedHistograms(d, p, size[A]())}
}

// ObserveNanos adds a duration, exposed in seconds.
func (t *HistogramVec1[A]) ObserveNanos(p Pair, a A, ns int64) {
	t.observe(int(p)*t.stride+int(a)-1, ns/1e9, ns%1e9, 1)
}
