package deploytest

import (
	"debug/buildinfo"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// The list of dependencies has each direct one with its reason, and what the program says that it was linked from.
func TestDependencies(t *testing.T) {
	list := read(t, filepath.Join(deploy, "dependencies.md"))
	texts := read(t, filepath.Join(deploy, "THIRD_PARTY_LICENSES.txt"))

	requires, _, found := strings.Cut(read(t, filepath.Join(root, "go.mod")), "\n)")
	require.True(t, found)
	direct := regexp.MustCompile(`(?m)^\t(\S+) v\S+(?: // (.+))?$`).FindAllStringSubmatch(requires, -1)
	assert.Greater(t, len(direct), 10)
	for _, m := range direct {
		assert.NotEmpty(t, m[2], "go.mod does not say what %s is for", m[1])
		assert.Contains(t, list, "\n| `"+m[1]+"` | "+m[2]+" |\n", "run make licenses")
	}

	info, err := buildinfo.ReadFile(proctest.Program(t))
	require.NoError(t, err)
	assert.Greater(t, len(info.Deps), 20)
	for _, m := range info.Deps {
		assert.Contains(t, list, "\n| `"+m.Path+"` | "+m.Version+" | ", "run make licenses")
		assert.Contains(t, texts, "\n"+m.Path+" "+m.Version+", ", "run make licenses")
	}
}
