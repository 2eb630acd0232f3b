package faults

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// declared returns the names of all tests and fuzz targets, by the folder of their package.
func declared(t *testing.T) map[string][]string {
	t.Helper()
	const root = "../.."
	all := map[string][]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "testdata" || name == "bin" || strings.HasPrefix(name, ".") && path != root):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && namedTest.MatchString(f.Name.Name) {
				all[folder] = append(all[folder], f.Name.Name)
			}
		}
		return nil
	}))
	return all
}

var (
	namedTest = regexp.MustCompile(`(?:\b([a-z-]+)\.)?\b((?:Test|Fuzz)[A-Z]\w*)(?:/(F\d+b?))?`)
	modeRow   = regexp.MustCompile(`(?m)^\| (\d+) \| .* \| (.*) \|$`)
)

// Every test that the README and the catalogue name is there, and every failure mode has one.
func TestNamedTestsExist(t *testing.T) {
	all := declared(t)
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, m := range namedTest.FindAllStringSubmatch(string(b), -1) {
		pkg := m[1]
		if pkg == "" {
			pkg = "faults"
		}
		found := 0
		for folder, tests := range all {
			if filepath.Base(folder) == pkg && slices.Contains(tests, m[2]) {
				found++
			}
		}
		require.Equal(t, 1, found, "%s of package %s", m[2], pkg)
		if m[3] != "" {
			require.True(t, slices.ContainsFunc(catalogue, func(f fault) bool { return f.id == m[3] && f.run != nil }), m[0])
		}
	}
	_, modes, ok := strings.Cut(string(b), "## Failure modes\n")
	require.True(t, ok)
	rows := modeRow.FindAllStringSubmatch(modes, -1)
	require.Len(t, rows, 28)
	for i, row := range rows {
		require.Equal(t, strconv.Itoa(i+1), row[1])
		require.Regexp(t, namedTest, row[2], "row %s", row[1])
	}
	for _, f := range catalogue {
		for _, o := range f.others {
			for name := range strings.SplitSeq(o.tests, "|") {
				require.Contains(t, all[o.pkg], name, f.id)
			}
		}
	}
}
