package expose

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// WriteCatalogue writes all metrics as a Markdown table: the KPIs by module, then those of the process.
func WriteCatalogue(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| module | metric | type | labels beyond `bot`, `channel` | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, m := range append(collectors.Catalogue(), collectors.Module{Name: "process", Defs: self.Defs()}) {
		for _, d := range m.Defs {
			kind := d.Type.String()
			if len(d.Buckets) > 0 {
				kind += " " + numbers(d.Buckets)
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", m.Name, d.Name, kind, labels(d), d.Help)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func labels(d *metric.Def) string {
	var list []string
	for i, l := range d.Labels {
		switch {
		case d.PerPair() && i < 2: // bot and channel
			continue
		case l.Limit > 0:
			list = append(list, fmt.Sprintf("`%s` (first %d)", l.Name, l.Limit))
		case len(l.Values) > 20:
			list = append(list, fmt.Sprintf("`%s` = `%s` to `%s`", l.Name, l.Values[0], l.Values[len(l.Values)-1]))
		case len(l.Values) > 0:
			list = append(list, fmt.Sprintf("`%s` = `%s`", l.Name, strings.Join(l.Values, "`, `")))
		default:
			list = append(list, "`"+l.Name+"`")
		}
	}
	return strings.Join(list, "; ")
}

func numbers(list []float64) string {
	var out []string
	for _, v := range list {
		out = append(out, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strings.Join(out, " ")
}
