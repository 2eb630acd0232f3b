package expose

import (
	"math"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// newHistogram returns a histogram with classic and native buckets. The client library has no constructor for both at
// once, nor for one whose numbers come from elsewhere.
func newHistogram(bounds []float64, start *timestamppb.Timestamp) *dto.Histogram {
	h := &dto.Histogram{
		SampleCount: proto.Uint64(0), SampleSum: proto.Float64(0), CreatedTimestamp: start,
		Schema: proto.Int32(metric.Schema), ZeroThreshold: proto.Float64(metric.ZeroThreshold), ZeroCount: proto.Uint64(0),
	}
	for _, b := range append(append([]float64(nil), bounds...), math.Inf(1)) {
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: proto.Float64(b), CumulativeCount: proto.Uint64(0)})
	}
	return h
}

func fillHistogram(h *dto.Histogram, v *metric.Hist) {
	*h.SampleCount, *h.SampleSum, *h.ZeroCount = v.Count, v.Sum, v.Zero
	sum := uint64(0)
	for i, b := range h.Bucket {
		sum += v.Classic[i]
		*b.CumulativeCount = sum
	}
	h.PositiveSpan, h.PositiveDelta = spans(v, h.PositiveSpan[:0], h.PositiveDelta[:0])
}

// maxGap is the longest run of empty buckets that is written out: a new span costs as much as two of them.
const maxGap = 2

// spans encodes the native buckets: runs of buckets with an offset from the run before, and differences of counts.
func spans(v *metric.Hist, out []*dto.BucketSpan, deltas []int64) ([]*dto.BucketSpan, []int64) {
	next, before := 0, int64(0) // first bucket after the last span; count of the last bucket
	add := func(n uint64) {
		*out[len(out)-1].Length++
		deltas = append(deltas, int64(n)-before)
		before = int64(n)
		next++
	}
	for i, n := range v.Native {
		if n == 0 {
			continue
		}
		at := v.First + i
		if len(out) == 0 || at-next > maxGap {
			out = append(out, &dto.BucketSpan{Offset: proto.Int32(int32(at - next)), Length: proto.Uint32(0)})
			next = at
		}
		for next < at {
			add(0)
		}
		add(n)
	}
	if len(out) == 0 { // tells a native histogram without observations from a classic one
		out = append(out, &dto.BucketSpan{Offset: proto.Int32(0), Length: proto.Uint32(0)})
	}
	return out, deltas
}
