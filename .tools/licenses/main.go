// Command licenses lists what the binaries are made of: every module that is linked into them with its version and
// licence, and every direct dependency with the reason that its comment in go.mod gives. It fails on a licence that is
// not allowed or not recognised, and on a dependency without a reason.
//
//	go run -C .tools/licenses .
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
	"golang.org/x/mod/modfile"
)

const (
	list     = "deploy/dependencies.md"
	texts    = "deploy/THIRD_PARTY_LICENSES.txt"
	standard = "Go standard library"
	// coverage is how much of a file, in percent, has to be the text of known licences.
	coverage = 75
)

// allowed are the licences, by SPDX identifier, that ask for no more than to pass on their text.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "Unlicense"}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([.-].*)?$`)
	noticeFile  = regexp.MustCompile(`(?i)^(notice|patents)([.-].*)?$`)
)

type module struct {
	path, version string
	licences      []string
	programs      []string
	files         []string // licences and notices
}

func main() {
	if err := run("../.."); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	linked := map[string]*module{}
	for _, program := range []string{"bot-exporter", "bot-dashboards"} {
		for _, goos := range []string{"linux", "darwin"} {
			for _, goarch := range []string{"amd64", "arm64"} {
				if err := link(linked, root, program, goos, goarch); err != nil {
					return err
				}
			}
		}
	}
	all := make([]*module, 0, len(linked))
	var problems []error
	for _, m := range linked {
		problems = append(problems, m.classify())
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	direct, err := reasons(filepath.Join(root, "go.mod"))
	if err := errors.Join(append(problems, err)...); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, list), page(direct, all), 0o644); err != nil {
		return err
	}
	return writeTexts(filepath.Join(root, texts), all)
}

// link adds the modules of a program on a platform, and the files of licences beside and above their packages.
func link(linked map[string]*module, root, program, goos, goarch string) error {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Standard,Module", "./cmd/"+program)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version, Dir string
				Main               bool
				Replace            *struct{}
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		path, version, dir := standard, "of the compiler", strings.TrimSpace(string(goroot))
		switch {
		case p.Standard:
			p.Dir = dir
		case p.Module == nil || p.Module.Replace != nil:
			return fmt.Errorf("%s is of no module, or of a replaced one", p.Dir)
		case p.Module.Main:
			continue
		default:
			path, version, dir = p.Module.Path, p.Module.Version, p.Module.Dir
		}
		m := linked[path]
		if m == nil {
			m = &module{path: path, version: version}
			linked[path] = m
		}
		if !slices.Contains(m.programs, program) {
			m.programs = append(m.programs, program)
		}
		for {
			entries, err := os.ReadDir(p.Dir)
			if err != nil {
				return err
			}
			for _, e := range entries {
				file := filepath.Join(p.Dir, e.Name())
				if (licenceFile.MatchString(e.Name()) || noticeFile.MatchString(e.Name())) && !e.IsDir() && !slices.Contains(m.files, file) {
					m.files = append(m.files, file)
				}
			}
			if p.Dir == dir {
				break
			}
			p.Dir = filepath.Dir(p.Dir)
		}
	}
}

func (m *module) classify() error {
	slices.Sort(m.files)
	for _, file := range m.files {
		if !licenceFile.MatchString(filepath.Base(file)) {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		c := licensecheck.Scan(b)
		if c.Percent < coverage {
			return fmt.Errorf("%s: only %.0f%% of %s is the text of known licences", m.path, c.Percent, filepath.Base(file))
		}
		for _, match := range c.Match {
			if !slices.Contains(allowed, match.ID) {
				return fmt.Errorf("%s: licence %s is not allowed", m.path, match.ID)
			}
			if !slices.Contains(m.licences, match.ID) {
				m.licences = append(m.licences, match.ID)
			}
		}
	}
	if len(m.licences) == 0 {
		return fmt.Errorf("%s: no licence found", m.path)
	}
	slices.Sort(m.licences)
	return nil
}

// reasons are the direct dependencies, each with the comment behind it.
func reasons(file string) (direct [][2]string, _ error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse(file, b, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range f.Require {
		if r.Indirect {
			continue
		}
		var why string
		for _, c := range r.Syntax.Suffix {
			why = strings.TrimSpace(strings.TrimPrefix(c.Token, "//"))
		}
		if why == "" {
			return nil, fmt.Errorf("go.mod requires %s without a comment behind it that says what for", r.Mod.Path)
		}
		direct = append(direct, [2]string{r.Mod.Path, why})
	}
	return direct, nil
}

func page(direct [][2]string, all []*module) []byte {
	var b bytes.Buffer
	b.WriteString(`# Dependencies

Generated by ` + "`make licenses`" + ` from [go.mod](../go.mod) and the modules themselves; do not edit. It fails on a licence other than
` + strings.Join(allowed, ", ") + `, on one that it cannot tell, and on a direct dependency without a
reason. The texts of the licences, as archives, packages and images carry them: [THIRD_PARTY_LICENSES.txt](THIRD_PARTY_LICENSES.txt).

## Direct, and why

| module | what for |
| --- | --- |
`)
	for _, d := range direct {
		fmt.Fprintf(&b, "| `%s` | %s |\n", d[0], d[1])
	}
	b.WriteString("\n## Linked into the binaries\n\n| module | version | licence (SPDX) | program |\n| --- | --- | --- | --- |\n")
	for _, m := range all {
		programs := "both"
		if len(m.programs) == 1 {
			programs = m.programs[0]
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.path, m.version, strings.Join(m.licences, " AND "), programs)
	}
	return b.Bytes()
}

// writeTexts writes each text once, below the names of those that it is of.
func writeTexts(file string, all []*module) error {
	type text struct {
		of   []string
		body string
	}
	var found []*text
	byBody := map[string]*text{}
	for _, m := range all {
		for _, f := range m.files {
			b, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			lines := strings.Split(strings.ReplaceAll(string(b), "\r", ""), "\n")
			for i := range lines {
				lines[i] = strings.TrimRight(lines[i], " \t\f")
			}
			body := strings.Trim(strings.Join(lines, "\n"), "\n")
			t := byBody[body]
			if t == nil {
				t = &text{body: body}
				byBody[body] = t
				found = append(found, t)
			}
			name := m.path + " " + m.version + ", " + filepath.Base(f)
			if m.path == standard {
				name = m.path + ", " + filepath.Base(f)
			}
			if !slices.Contains(t.of, name) {
				t.of = append(t.of, name)
			}
		}
	}
	var b bytes.Buffer
	b.WriteString("Licences and notices of what is linked into bot-exporter and bot-dashboards.\nGenerated by make licenses; do not edit.\n")
	for _, t := range found {
		fmt.Fprintf(&b, "\n%s\n", strings.Repeat("=", 80))
		for _, name := range t.of {
			fmt.Fprintln(&b, name)
		}
		fmt.Fprintf(&b, "%s\n\n%s\n", strings.Repeat("=", 80), t.body)
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
