package expose

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// pen writes the lines of one family in a text format. Lines that follow each other share most of their labels: what
// was written of them is kept up to the first that differs.
type pen struct {
	*sheet
	open    bool // OpenMetrics, which writes numbers in another way
	escaped []string
	labels  []string // `{bot="`, `",channel="`, ...
	line    []byte   // labels of the present series, without the closing brace
	ends    []int    // of each label in line
	ids     []uint32
}

func (c *Cut) text(s *sheet, n *figures)        { c.lines(s, n, false) }
func (c *Cut) openMetrics(s *sheet, n *figures) { c.lines(s, n, true) }

func (c *Cut) lines(s *sheet, n *figures, open bool) {
	p := &pen{sheet: s, open: open, escaped: c.escaped, line: make([]byte, 0, 256)}
	p.head(n.def)
	for i, name := range n.names {
		before := `",`
		if i == 0 {
			before = "{"
		}
		p.labels = append(p.labels, before+name+`="`)
	}
	p.ends = make([]int, len(p.labels))
	if n.def.Type == metric.TypeHistogram {
		p.histograms(n)
		return
	}
	end := " "
	if len(p.labels) > 0 {
		end = `"} `
	}
	for _, i := range n.order {
		if !p.more() {
			return
		}
		p.label(n.row(i))
		p.b = append(append(append(p.b, n.def.Name...), p.line...), end...)
		p.float(n.values[i])
	}
}

// head writes what comes before the first line.
func (p *pen) head(d *metric.Def) {
	name, help := d.Name, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(d.Help)
	if p.open {
		help = escaper.Replace(d.Help)
		if d.Type == metric.TypeCounter {
			name = strings.TrimSuffix(name, "_total")
		}
	}
	p.b = append(p.b, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+d.Type.String()+"\n"...)
}

// label turns the line into that of the next series.
func (p *pen) label(ids []uint32, _ int64) {
	same := 0
	for same < len(p.ids) && p.ids[same] == ids[same] {
		same++
	}
	p.ids = ids
	if same == len(ids) {
		return
	}
	if same == 0 {
		p.line = p.line[:0]
	} else {
		p.line = p.line[:p.ends[same-1]]
	}
	for i := same; i < len(ids); i++ {
		p.line = append(append(p.line, p.labels[i]...), p.escaped[ids[i]]...)
		p.ends[i] = len(p.line)
	}
}

func (p *pen) histograms(n *figures) {
	before, end := "{", ""
	if len(p.labels) > 0 {
		before, end = `",`, `"}`
	}
	var bounds []string
	for _, b := range append(append([]float64(nil), n.def.Buckets...), math.Inf(1)) {
		bounds = append(bounds, before+`le="`+p.bound(b)+`"} `)
	}
	bucket, sum, count := n.def.Name+"_bucket", n.def.Name+"_sum", n.def.Name+"_count"
	for _, i := range n.order {
		if !p.more() {
			return
		}
		p.label(n.row(i))
		h, total := n.hist(i), uint64(0)
		for k, v := range h.Classic {
			total += v
			p.b = append(append(append(p.b, bucket...), p.line...), bounds[k]...)
			p.count(total)
		}
		p.b = append(append(append(append(p.b, sum...), p.line...), end...), ' ')
		p.float(h.Sum)
		p.b = append(append(append(append(p.b, count...), p.line...), end...), ' ')
		p.count(h.Count)
	}
}

// bound writes the upper bound of a bucket.
func (p *pen) bound(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	s := string(appendFloat(nil, v))
	if p.open && !strings.ContainsAny(s, "e.") {
		s += ".0"
	}
	return s
}

func (p *pen) float(v float64) {
	at := len(p.b)
	p.b = appendFloat(p.b, v)
	if p.open && !bytes.ContainsAny(p.b[at:], "e.") {
		p.b = append(p.b, '.', '0')
	}
	p.b = append(p.b, '\n')
}

func (p *pen) count(n uint64) {
	if p.open {
		p.b = strconv.AppendUint(p.b, n, 10)
	} else {
		p.b = appendFloat(p.b, float64(n))
	}
	p.b = append(p.b, '\n')
}

// appendFloat writes a finite number as the client library does.
func appendFloat(dst []byte, v float64) []byte {
	if v >= 0 && v < 1e6 && v == math.Trunc(v) { // most values, and several times faster
		return strconv.AppendUint(dst, uint64(v), 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}
