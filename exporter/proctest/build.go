package proctest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var built struct {
	once sync.Once
	dir  string
	out  []byte
	err  error
}

// Main runs the tests of a package that uses Program, and removes what was built.
func Main(m *testing.M) (code int) {
	code = m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	return code
}

// Program builds the exporter, once in a test binary, and returns its path.
func Program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "proctest-"); built.err != nil {
			return
		}
		// As it is released, which the build cache may have.
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", built.dir+"/", "github.com/bot-exporter/bot-exporter/cmd/bot-exporter")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		built.out, built.err = build.CombinedOutput()
	})
	require.NoError(t, built.err, "%s", built.out)
	return filepath.Join(built.dir, "bot-exporter")
}
