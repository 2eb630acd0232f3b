package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// names is every metric that an expression may use, with its labels: the catalogue, the exporter's own and what is recorded.
func names(t *testing.T) map[string][]string {
	t.Helper()
	known := map[string][]string{"up": {}, "ALERTS": {"alertname", "alertstate", "bot", "channel", "severity"}}
	defs := append(self.Defs(), self.ResidentMemory, self.MemoryLimit)
	for _, m := range collectors.Catalogue() {
		defs = append(defs, m.Defs...)
	}
	for _, d := range defs {
		if d.Type == metric.TypeHistogram {
			known[d.Name+"_sum"], known[d.Name+"_count"] = d.LabelNames(), d.LabelNames()
			known[d.Name+"_bucket"] = append(d.LabelNames(), "le")
			continue
		}
		known[d.Name] = d.LabelNames()
	}
	records, _, err := Rules(Defaults())
	require.NoError(t, err)
	for _, r := range records {
		level, _, _ := strings.Cut(r.Name, ":")
		require.NotContains(t, known, r.Name, "recorded twice")
		known[r.Name] = strings.Split(level, "_")
	}
	return known
}

var (
	token    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9][0-9a-zA-Z.]*|=~|!~|!=|[^\s]`)
	comments = regexp.MustCompile(`(?m)#.*$`)
	words    = []string{"and", "or", "unless", "bool", "offset", "inf", "nan"}
	lists    = []string{"by", "without", "on", "ignoring", "group_left", "group_right"}
	targets  = []string{"job", "instance", "pod"}
)

// checkNames finds metrics that do not exist, and labels that their metric does not have. That the expression is one at all,
// promtool checks.
func checkNames(expr string, known map[string][]string) error {
	tokens := token.FindAllString(comments.ReplaceAllString(expr, ""), -1)
	at := func(i int) string {
		if i < len(tokens) {
			return tokens[i]
		}
		return ""
	}
	var labels []string // of all metrics of the expression
	var listed []string
	for i := 0; i < len(tokens); i++ {
		s := tokens[i]
		switch {
		case !regexp.MustCompile(`^[a-zA-Z_:]`).MatchString(s) || slices.Contains(words, s):
		case slices.Contains(lists, s) && at(i+1) == "(":
			for i += 2; at(i) != ")" && at(i) != ""; i++ {
				if at(i) != "," {
					listed = append(listed, at(i))
				}
			}
		case at(i+1) == "(" || slices.Contains(lists, at(i+1)): // a function or an aggregation
		case known[s] == nil:
			return fmt.Errorf("no metric %q", s)
		default:
			own := append(slices.Clone(known[s]), targets...)
			labels = append(labels, own...)
			if at(i+1) != "{" {
				continue
			}
			for i += 2; at(i) != "}" && at(i) != ""; i++ {
				if l := at(i); strings.HasPrefix(at(i+1), "=") || strings.HasPrefix(at(i+1), "!") {
					if !slices.Contains(own, l) {
						return fmt.Errorf("%s has no label %q", s, l)
					}
				}
			}
		}
	}
	for _, l := range listed {
		if !slices.Contains(labels, l) && !slices.Contains(targets, l) {
			return fmt.Errorf("no label %q", l)
		}
	}
	return nil
}

func TestExpressionsUseTheCatalogue(t *testing.T) {
	known := names(t)
	records, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	for _, r := range records {
		require.NoError(t, checkNames(r.Expr, known), r.Name)
	}
	for _, a := range alerts {
		require.NoError(t, checkNames(a.expr, known), a.Name)
		require.NoError(t, checkNames(a.query, known), a.Name)
	}
	require.NotEmpty(t, records)
}

func TestCheckNames(t *testing.T) {
	known := map[string][]string{"a": {"x"}, "b_total": {"y"}, "job:c:sum": {"job"}}
	for expr, want := range map[string]string{
		`sum by (x) (rate(a{x="y"}[5m] offset 1h)) / on (job) group_left (y) b_total > 1e3`: "",
		`# d
		a and ignoring (x) job:c:sum`: "",
		`sum(d)`:            `no metric "d"`,
		`a{y="1"}`:          `a has no label "y"`,
		`a{x="1",z!~"2|3"}`: `a has no label "z"`,
		`sum by (z) (a)`:    `no label "z"`,
	} {
		err := checkNames(expr, known)
		if want == "" {
			require.NoError(t, err, expr)
		} else {
			require.EqualError(t, err, want, expr)
		}
	}
}
