package collectors

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// catalogue returns all definitions, also those of the process.
func catalogue() []*metric.Def {
	var list []*metric.Def
	for _, m := range Catalogue() {
		list = append(list, m.Defs...)
	}
	return append(list, self.Defs()...)
}

var metricName = regexp.MustCompile(`\bbot_[a-z0-9_]+`)

// TestOneName: a metric's name stands in one string of the program, its definition. Everything else refers to that.
func TestOneName(t *testing.T) {
	known := map[string]string{} // with the suffixes of a histogram's samples
	for _, d := range catalogue() {
		known[d.Name] = d.Name
		if d.Type == metric.TypeHistogram {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				known[d.Name+suffix] = d.Name
			}
		}
	}
	places := map[string][]string{}
	files, all := sources(t)
	for _, s := range all {
		if ast.IsGenerated(s.File) {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			for _, word := range metricName.FindAllString(text, -1) {
				if name, ok := known[word]; ok {
					places[name] = append(places[name], files.Position(lit.Pos()).String())
				}
			}
			return true
		})
	}
	for _, d := range catalogue() {
		require.Len(t, places[d.Name], 1, "%s stands in %s", d.Name, places[d.Name])
	}
}
