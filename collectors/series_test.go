package collectors

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// lines cuts NDJSON into lines; what follows the last line feed is a line unless it is empty.
func lines(ndjson []byte) [][]byte {
	list := bytes.Split(ndjson, []byte("\n"))
	if len(list[len(list)-1]) == 0 {
		list = list[:len(list)-1]
	}
	return list
}

// folder folds lines with the stored times that the replay command gives them.
type folder struct {
	set     *Set
	decoder *event.Decoder
	stored  int64
}

func newFolder(cfg Config) *folder {
	return &folder{set: New(cfg), decoder: event.NewDecoder(event.Config{})}
}

func (f *folder) fold(line []byte) {
	var e event.Event
	var reject *event.Reject
	if err := f.decoder.Decode(nil, line, &e); err != nil {
		reject = err.(*event.Reject) //nolint:errorlint // Decode returns nothing else
	}
	if reject == nil || reject.Reason != event.Malformed {
		f.stored = storedTime(line, f.stored)
	}
	f.set.Fold(f.stored, &e, reject)
}

func storedTime(line []byte, before int64) int64 {
	var raw map[string]jsontext.Value
	if json.Unmarshal(line, &raw) != nil {
		return before
	}
	for _, name := range []string{"storedtime", "time"} {
		var s string
		if json.Unmarshal(raw[name], &s) != nil {
			continue
		}
		if t, ok := event.ParseTime(s); ok {
			return t
		}
	}
	return before
}

// sample is one line of the text format.
type sample struct {
	name   string   // with the suffix of a histogram's part
	labels []string // name="value", sorted; le comes last
	value  float64
}

// samples returns all samples of a family as of now, in the order of its series.
func samples(f metric.Family, now int64) []sample {
	var out []sample
	name := f.Def().Name
	if t, ok := f.(metric.Scalars); ok {
		for i, v := range t.Read(nil, now) {
			out = append(out, sample{name, labels(f, i), v})
		}
		return out
	}
	for i := range f.Len() {
		var h metric.HistogramValue
		f.(metric.Histograms).Read(i, &h)
		sum := uint64(0)
		for b, bound := range append(slices.Clip(f.Def().Buckets), math.Inf(1)) {
			sum += h.Classic[b]
			le := `le="` + strconv.FormatFloat(bound, 'g', -1, 64) + `"`
			out = append(out, sample{name + "_bucket", append(labels(f, i), le), float64(sum)})
		}
		out = append(out, sample{name + "_sum", labels(f, i), h.Sum}, sample{name + "_count", labels(f, i), float64(h.Count)})
	}
	return out
}

func labels(f metric.Family, i int) []string {
	var pairs []string
	values := f.Labels(nil, i)
	for k, name := range f.Def().LabelNames() {
		pairs = append(pairs, name+`="`+escape(values[k])+`"`)
	}
	sort.Strings(pairs)
	return pairs
}

var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace

func (s sample) String() string {
	name := s.name
	if len(s.labels) > 0 {
		name += "{" + strings.Join(s.labels, ",") + "}"
	}
	return name + " " + strconv.FormatFloat(s.value, 'g', -1, 64)
}

// series returns every sample of a set as of now, keyed as in the text format with all labels sorted.
func series(s *Set, now int64) map[string]float64 {
	out := map[string]float64{}
	for _, f := range s.Families() {
		for _, one := range samples(f, now) {
			sort.Strings(one.labels)
			text := one.String()
			out[text[:strings.LastIndexByte(text, ' ')]] = one.value
		}
	}
	return out
}

// exposition writes one module's metrics in the text format, in the order of the client library. Overflows stand with
// the module of the metric that they are for.
func exposition(s *Set, module string) string {
	var out strings.Builder
	for _, c := range s.collectors {
		if c.Name() != module {
			continue
		}
		for _, f := range append(slices.DeleteFunc(c.Families(), func(f metric.Family) bool { return f == s.overflow }), s.overflow) {
			list := overflowsOf(s, c)
			if f != s.overflow {
				list = samples(f, s.Clock())
			}
			if len(list) == 0 {
				continue
			}
			fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", f.Def().Name, f.Def().Help, f.Def().Type)
			sort.SliceStable(list, func(i, j int) bool { return slices.Compare(own(list[i]), own(list[j])) < 0 })
			for _, one := range list {
				fmt.Fprintln(&out, one)
			}
		}
	}
	return out.String()
}

// overflowsOf returns the overflows of a module's metrics; those of all metrics together are the stream's.
func overflowsOf(s *Set, c Collector) []sample {
	its := map[string]bool{`metric="*"`: c.Name() == "stream"}
	for _, f := range c.Families() {
		its[`metric="`+f.Def().Name+`"`] = true
	}
	return slices.DeleteFunc(samples(s.overflow, s.Clock()), func(o sample) bool {
		return !slices.ContainsFunc(o.labels, func(l string) bool { return its[l] })
	})
}

// own returns the labels of the series, without le.
func own(s sample) []string {
	return slices.DeleteFunc(slices.Clone(s.labels), func(l string) bool { return strings.HasPrefix(l, "le=") })
}
