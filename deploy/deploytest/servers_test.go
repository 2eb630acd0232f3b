package deploytest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrometheusConfiguration(t *testing.T) {
	out := succeeds(t, deploy, tool(t, "PROMTOOL"), "check", "config", "prometheus/prometheus.yml")
	assert.NotContains(t, out, "0 rule files found")
}

func TestAlertmanagerConfiguration(t *testing.T) {
	amtool := tool(t, "AMTOOL")
	config := filepath.Join(deploy, "alertmanager/alertmanager.yml")
	succeeds(t, ".", amtool, "check-config", config)
	for alert, receiver := range map[string]string{
		"BotHandoverRateHigh": "assistant", "BotCSATLow": "assistant", "BotExporterDown": "operations", "BotEventsLost": "operations",
	} {
		out := succeeds(t, ".", amtool, "config", "routes", "test", "--config.file="+config, "alertname="+alert)
		assert.Equal(t, receiver+"\n", out, alert)
	}
}

func TestReleaseConfiguration(t *testing.T) {
	succeeds(t, root, tool(t, "GORELEASER_CHECK"), ".goreleaser.yaml")
}

// The file for Prometheus 2.x loads, with the rules, in the promtool that Debian 12 packages.
func TestPrometheus2(t *testing.T) {
	const promtool = "/usr/bin/promtool"
	out, err := exec.Command(promtool, "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "version 2.") {
		t.Skipf("%s is not that of Prometheus 2: apt-get install prometheus on Debian 12 brings it", promtool)
	}
	require.Contains(t, succeeds(t, deploy, promtool, "check", "config", "prometheus/prometheus-2x.yml"), "SUCCESS")
}
