package collectors

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checks are what has to pass when a module is gone. Dashboards and rules are generated anew.
var checks = [][]string{{"vet", "./..."}, {"run", "./cmd/bot-dashboards", "generate", "--out", "deploy"}, {"test", "-short", "./collectors/...", "./dashboards", "./dashboards/promql"}}

// lists are the files that name every module in a line of its own.
var lists = []string{"collectors/collectors.go", "dashboards/dashboards.go", "dashboards/rules/generate.go", "dashboards/rules/config.go"}

// TestDelete: without a module's files and its lines in the lists, the rest builds and passes. The session keeps the
// facts that nobody reads then.
func TestDelete(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the repository anew for each module")
	}
	files, err := exec.Command("git", "-C", "..", "ls-files", "-z").Output()
	if err != nil {
		t.Skip("not a git repository: ", err)
	}
	for _, m := range []string{"custom", "handover"} {
		t.Run(m, func(t *testing.T) {
			dir := t.TempDir()
			own := regexp.MustCompile(`^(collectors|dashboards|dashboards/rules)/(testdata/)?` + m + `(_test)?\.(go|txtar)$`)
			line := regexp.MustCompile(`(?im)^\s*(new` + m + `\(d\),|` + m + `Module\(\),|\{"` + m + `",.*|` + m + `Alerts\s.*)$\n`)
			gone := 0
			for _, name := range strings.Split(strings.TrimSuffix(string(files), "\x00"), "\x00") {
				if own.MatchString(name) {
					gone++
					continue
				}
				from, err := os.Lstat(filepath.Join("..", name))
				if err != nil || !from.Mode().IsRegular() {
					continue // removed and not yet committed, or a link
				}
				data, err := os.ReadFile(filepath.Join("..", name))
				require.NoError(t, err)
				for _, list := range lists {
					if name == list {
						data = line.ReplaceAll(data, nil)
					}
				}
				to := filepath.Join(dir, name)
				require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
				require.NoError(t, os.WriteFile(to, data, from.Mode().Perm()))
			}
			require.GreaterOrEqual(t, gone, 3, "files of the module")
			for _, args := range checks {
				cmd := exec.Command("go", args...)
				cmd.Dir = dir
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "go %s:\n%s", strings.Join(args, " "), out)
			}
		})
	}
}
