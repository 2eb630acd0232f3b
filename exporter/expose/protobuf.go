package expose

import (
	"math"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Field numbers of metrics.proto of the client model. Fields are written in the order of their numbers, as the library
// does.
const (
	familyName, familyHelp, familyType, familyMetric = 1, 2, 3, 4

	metricLabel, metricGauge, metricCounter, metricHistogram = 1, 2, 3, 7

	labelName, labelValue = 1, 2

	scalarValue, counterCreated = 1, 3

	timestampSeconds, timestampNanos = 1, 2
)

// scribe writes one family in the delimited protobuf format. A message begins with its length, so that each is
// measured before it is written.
type scribe struct {
	*sheet
	n      *figures
	words  []string
	labels [][]byte // for each label: the field with its name
	hist   []byte   // the histogram at hand
	shape  histShape
}

func (c *Cut) protobuf(s *sheet, n *figures) {
	w := &scribe{sheet: s, n: n, words: c.words, shape: newHistShape(n.def.Buckets)}
	for _, name := range n.names {
		w.labels = append(w.labels, appendText(nil, labelName, name))
	}
	head := appendText(appendText(nil, familyName, n.def.Name), familyHelp, n.def.Help)
	head = appendNumber(head, familyType, uint64(kindOf(n.def.Type)))
	size := len(head)
	for i := range n.order {
		size += sizeOf(w.measure(uint32(i)))
	}
	s.b = append(protowire.AppendVarint(s.b, uint64(size)), head...)
	for _, i := range n.order {
		if !s.more() {
			return
		}
		w.write(i)
	}
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

// measure returns the length of a series as a message.
func (w *scribe) measure(i uint32) (size int) {
	ids, start := w.n.row(i)
	for k, id := range ids {
		size += sizeOf(len(w.labels[k]) + sizeOf(len(w.words[id])))
	}
	switch w.n.def.Type {
	case metric.TypeCounter:
		return size + sizeOf(sizeOfScalar+sizeOfTime(start))
	case metric.TypeGauge:
		return size + sizeOf(sizeOfScalar)
	}
	h := w.n.hist(i)
	w.hist = w.shape.append(w.hist[:0], &h, start)
	return size + sizeOf(len(w.hist))
}

func (w *scribe) write(i uint32) {
	b := protowire.AppendVarint(appendTag(w.b, familyMetric, protowire.BytesType), uint64(w.measure(i)))
	ids, start := w.n.row(i)
	for k, id := range ids {
		b = appendHead(b, metricLabel, len(w.labels[k])+sizeOf(len(w.words[id])))
		b = appendText(append(b, w.labels[k]...), labelValue, w.words[id])
	}
	switch w.n.def.Type {
	case metric.TypeCounter:
		b = appendHead(b, metricCounter, sizeOfScalar+sizeOfTime(start))
		b = appendTime(appendDouble(b, scalarValue, w.n.values[i]), counterCreated, start)
	case metric.TypeGauge:
		b = appendDouble(appendHead(b, metricGauge, sizeOfScalar), scalarValue, w.n.values[i])
	case metric.TypeHistogram:
		b = append(appendHead(b, metricHistogram, len(w.hist)), w.hist...)
	}
	w.b = b
}

// sizeOfScalar is the length of the field with the value of a counter or gauge.
const sizeOfScalar = 1 + 8

// sizeOf is the length of a field that holds a message or text of a length. All fields have numbers below 16.
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

// sizeOfTime is the length of a field with a time in Unix nanoseconds; 0, unknown, is left out.
func sizeOfTime(ns int64) int {
	if ns <= 0 {
		return 0
	}
	return sizeOf(lengthOfTime(ns))
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
