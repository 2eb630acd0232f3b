package deploytest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type service struct {
	Image       string
	User        string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	Security    []string `yaml:"security_opt"`
	Command     []string
	Ports       []string
	Volumes     []string
	Healthcheck struct {
		Test    []string
		Disable bool
	}
	Build struct{ Context, Dockerfile string }
}

func compose(t *testing.T) (services map[string]service, volumes map[string]any) {
	t.Helper()
	var file struct {
		Services map[string]service
		Volumes  map[string]any
	}
	decode(t, filepath.Join(deploy, "compose.yaml"), &file)
	require.NotEmpty(t, file.Services)
	return file.Services, file.Volumes
}

func TestCompose(t *testing.T) {
	u := help(t)
	services, volumes := compose(t)
	for name, s := range services {
		t.Run(name, func(t *testing.T) {
			assert.True(t, s.ReadOnly, "read_only")
			assert.Equal(t, []string{"ALL"}, s.CapDrop)
			assert.Equal(t, []string{"no-new-privileges:true"}, s.Security)
			assert.NotContains(t, s.Image, "latest")
			assert.Contains(t, s.Image, ":")
			for _, port := range s.Ports {
				assert.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s is open to others", port)
			}
			for _, v := range s.Volumes {
				source, _, _ := strings.Cut(v, ":")
				if !strings.HasPrefix(source, ".") {
					assert.Contains(t, volumes, source)
					continue
				}
				_, err := os.Stat(filepath.Join(deploy, source))
				assert.NoError(t, err)
				assert.True(t, strings.HasSuffix(v, ":ro"), "%s may be written", v)
			}
			if strings.HasPrefix(s.Image, "bot-exporter:") {
				u.accepts(t, s.Command)
			}
			if s.Build.Dockerfile != "" {
				_, err := os.Stat(filepath.Join(deploy, s.Build.Context, s.Build.Dockerfile))
				assert.NoError(t, err)
			}
			if name == "nats-volume" { // hands a folder over and ends
				return
			}
			assert.NotRegexp(t, `^(|0.*|root.*)$`, s.User, "root")
			assert.True(t, s.Healthcheck.Disable || len(s.Healthcheck.Test) > 1, "no health check")
		})
	}
}

// The versions of the images are those of the tools that the same files are tested with.
func TestComposeVersions(t *testing.T) {
	services, _ := compose(t)
	pinned := func(tool, module string) string {
		m := regexp.MustCompile(regexp.QuoteMeta(module) + ` v([0-9.]+)`).FindStringSubmatch(read(t, filepath.Join(root, tool)))
		require.NotNil(t, m, module)
		return m[1]
	}
	assert.Equal(t, "nats:"+pinned("go.mod", "nats-server/v2")+"-alpine", services["nats"].Image)
	assert.Equal(t, services["nats"].Image, services["nats-volume"].Image)
	assert.Equal(t, "prom/alertmanager:v"+pinned(".tools/alertmanager/go.mod", "prometheus/alertmanager"), services["alertmanager"].Image)
	// Module v0.315.0 is Prometheus 3.15.0.
	m := regexp.MustCompile(`^0\.(\d)(\d\d)\.(\d+)$`).FindStringSubmatch(pinned(".tools/prometheus/go.mod", "prometheus/prometheus"))
	require.NotNil(t, m)
	assert.Equal(t, "prom/prometheus:v"+m[1]+"."+strings.TrimPrefix(m[2], "0")+"."+m[3], services["prometheus"].Image)
}

// Names in the configurations are those of the services.
func TestComposeNames(t *testing.T) {
	services, _ := compose(t)
	target := regexp.MustCompile(`["/]([a-z-]+):(9850|9090|9093|4222)`)
	for _, path := range []string{"compose.yaml", "prometheus/prometheus.yml", "grafana/provisioning/datasources"} {
		path = filepath.Join(deploy, path)
		files := []string{path}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			files, err = filepath.Glob(filepath.Join(path, "*"))
			require.NoError(t, err)
		}
		for _, file := range files {
			for _, m := range target.FindAllStringSubmatch(read(t, file), -1) {
				if m[1] != "localhost" {
					assert.Contains(t, services, m[1], file)
				}
			}
		}
	}
}

func TestComposeSpec(t *testing.T) {
	out := succeeds(t, deploy, tool(t, "COMPOSE_SPEC"), "compose.yaml")
	assert.Contains(t, out, "name: bot-exporter")
}
