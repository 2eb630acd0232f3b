package expose

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// pen writes the lines of one family in a text format.
type pen struct {
	*sheet
	labels *prefix // `{bot="shop`, `",channel="web`, ...
	open   bool    // OpenMetrics, which writes numbers in another way
}

func (c *Cut) text(s *sheet, n *figures)        { c.lines(s, n, false) }
func (c *Cut) openMetrics(s *sheet, n *figures) { c.lines(s, n, true) }

func (c *Cut) lines(s *sheet, n *figures, open bool) {
	p := &pen{sheet: s, open: open, labels: &s.prefix}
	p.head(n.def)
	before := n.before
	p.labels.start(len(before), func(dst []byte, label int, id uint32) []byte {
		return append(append(dst, before[label]...), c.escaped[id]...)
	})
	if n.def.Type == metric.TypeHistogram {
		p.histograms(n)
		return
	}
	end := " "
	if len(n.names) > 0 {
		end = `"} `
	}
	for _, i := range n.order {
		if !p.more() {
			return
		}
		ids, _ := n.row(i)
		line := p.labels.of(ids)
		p.b = append(append(append(p.b, n.def.Name...), line...), end...)
		p.float(n.values[i])
	}
}

var helpEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

// head writes what comes before the first line.
func (p *pen) head(d *metric.Def) {
	name, help := d.Name, helpEscaper.Replace(d.Help)
	if p.open {
		help = escaper.Replace(d.Help)
		if d.Type == metric.TypeCounter {
			name = strings.TrimSuffix(name, "_total")
		}
	}
	p.b = append(p.b, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+d.Type.String()+"\n"...)
}

func (p *pen) histograms(n *figures) {
	before, end := "{", ""
	if len(n.names) > 0 {
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
		ids, _ := n.row(i)
		line := p.labels.of(ids)
		h, total := n.hist(i), uint64(0)
		for k, v := range h.Classic {
			total += v
			p.b = append(append(append(p.b, bucket...), line...), bounds[k]...)
			p.count(total)
		}
		p.b = append(append(append(append(p.b, sum...), line...), end...), ' ')
		p.float(h.Sum)
		p.b = append(append(append(append(p.b, count...), line...), end...), ' ')
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
