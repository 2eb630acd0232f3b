package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var fence = regexp.MustCompile("(?s)```promql\n(.*?)```")

// queries returns the PromQL of a runbook: each paragraph is one query.
func queries(text string) []string {
	var list []string
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		for q := range strings.SplitSeq(strings.TrimSpace(block[1]), "\n\n") {
			list = append(list, q)
		}
	}
	return list
}

// Each alert has a runbook, all with the same parts; there are no other runbooks.
func TestRunbooks(t *testing.T) {
	_, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	known := names(t)
	wanted := []string{"README.md"}
	var file strings.Builder
	file.WriteString("groups:\n- name: runbooks\n  rules:\n")
	n := 0
	for _, a := range alerts {
		name := a.Name + ".md"
		if slices.Contains(wanted, name) {
			continue
		}
		wanted = append(wanted, name)
		b, err := os.ReadFile(filepath.Join(deploy, "runbooks", name))
		require.NoError(t, err)
		text := string(b)
		require.True(t, strings.HasPrefix(text, "# "+a.Name+"\n"), name)
		from := 0
		for _, part := range []string{"**Meaning**", "**Impact**", "## Diagnosis", "## Mitigation"} {
			i := strings.Index(text[from:], part)
			require.GreaterOrEqual(t, i, 0, "%s: no %s in its place", name, part)
			from += i
		}
		found := queries(text)
		require.NotEmpty(t, found, name)
		for _, q := range found {
			require.NoError(t, checkNames(q, known), "%s: %s", name, q)
			fmt.Fprintf(&file, "  - record: a:b:c%d\n    expr: |-\n      %s\n", n, strings.ReplaceAll(q, "\n", "\n      "))
			n++
		}
		for _, link := range regexp.MustCompile(`\]\(([A-Za-z]+\.md)\)`).FindAllStringSubmatch(text, -1) {
			require.FileExists(t, filepath.Join(deploy, "runbooks", link[1]), name)
		}
	}
	left, err := filepath.Glob(filepath.Join(deploy, "runbooks", "*"))
	require.NoError(t, err)
	for _, path := range left {
		require.Contains(t, wanted, filepath.Base(path), "has no alert")
	}
	t.Run("queries", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "queries.yml")
		require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o600))
		promtool(t, "check", "rules", "--lint=none", path)
	})
}
