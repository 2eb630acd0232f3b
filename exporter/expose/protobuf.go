package expose

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// imprint is a family of counters or gauges as the client library writes it in the delimited protobuf format. A value
// takes eight bytes whatever it is, so that another scrape differs in those bytes alone.
type imprint struct {
	series int
	bytes  []byte
	values []int // where the values are, in the order of the series
}

// renderProtobuf appends a family in the delimited protobuf format. Histograms, few in number and of varying length,
// are left to the client library.
func (f *family) renderProtobuf(dst []byte, format expfmt.Format) ([]byte, error) {
	if f.def.Type == metric.TypeHistogram {
		f.fill()
		return encode(dst, f.out, format)
	}
	if p := f.imprint; p == nil || p.series != len(f.series) {
		b, err := encode(nil, f.out, format)
		if err != nil {
			return dst, err
		}
		f.imprint = &imprint{series: len(f.series), bytes: b, values: valuesIn(b)}
	}
	if len(f.imprint.values) != len(f.series) {
		return dst, fmt.Errorf("BUG: %d values in the message of %d series of %s", len(f.imprint.values), len(f.series), f.def.Name)
	}
	start := len(dst)
	dst = append(dst, f.imprint.bytes...)
	for k, i := range f.order {
		binary.LittleEndian.PutUint64(dst[start+f.imprint.values[k]:], math.Float64bits(f.values[i]))
	}
	return dst, nil
}

func encode(dst []byte, mf *dto.MetricFamily, format expfmt.Format) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	if err := expfmt.NewEncoder(b, format).Encode(mf); err != nil {
		return dst, fmt.Errorf("render %s: %w", mf.GetName(), err)
	}
	return b.Bytes(), nil
}

// Field numbers of the messages in metrics.proto of the client model.
const (
	familyMetric  protowire.Number = 4
	metricGauge   protowire.Number = 2
	metricCounter protowire.Number = 3
	value         protowire.Number = 1 // of Gauge and of Counter
)

// valuesIn finds the values of counters and gauges in a delimited family.
func valuesIn(b []byte) (offsets []int) {
	_, prefix := protowire.ConsumeVarint(b)
	eachField(b, prefix, func(n protowire.Number, from, to int) {
		if n != familyMetric {
			return
		}
		eachField(b[:to], from, func(n protowire.Number, from, to int) {
			if n != metricGauge && n != metricCounter {
				return
			}
			eachField(b[:to], from, func(n protowire.Number, from, _ int) {
				if n == value {
					offsets = append(offsets, from)
				}
			})
		})
	})
	return offsets
}

// eachField calls f with the number of each field of the message that begins at a position, and with where its
// content, without tag and length, begins and ends.
func eachField(b []byte, at int, f func(n protowire.Number, from, to int)) {
	for at < len(b) {
		number, kind, tag := protowire.ConsumeTag(b[at:])
		length := protowire.ConsumeFieldValue(number, kind, b[at+tag:])
		if tag < 0 || length < 0 {
			return // not a message; the count of values tells
		}
		from := at + tag
		if kind == protowire.BytesType {
			_, n := protowire.ConsumeVarint(b[from:])
			from += n
		}
		at += tag + length
		f(number, from, at)
	}
}
