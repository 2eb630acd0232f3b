package rules

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// Alerts on the exporter, its stream and silence go to those who run it; alerts on KPIs go to the others.
func TestAlertmanagerRoutes(t *testing.T) {
	b, err := os.ReadFile(deploy + "/alertmanager/alertmanager.yml")
	require.NoError(t, err)
	var file struct {
		Route struct {
			Routes []struct {
				Receiver string   `yaml:"receiver"`
				Matchers []string `yaml:"matchers"`
			} `yaml:"routes"`
		} `yaml:"route"`
	}
	require.NoError(t, yaml.Unmarshal(b, &file))
	require.Len(t, file.Route.Routes, 1)
	route := file.Route.Routes[0]
	require.Equal(t, "operations", route.Receiver)
	names := regexp.MustCompile(`^alertname=~"(.*)"$`).FindStringSubmatch(route.Matchers[0])
	require.NotNil(t, names)
	operations := regexp.MustCompile("^(?:" + names[1] + ")$")
	_, alerts, err := Rules(Defaults())
	require.NoError(t, err)
	for _, a := range alerts {
		want := a.Module == "exporter" || a.Module == "stream" || a.Module == "traffic"
		require.Equal(t, want, operations.MatchString(a.Name), a.Name)
	}
}
