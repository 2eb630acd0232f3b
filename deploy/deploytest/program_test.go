// Package deploytest checks what is shipped below deploy against the program and the libraries that will read it: that
// files parse, that what they refer to exists, and that they work where servers can be had without containers.
package deploytest

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

const (
	root   = "../.."
	deploy = ".."
)

func TestMain(m *testing.M) {
	os.Exit(proctest.Main(m))
}

// usage is what the program says that it understands.
type usage struct {
	flags map[string]map[string]bool // by command; "" for all of them together
	env   map[string]bool
}

var (
	commandLine = regexp.MustCompile(`^([a-z][a-z -]*?)(?: (?:\[<|<|--).*)?$`)
	flagName    = regexp.MustCompile(`--(\[no-\])?([a-z][a-z0-9.-]*)`)
	envName     = regexp.MustCompile(`\$(BOT_EXPORTER_[A-Z0-9_]+)`)
)

// help reads --help-long: commands begin in the first column, their flags are indented.
func help(t *testing.T) usage {
	t.Helper()
	out := succeeds(t, ".", proctest.Program(t), "--help-long")
	u := usage{flags: map[string]map[string]bool{"": {}}, env: map[string]bool{}}
	common, commands, _ := strings.Cut(out, "\nCommands:\n")
	add := func(command, text string) {
		if u.flags[command] == nil {
			u.flags[command] = map[string]bool{}
		}
		for _, line := range strings.Split(text, "\n") {
			if before, _, _ := strings.Cut(strings.TrimSpace(line), "  "); strings.HasPrefix(before, "-") {
				for _, m := range flagName.FindAllStringSubmatch(before, -1) {
					u.flags[command][m[2]], u.flags[""][m[2]] = true, true
				}
			}
		}
		for _, m := range envName.FindAllStringSubmatch(text, -1) {
			u.env[m[1]] = true
		}
	}
	add("serve", common) // the default command's are among the common ones
	command := ""
	for _, line := range strings.Split(commands, "\n") {
		if m := commandLine.FindStringSubmatch(line); m != nil && !strings.HasPrefix(line, " ") {
			command = m[1]
			continue
		}
		add(command, line)
	}
	require.Contains(t, u.flags["serve"], "storage.path")
	require.Contains(t, u.flags["simulate"], "csat-mean")
	require.Contains(t, u.flags["health"], "timeout")
	require.Contains(t, u.env, "BOT_EXPORTER_NATS_URL")
	return u
}

// accepts checks the arguments of a container or unit: a command and its flags.
func (u usage) accepts(t *testing.T, args []string) {
	t.Helper()
	require.NotEmpty(t, args)
	flags, ok := u.flags[args[0]]
	require.True(t, ok, "no command %q", args[0])
	for _, arg := range args[1:] {
		if name, long := strings.CutPrefix(arg, "--"); long {
			name, _, _ = strings.Cut(name, "=")
			require.True(t, flags[name], "%s has no flag --%s", args[0], name)
		}
	}
}

// tool returns a program that make check-deploy builds and names; without it, the test is skipped.
func tool(t *testing.T, variable string) string {
	t.Helper()
	if os.Getenv("CHECK_DEPLOY") != "" {
		require.NotEmpty(t, os.Getenv(variable), "make check-deploy does not set %s", variable)
	}
	return proctest.Tool(t, variable)
}

// succeeds runs a program and returns what it printed.
func succeeds(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	return proctest.Run(t, cmd)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}
