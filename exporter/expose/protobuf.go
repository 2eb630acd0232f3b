package expose

import (
	"math"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Field numbers of metrics.proto in the client model. Fields are written in the order of their numbers, as by the library.
const (
	familyName, familyHelp, familyType, familyMetric = 1, 2, 3, 4

	metricLabel, metricGauge, metricCounter, metricHistogram = 1, 2, 3, 7

	labelName, labelValue = 1, 2

	scalarValue, counterCreated = 1, 3

	timestampSeconds, timestampNanos = 1, 2
)

// scribe writes one family in the delimited protobuf format. A message begins with its length, so that each is
// measured before it is written.
//
// It writes fields itself because Prometheus scrapes in this format by default, and the library needs a message for each
// series: BenchmarkProtobuf measures 11 times the time to encode them, and 40 times to make and encode them, with 577,000
// allocations for a page of 24,000 series. TestRenderingEqualsLibrary holds the bytes to those of the library.
type scribe struct {
	*sheet
	n       *figures
	labels  *prefix
	shape   histShape
	start   int64
	created []byte // the field with the start
	message []byte // the current histogram
}

func (c *Cut) protobuf(s *sheet, n *figures) {
	w := &scribe{sheet: s, n: n, labels: &s.prefix, shape: newHistShape(n.def.Buckets)}
	w.labels.start(len(n.fields), func(dst []byte, label int, id uint32) []byte {
		name, value := n.fields[label], c.words[id]
		dst = append(appendHead(dst, metricLabel, len(name)+sizeOf(len(value))), name...)
		return appendText(dst, labelValue, value)
	})
	head := appendText(appendText(nil, familyName, n.def.Name), familyHelp, n.def.Help)
	head = appendNumber(head, familyType, uint64(kindOf(n.def.Type)))
	size := len(head)
	for _, i := range n.order {
		_, length, _ := w.series(i)
		size += sizeOf(length)
	}
	s.b = append(protowire.AppendVarint(s.b, uint64(size)), head...)
	for _, i := range n.order {
		if !s.more() {
			return
		}
		labels, length, value := w.series(i)
		b := append(appendHead(s.b, familyMetric, length), labels...)
		switch n.def.Type {
		case metric.TypeCounter:
			b = appendDouble(appendHead(b, metricCounter, value), scalarValue, n.values[i])
			b = append(b, w.created...)
		case metric.TypeGauge:
			b = appendDouble(appendHead(b, metricGauge, value), scalarValue, n.values[i])
		case metric.TypeHistogram:
			b = append(appendHead(b, metricHistogram, value), w.message...)
		}
		s.b = b
	}
}

// series prepares a series. It returns its labels, the length of its message, and the length of the message of its value.
func (w *scribe) series(i uint32) (labels []byte, length, value int) {
	ids, start := w.n.row(i)
	labels = w.labels.of(ids)
	switch w.n.def.Type {
	case metric.TypeCounter:
		if start != w.start {
			w.start, w.created = start, appendTime(w.created[:0], counterCreated, start)
		}
		value = sizeOfScalar + len(w.created)
	case metric.TypeGauge:
		value = sizeOfScalar
	case metric.TypeHistogram:
		h := w.n.hist(i)
		w.message = w.shape.append(w.message[:0], &h, start)
		value = len(w.message)
	}
	return labels, len(labels) + sizeOf(value), value
}

func kindOf(t metric.Type) dto.MetricType {
	switch t {
	case metric.TypeCounter:
		return dto.MetricType_COUNTER
	case metric.TypeGauge:
		return dto.MetricType_GAUGE
	}
	return dto.MetricType_HISTOGRAM
}

// sizeOfScalar is the length of the field with the value of a counter or gauge.
const sizeOfScalar = 1 + 8

// sizeOf returns the length of a field that holds a message or text of the given length. All field numbers are below 16.
func sizeOf(length int) int { return 1 + protowire.SizeBytes(length) }

func appendTag(b []byte, field protowire.Number, kind protowire.Type) []byte {
	return append(b, byte(field)<<3|byte(kind))
}

func appendHead(b []byte, field protowire.Number, length int) []byte {
	return protowire.AppendVarint(appendTag(b, field, protowire.BytesType), uint64(length))
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return append(appendHead(b, field, len(text)), text...)
}

func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(appendTag(b, field, protowire.VarintType), v)
}

func appendDouble(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(appendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func lengthOfTime(ns int64) (n int) {
	if s := ns / 1e9; s > 0 {
		n += 1 + protowire.SizeVarint(uint64(s))
	}
	if r := ns % 1e9; r > 0 {
		n += 1 + protowire.SizeVarint(uint64(r))
	}
	return n
}

// appendTime adds a field with a time in Unix nanoseconds; 0, unknown, is left out.
func appendTime(b []byte, field protowire.Number, ns int64) []byte {
	if ns <= 0 {
		return b
	}
	b = appendHead(b, field, lengthOfTime(ns))
	if s := ns / 1e9; s > 0 {
		b = appendNumber(b, timestampSeconds, uint64(s))
	}
	if r := ns % 1e9; r > 0 {
		b = appendNumber(b, timestampNanos, uint64(r))
	}
	return b
}
