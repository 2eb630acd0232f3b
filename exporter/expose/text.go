package expose

import (
	"bytes"
	"math"
	"strconv"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// stencil is a family in a text format without its values: what the client library writes, cut before each value.
// From one scrape to the next only values change, and writing them is all that most of a scrape consists of.
type stencil struct {
	series int    // that it was made of
	text   []byte // everything but the values
	cuts   []int  // where in text the values belong
	open   bool   // OpenMetrics, which writes numbers in another way
}

// renderText appends a family in a text format. The view holds the values; the messages of the client library are
// needed only when there are new series.
func (f *family) renderText(dst []byte, format expfmt.Format) ([]byte, error) {
	t := f.stencils[format.FormatType()]
	if t == nil || t.series != len(f.series) {
		var err error
		if t, err = newStencil(f.out, len(f.series), format); err != nil {
			return dst, err
		}
		if f.stencils == nil {
			f.stencils = map[expfmt.FormatType]*stencil{}
		}
		f.stencils[format.FormatType()] = t
	}
	return f.fillText(dst, t), nil
}

func newStencil(mf *dto.MetricFamily, series int, format expfmt.Format) (*stencil, error) {
	b, err := encode(nil, mf, format)
	if err != nil {
		return nil, err
	}
	t := &stencil{series: series, open: format.FormatType() == expfmt.TypeOpenMetrics}
	for line := range bytes.Lines(b) {
		if line[0] == '#' {
			t.text = append(t.text, line...)
			continue
		}
		// Label values may hold spaces; values do not.
		t.text = append(t.text, line[:bytes.LastIndexByte(line, ' ')+1]...)
		t.cuts = append(t.cuts, len(t.text))
		t.text = append(t.text, '\n')
	}
	return t, nil
}

// fillText appends the stencil with the values in their places, in the order in which the client library writes them.
func (f *family) fillText(dst []byte, t *stencil) []byte {
	from, line := 0, 0
	next := func() {
		dst = append(dst, t.text[from:t.cuts[line]]...)
		from = t.cuts[line]
		line++
	}
	for _, i := range f.order {
		if f.def.Type != metric.TypeHistogram {
			next()
			dst = t.float(dst, f.values[i])
			continue
		}
		h, sum := &f.hists[i], uint64(0)
		for _, n := range h.Classic {
			sum += n
			next()
			dst = t.count(dst, sum)
		}
		next()
		dst = t.float(dst, h.Sum)
		next()
		dst = t.count(dst, h.Count)
	}
	return append(dst, t.text[from:]...)
}

func (t *stencil) float(dst []byte, v float64) []byte {
	at := len(dst)
	dst = appendFloat(dst, v)
	if t.open && !bytes.ContainsAny(dst[at:], "e.") {
		dst = append(dst, '.', '0')
	}
	return dst
}

func (t *stencil) count(dst []byte, n uint64) []byte {
	if t.open {
		return strconv.AppendUint(dst, n, 10)
	}
	return appendFloat(dst, float64(n))
}

// appendFloat writes a finite number as the client library does.
func appendFloat(dst []byte, v float64) []byte {
	if v >= 0 && v < 1e6 && v == math.Trunc(v) { // most values, and several times faster
		return strconv.AppendUint(dst, uint64(v), 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}
