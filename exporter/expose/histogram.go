package expose

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Field numbers of Histogram and its parts in metrics.proto of the client model.
const (
	histogramCount, histogramSum, histogramBucket               = 1, 2, 3
	histogramSchema, histogramZeroThreshold, histogramZeroCount = 5, 6, 7
	histogramSpan, histogramDelta, histogramCreated             = 12, 13, 15

	bucketCount, bucketBound = 1, 2

	spanOffset, spanLength = 1, 2
)

// histShape writes histograms with classic and native buckets. The client library has no constructor for both at once.
type histShape struct {
	bounds []float64
	spans  []span
	deltas []int64
}

func newHistShape(bounds []float64) histShape {
	return histShape{bounds: append(append([]float64(nil), bounds...), math.Inf(1))}
}

// append adds the fields of a histogram message.
func (s *histShape) append(b []byte, h *metric.HistogramValue, start int64) []byte {
	b = appendDouble(appendNumber(b, histogramCount, h.Count), histogramSum, h.Sum)
	total := uint64(0)
	for i, bound := range s.bounds {
		total += h.Classic[i]
		b = appendHead(b, histogramBucket, 1+protowire.SizeVarint(total)+1+8)
		b = appendDouble(appendNumber(b, bucketCount, total), bucketBound, bound)
	}
	b = appendNumber(b, histogramSchema, protowire.EncodeZigZag(metric.Schema))
	b = appendDouble(b, histogramZeroThreshold, metric.ZeroThreshold)
	b = appendNumber(b, histogramZeroCount, h.Zero)
	s.encode(h)
	for _, p := range s.spans {
		offset := protowire.EncodeZigZag(int64(p.offset))
		b = appendHead(b, histogramSpan, 1+protowire.SizeVarint(offset)+1+protowire.SizeVarint(uint64(p.length)))
		b = appendNumber(appendNumber(b, spanOffset, offset), spanLength, uint64(p.length))
	}
	for _, d := range s.deltas {
		b = appendNumber(b, histogramDelta, protowire.EncodeZigZag(d))
	}
	return appendTime(b, histogramCreated, start)
}

// span is a run of native buckets.
type span struct {
	offset int // from the end of the run before
	length int
}

// maxGap is the longest run of empty buckets that is written out: a new span costs as much as two of them.
const maxGap = 2

// encode makes the spans of the native buckets and the differences of their counts.
func (s *histShape) encode(h *metric.HistogramValue) {
	s.spans, s.deltas = s.spans[:0], s.deltas[:0]
	next, before := 0, int64(0) // first bucket after the last span; count of the last bucket
	add := func(n uint64) {
		s.spans[len(s.spans)-1].length++
		s.deltas = append(s.deltas, int64(n)-before)
		before = int64(n)
		next++
	}
	for i, n := range h.Native {
		if n == 0 {
			continue
		}
		at := h.First + i
		if len(s.spans) == 0 || at-next > maxGap {
			s.spans = append(s.spans, span{offset: at - next})
			next = at
		}
		for next < at {
			add(0)
		}
		add(n)
	}
	if len(s.spans) == 0 { // marks a native histogram without observations, which would else pass for a classic one
		s.spans = append(s.spans, span{})
	}
}
