package expose

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// nanos are durations of every magnitude, and those on the bounds of buckets.
var nanos = rapid.Custom(func(t *rapid.T) int64 {
	if rapid.Bool().Draw(t, "on a bound") {
		return rapid.SampledFrom([]int64{0, 1e8, 25e7, 5e8, 1e9, 2e9, 4e9, 5e9, 10e9, 30e9, 60e9, 64e9}).Draw(t, "nanos")
	}
	return rapid.Int64Range(0, 1<<rapid.IntRange(0, 52).Draw(t, "bits")).Draw(t, "nanos")
})

// TestHistogramsLikeTheLibrary compares a histogram, classic and native buckets, with that of the client library.
func TestHistogramsLikeTheLibrary(t *testing.T) {
	def := metric.Histogram("bot_test_seconds", "Test.", []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60})
	rapid.Check(t, func(t *rapid.T) {
		pairs := metric.NewPairs(1, 1)
		pair, _, _ := pairs.Intern("shop", "web", 1)
		ours := metric.NewHistogramVec(def, pairs)
		theirs := prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: def.Name, Help: def.Help, Buckets: def.Buckets, NativeHistogramBucketFactor: 1.1,
		})
		for range rapid.IntRange(0, 40).Draw(t, "observations") {
			if rapid.IntRange(0, 9).Draw(t, "in whole numbers") == 0 {
				n, times := rapid.Int64Range(0, 200).Draw(t, "number"), rapid.Uint64Range(1, 5).Draw(t, "times")
				ours.Observe(pair, n, times)
				for range times {
					theirs.Observe(float64(n))
				}
				continue
			}
			ns := nanos.Draw(t, "value")
			ours.ObserveNanos(pair, ns)
			theirs.Observe(time.Duration(ns).Seconds())
		}

		var value metric.HistogramValue
		ours.Read(int(pair), &value)
		shape, have := newHistShape(def.Buckets), &dto.Histogram{}
		require.NoError(t, proto.Unmarshal(shape.append(nil, &value, 0), have))
		var written dto.Metric
		require.NoError(t, theirs.Write(&written))
		want := written.Histogram
		require.InEpsilon(t, 1+want.GetSampleSum(), 1+have.GetSampleSum(), 1e-12)
		want.SampleSum, want.CreatedTimestamp = have.SampleSum, nil
		want.Bucket = append(want.Bucket, have.Bucket[len(have.Bucket)-1]) // theirs has no bucket for infinity
		if value.Count == value.Zero {                                     // ours has a span of no buckets, which says no more than the zero threshold does
			want.PositiveSpan = []*dto.BucketSpan{{Offset: proto.Int32(0), Length: proto.Uint32(0)}}
		}
		require.Equal(t, have.GetSampleCount(), have.Bucket[len(have.Bucket)-1].GetCumulativeCount())
		require.True(t, proto.Equal(want, have), "want %s\nhave %s", want, have)
	})
}

// TestSumOfManyObservations: a large total does not swallow small observations.
func TestSumOfManyObservations(t *testing.T) {
	def := metric.Histogram("bot_test_seconds", "Test.", []float64{1})
	pairs := metric.NewPairs(1, 1)
	pair, _, _ := pairs.Intern("shop", "web", 1)
	dist := metric.NewHistogramVec(def, pairs)
	dist.Observe(pair, 1<<40, 1)
	for range 1000 {
		dist.ObserveNanos(pair, 123456)
	}
	var v metric.HistogramValue
	dist.Read(int(pair), &v)
	require.Equal(t, 1<<40+0.123456, v.Sum)
	require.EqualValues(t, 1001, v.Count)
}
