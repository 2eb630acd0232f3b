package collectors

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// numbers are those of a Set as of its clock, made from the samples of the text format.
type numbers struct{ *Set }

func (n numbers) each(d *metric.Def, suffix string, f func(labels []string, v float64)) {
	for _, family := range n.Families() {
		if family.Def() == d {
			for _, s := range samples(family, n.Clock()) {
				if s.name == d.Name+suffix {
					f(s.labels, s.value)
				}
			}
		}
	}
}

func (n numbers) Sum(d *metric.Def, labels ...string) (sum float64) {
	n.each(d, "", func(have []string, v float64) {
		for i := 0; i < len(labels); i += 2 {
			if !slices.Contains(have, labels[i]+`="`+escape(labels[i+1])+`"`) {
				return
			}
		}
		sum += v
	})
	return sum
}

func (n numbers) Observed(d *metric.Def) (count, sum float64) {
	n.each(d, "_count", func(_ []string, v float64) { count += v })
	n.each(d, "_sum", func(_ []string, v float64) { sum += v })
	return count, sum
}

func (n numbers) Largest(d *metric.Def, names ...string) ([]string, bool) {
	sums := map[string]float64{}
	n.each(d, "", func(have []string, v float64) {
		key := ""
		for _, name := range names {
			for _, l := range have {
				if value, ok := strings.CutPrefix(l, name+`="`); ok {
					key += "\x00" + strings.TrimSuffix(value, `"`)
				}
			}
		}
		sums[key] += v
	})
	var keys []string
	for k, v := range sums {
		if v > 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, false
	}
	sort.Slice(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		return sums[a] > sums[b] || sums[a] == sums[b] && a < b
	})
	return strings.Split(keys[0], "\x00")[1:], true
}

func headlines(n Numbers, m Module) string {
	var out strings.Builder
	for _, h := range m.Headlines(n) {
		value := h.Text
		if h.Unit != UnitText {
			value = fmt.Sprintf("%.6g", h.Value)
		}
		fmt.Fprintf(&out, "%s: %s %s\n", h.Label, value, h.Unit)
	}
	return out.String()
}

// TestHeadlines: every module has some, also before the first message; a ratio or mean of nothing is none at all.
func TestHeadlines(t *testing.T) {
	empty := numbers{New(Defaults())}
	for _, m := range Catalogue() {
		list := m.Headlines(empty)
		require.NotEmpty(t, list, m.Name)
		require.NotEmpty(t, m.Title, m.Name)
		labels := map[string]bool{}
		for _, h := range list {
			require.NotEmpty(t, h.Label, m.Name)
			require.False(t, labels[h.Label], "%s of %s stands there twice", h.Label, m.Name)
			labels[h.Label] = true
			require.NotEmpty(t, h.Unit.String(), h.Label)
			require.Empty(t, h.Text, h.Label)
			switch h.Unit {
			case UnitCount, UnitText:
				require.Zero(t, h.Value, h.Label)
			default:
				require.True(t, math.IsNaN(h.Value), h.Label)
			}
		}
	}
}
