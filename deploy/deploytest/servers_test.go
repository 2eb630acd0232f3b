package deploytest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
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
