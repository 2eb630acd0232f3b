package deploytest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

const unit = deploy + "/systemd/bot-exporter.service"

// maxExposure is how open systemd-analyze security may find the unit, 0 to 10. Version 252 says 1.1, others a bit more or
// less; below 2 counts as safe.
const maxExposure = 1.5

func TestUnit(t *testing.T) {
	text := read(t, unit)
	m := regexp.MustCompile(`(?m)^ExecStart=(\S+) (.*)$`).FindStringSubmatch(text)
	require.NotNil(t, m)
	help(t).accepts(t, strings.Fields(m[2]))
	for _, line := range []string{"Type=notify", "ExecReload=/bin/kill -HUP $MAINPID", "DynamicUser=yes", "StateDirectory=bot-exporter", "ProtectSystem=strict", "WatchdogSec=60s"} {
		assert.Contains(t, text, "\n"+line+"\n")
	}

	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		require.Empty(t, os.Getenv("CI"), "systemd-analyze is not installed")
		t.Skip("systemd-analyze is not installed")
	}
	verified := filepath.Join(t.TempDir(), "bot-exporter.service") // it wants the program to exist
	require.NoError(t, os.WriteFile(verified, []byte(strings.ReplaceAll(text, m[1], proctest.Program(t))), 0o600))
	for _, line := range strings.Split(succeeds(t, ".", analyze, "verify", verified), "\n") {
		assert.NotContains(t, line, "bot-exporter") // it speaks of other units of the machine as well
	}
	out := succeeds(t, ".", analyze, "security", "--offline=yes", "--no-pager", verified)
	score := regexp.MustCompile(`exposure level for bot-exporter.service: ([0-9.]+)`).FindStringSubmatch(out)
	require.NotNil(t, score, out)
	exposure, err := strconv.ParseFloat(score[1], 64)
	require.NoError(t, err)
	assert.LessOrEqual(t, exposure, maxExposure, out)
}
