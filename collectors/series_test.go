package collectors

import (
	"bytes"
	"fmt"
	"math"
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
		reject = err.(*event.Reject)
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

// series returns every series of a set as of now, keyed as in the text format with sorted labels.
func series(s *Set, now int64) map[string]float64 {
	out := map[string]float64{}
	for _, f := range s.Families() {
		switch t := f.(type) {
		case metric.Scalars:
			for i, v := range t.Read(nil, now) {
				out[key(f, i, "")] = v
			}
		default:
			h := f.(interface {
				Read(int, *metric.Hist)
			})
			for i := range f.Len() {
				var v metric.Hist
				h.Read(i, &v)
				sum := uint64(0)
				for b, n := range v.Classic {
					sum += n
					le := math.Inf(1)
					if b < len(f.Def().Buckets) {
						le = f.Def().Buckets[b]
					}
					out[key(f, i, "_bucket", "le", strings.Replace(strconv.FormatFloat(le, 'g', -1, 64), "+Inf", "+Inf", 1))] = float64(sum)
				}
				out[key(f, i, "_sum")], out[key(f, i, "_count")] = v.Sum, float64(v.Count)
			}
		}
	}
	return out
}

func key(f metric.Family, i int, suffix string, more ...string) string {
	var pairs []string
	values := f.Labels(nil, i)
	for k, name := range f.Def().LabelNames() {
		pairs = append(pairs, name+`="`+escape(values[k])+`"`)
	}
	for k := 0; k < len(more); k += 2 {
		pairs = append(pairs, more[k]+`="`+more[k+1]+`"`)
	}
	sort.Strings(pairs)
	if len(pairs) == 0 {
		return f.Def().Name + suffix
	}
	return fmt.Sprintf("%s%s{%s}", f.Def().Name, suffix, strings.Join(pairs, ","))
}

var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace
