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

// Self is the command that runs this test binary as another program: TestMain finds the variable in its environment.
func Self(variable string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), variable)
	return cmd
}

// Run runs a program to its end and returns what it printed. The test fails unless the program succeeds.
func Run(t testing.TB, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", cmd, out)
	return string(out)
}

// Tool returns the path of a program that a variable of the environment names; without it, the test is skipped.
func Tool(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skipf("%s is not set: make test and make check-deploy build the program and set it", variable)
	}
	return path
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
