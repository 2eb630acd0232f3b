package collectors

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/bot-exporter/bot-exporter/"

// source is one Go file that is part of the program: neither a test nor the module of a tool.
type source struct {
	*ast.File
	path string // from the root of the repository
}

// sources parses the repository.
func sources(t *testing.T) (*token.FileSet, []source) {
	t.Helper()
	var list []source
	files := token.NewFileSet()
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		list = append(list, source{f, filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))})
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(list), 50)
	return files, list
}

func (s source) imports() []string {
	var list []string
	for _, i := range s.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			panic(err)
		}
		list = append(list, name)
	}
	return list
}

// under reports whether a package is one of the folders, or below one.
func under(pkg string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return pkg == f || strings.HasPrefix(pkg, f+"/") })
}

// below lists what each package of the pure core may import of ours: the arrow points down.
var below = map[string][]string{
	"collectors":               {"collectors/session", "collectors/metric", "collectors/codec", "collectors/event"},
	"collectors/session":       {"collectors/metric", "collectors/table", "collectors/codec", "collectors/event"},
	"collectors/metric":        {"collectors/codec"},
	"collectors/table":         {"collectors/codec"},
	"collectors/self":          {"collectors/metric"},
	"collectors/event/schema":  {"collectors/event"},
	"collectors/event":         {},
	"collectors/event/explain": {"collectors/event"},
	"collectors/codec":         {},
}

// foreign lists what the pure core may import that is neither ours nor of the standard library, and who may.
var foreign = map[string][]string{
	"github.com/dchest/siphash":          {"collectors/session"},
	"github.com/mileusna/useragent":      {"collectors/session"},
	"github.com/go-json-experiment/json": {"collectors/event"},
}

// impure are packages of the standard library that read a clock, share memory between goroutines, draw lots or do I/O.
// Of time only some functions do, and below net only the parsing of URLs does none of this.
var impure = []string{
	"context", "crypto/rand", "io/fs", "io/ioutil", "log", "math/rand", "net", "os", "plugin", "runtime", "sync", "syscall", "testing",
}

var impureTime = []string{
	"After", "AfterFunc", "LoadLocation", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
}

// TestImports: data flows one way, and imports with it.
func TestImports(t *testing.T) {
	_, all := sources(t)
	for _, s := range all {
		from := path.Dir(s.path)
		for _, to := range s.imports() {
			ours, own := strings.CutPrefix(to, module)
			if own {
				require.False(t, under(ours, "cmd"), "%s imports %s", s.path, to)
				require.False(t, under(ours, "collectors/testdata"), "%s imports what is for tests only", s.path)
			}
			switch {
			case under(from, "collectors"):
				require.Contains(t, below, from, "a new package needs a place in the order")
				requirePure(t, s.path, from, to, ours, own)
			case under(from, "exporter"):
				require.False(t, own && !under(ours, "exporter", "collectors"), "%s imports %s", s.path, to)
			case under(from, "dashboards"):
				require.False(t, own && !under(ours, "dashboards", "collectors"), "%s imports %s", s.path, to)
			default:
				require.True(t, under(from, "cmd", "deploy"), "%s is in no known room", s.path)
			}
		}
	}
}

func requirePure(t *testing.T, file, from, to, ours string, own bool) {
	t.Helper()
	switch {
	case own:
		require.Contains(t, below[from], ours, "%s imports %s", file, to)
	case !strings.Contains(strings.Split(to, "/")[0], "."): // the standard library
		require.False(t, under(to, impure...) && to != "net/url", "%s imports %s", file, to)
	default:
		require.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(foreign)), func(pkg string) bool {
			return under(to, pkg) && under(from, foreign[pkg]...)
		}), "%s imports %s", file, to)
	}
}

// TestPure: nothing in the core reads a clock, starts a goroutine, uses a channel or hides work in init.
func TestPure(t *testing.T) {
	files, all := sources(t)
	for _, s := range all {
		if !under(s.path, "collectors") {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			wrong := false
			switch n := n.(type) {
			case *ast.GoStmt, *ast.ChanType, *ast.SelectStmt, *ast.SendStmt:
				wrong = true
			case *ast.FuncDecl:
				wrong = n.Recv == nil && n.Name.Name == "init"
			case *ast.ImportSpec:
				wrong = n.Name != nil && n.Path.Value == `"time"`
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				wrong = ok && pkg.Name == "time" && slices.Contains(impureTime, n.Sel.Name)
			}
			if wrong {
				t.Errorf("%s: not for the core", files.Position(n.Pos()))
			}
			return true
		})
	}
}

// TestDaemonWithoutDashboards: what runs in production does not link the dashboards and their SDK.
func TestDaemonWithoutDashboards(t *testing.T) {
	_, all := sources(t)
	imports := map[string][]string{}
	for _, s := range all {
		imports[path.Dir(s.path)] = append(imports[path.Dir(s.path)], s.imports()...)
	}
	seen := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		for _, to := range imports[pkg] {
			require.False(t, under(to, "github.com/grafana"), "%s imports %s", pkg, to)
			if ours, own := strings.CutPrefix(to, module); own {
				visit(ours)
			}
		}
	}
	visit("cmd/bot-exporter")
	require.True(t, seen["collectors"])
	require.False(t, seen["dashboards"])
}
