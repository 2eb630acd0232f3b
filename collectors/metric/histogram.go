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

// Hist is the value of one histogram series.
type Hist struct {
	Classic []uint64 // observations in each classic bucket and, last, above them; not cumulative
	Count   uint64
	Sum     float64
	Zero    uint64   // native observations of 0
	First   int      // native index of Native[0]
	Native  []uint64 // observations by native bucket, a dense run
}

// hist keeps the sum as whole units and billionths, so that it does not depend on the order of observations and does
// not lose small values beside a large total.
type hist struct {
	count, zero uint64
	whole, nano int64
	first       int
	native      []uint64
}

func (h *hist) observe(whole, nano int64, times uint64) {
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

// Histograms is a Family of histograms.
type Histograms struct {
	closed
	h       []hist
	classic []uint64
}

func newHistograms(d *Def, p *Pairs, sizes ...int) Histograms {
	h := Histograms{closed: closed{d, p, d.sizes(sizes...)}}
	h.Grow()
	return h
}

func (t *Histograms) width() int { return len(t.def.Buckets) + 1 }

// Grow adds the series of new pairs, without observations.
func (t *Histograms) Grow() {
	for len(t.h) < t.series() {
		t.h = append(t.h, hist{})
		t.classic = append(t.classic, make([]uint64, t.width())...)
	}
}

func (t *Histograms) observe(i int, whole, nano int64, times uint64) {
	t.h[i].observe(whole, nano, times)
	v := float64(whole) + float64(nano)/1e9
	b := 0
	for b < len(t.def.Buckets) && v > t.def.Buckets[b] {
		b++
	}
	t.classic[i*t.width()+b] += times
}

// Read copies the value of series i into dst, whose slices are used again.
func (t *Histograms) Read(i int, dst *Hist) {
	h := &t.h[i]
	dst.Classic = append(dst.Classic[:0], t.classic[i*t.width():(i+1)*t.width()]...)
	dst.Native = append(dst.Native[:0], h.native...)
	dst.First, dst.Zero, dst.Count = h.first, h.zero, h.count
	dst.Sum = float64(h.whole) + float64(h.nano)/1e9
}

// Save writes the values.
func (t *Histograms) Save(w *codec.Writer) {
	w.Uint(uint64(len(t.h)))
	for i := range t.h {
		h := &t.h[i]
		w.Uint(h.count)
		if h.count == 0 {
			continue
		}
		w.Uint(h.zero)
		w.Int(h.whole)
		w.Int(h.nano)
		w.Int(int64(h.first))
		saveAll(w, h.native)
		saveAll(w, t.classic[i*t.width():(i+1)*t.width()])
	}
}

func saveAll(w *codec.Writer, list []uint64) {
	w.Uint(uint64(len(list)))
	for _, v := range list {
		w.Uint(v)
	}
}

// Load reads what Save wrote.
func (t *Histograms) Load(r *codec.Reader) {
	if r.Len(1) != len(t.h) {
		r.Fail()
		return
	}
	for i := range t.h {
		h := &t.h[i]
		if h.count = r.Uint(); h.count == 0 {
			continue
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
}

// Dist is a histogram for each bot and channel.
type Dist struct{ Histograms }

// NewDist returns the table of a histogram without further labels.
func NewDist(d *Def, p *Pairs) *Dist { return &Dist{newHistograms(d, p)} }

// Observe adds a number, as often as times says.
func (t *Dist) Observe(p Pair, n int64, times uint64) { t.observe(int(p), n, 0, times) }

// ObserveNanos adds a duration, exposed in seconds.
func (t *Dist) ObserveNanos(p Pair, ns int64) { t.observe(int(p), ns/1e9, ns%1e9, 1) }

// Dist1 is a histogram with one closed label.
type Dist1[A Enum] struct{ Histograms }

// NewDist1 returns the table of a histogram with one closed label.
func NewDist1[A Enum](d *Def, p *Pairs) *Dist1[A] { return &Dist1[A]{newHistograms(d, p, size[A]())} }

// ObserveNanos adds a duration, exposed in seconds.
func (t *Dist1[A]) ObserveNanos(p Pair, a A, ns int64) {
	t.observe(int(p)*t.stride+int(a)-1, ns/1e9, ns%1e9, 1)
}
