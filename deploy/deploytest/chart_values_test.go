package deploytest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// A chart that depends on this one switches it off and on, and hands values and nulls down to it.
func TestHelmUmbrella(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "charts/bot-exporter"), os.DirFS(chart)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Chart.yaml"), []byte(`
apiVersion: v2
name: parent
version: 0.1.0
dependencies: [{name: bot-exporter, version: ">=0", condition: bot-exporter.enabled}]
`), 0o600))
	umbrella := func(values string) []manifest {
		text := proctest.Run(t, template(t, dir, values))
		conform(t, text)
		return manifests(t, text)
	}
	all := umbrella(`{global: {team: bots}, bot-exporter: {enabled: true, resources: {limits: {memory: 1073741824}}, podSecurityContext: {runAsUser: null}}}`)
	assert.Equal(t, "966367641", environment(t, all)["GOMEMLIMIT"])
	security := at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec", "securityContext")
	assert.NotContains(t, security, "runAsUser")
	assert.Contains(t, security, "runAsGroup")
	assert.NotEmpty(t, umbrella(`{}`))
	assert.Empty(t, umbrella(`bot-exporter: {enabled: false}`))
}

func claim(t *testing.T, all []manifest) manifest {
	t.Helper()
	list, ok := at(ofKind(t, all, "StatefulSet"), "spec", "volumeClaimTemplates").([]any)
	require.True(t, ok)
	require.Len(t, list, 1)
	c := list[0].(manifest)
	assert.Equal(t, "v1", c["apiVersion"], "the server adds it, and Argo CD sees a difference for ever")
	assert.Equal(t, "PersistentVolumeClaim", c["kind"])
	return c
}

func TestHelmClaims(t *testing.T) {
	c := claim(t, manifests(t, render(t, ``)))
	assert.NotContains(t, c["spec"], "storageClassName", "the default class")
	assert.NotContains(t, c["spec"], "selector")

	c = claim(t, manifests(t, render(t, `
persistence:
  storageClass: "-"
  size: 10737418240
  accessModes: [ReadWriteMany]
  annotations: {backup: "yes"}
  labels: {team: bots, app.kubernetes.io/name: other}
  selector: {matchLabels: {disk: bots}}
`)))
	assert.Equal(t, manifest{
		"storageClassName": "", "accessModes": []any{"ReadWriteMany"}, "selector": manifest{"matchLabels": manifest{"disk": "bots"}},
		"resources": manifest{"requests": manifest{"storage": 10737418240}},
	}, c["spec"])
	assert.Equal(t, manifest{"backup": "yes"}, at(c, "metadata", "annotations"))
	assert.Equal(t, manifest{"team": "bots", "app.kubernetes.io/name": "bot-exporter", "app.kubernetes.io/instance": "release"}, at(c, "metadata", "labels"))

	assert.Equal(t, "fast", at(claim(t, manifests(t, render(t, `persistence: {storageClass: fast, size: 1e10}`))), "spec", "storageClassName"))
	assert.Contains(t, refused(t, `persistence: {size: 2GB}`), "/persistence/size")
	assert.Contains(t, refused(t, `persistence: {accessModes: [ReadOnlyMany]}`), "/persistence/accessModes")
}

func TestHelmMonitors(t *testing.T) {
	for kind, endpoints := range map[string]string{"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"} {
		value := map[string]string{"ServiceMonitor": "serviceMonitor", "PodMonitor": "podMonitor"}[kind]
		monitor := ofKind(t, manifests(t, render(t, value+`:
  enabled: true
  namespace: monitoring
  interval: 30s
  scrapeTimeout: 20s
  labels: {release: prometheus, app.kubernetes.io/version: mine}
  relabelings: [{targetLabel: job, replacement: shop}]
  metricRelabelings: [{sourceLabels: [__name__], regex: bot_clicks_total, action: drop}]
`)), kind)
		endpoint := at(monitor, "spec", endpoints).([]any)[0]
		assert.Equal(t, "30s", at(endpoint, "interval"))
		assert.Equal(t, "20s", at(endpoint, "scrapeTimeout"))
		assert.Equal(t, []any{manifest{"targetLabel": "job", "replacement": "shop"}}, at(endpoint, "relabelings"))
		assert.Equal(t, []any{manifest{"sourceLabels": []any{"__name__"}, "regex": "bot_clicks_total", "action": "drop"}}, at(endpoint, "metricRelabelings"))
		assert.Equal(t, "monitoring", at(monitor, "metadata", "namespace"))
		assert.Equal(t, manifest{"matchNames": []any{"bots"}}, at(monitor, "spec", "namespaceSelector"), "where the pods are")
		assert.Equal(t, "prometheus", at(monitor, "metadata", "labels", "release"))
		assert.Equal(t, "mine", at(monitor, "metadata", "labels", "app.kubernetes.io/version"))

		endpoint = at(ofKind(t, manifests(t, render(t, value+`: {enabled: true}`)), kind), "spec", endpoints).([]any)[0]
		assert.Equal(t, manifest{"port": "metrics", "interval": "15s", "scheme": "http"}, endpoint)
		assert.Contains(t, refused(t, value+`: {enabled: true, scrapeTimeout: 20}`), "/scrapeTimeout")
		assert.Contains(t, refused(t, value+`: {enabled: true, interval: 1m, scrapeTimeout: 1m1s}`), "scrapeTimeout 1m1s is longer than interval 1m")
		render(t, value+`: {enabled: true, interval: 1m30s, scrapeTimeout: 90000ms}`)
	}
}

// Labels and annotations of the user beside those of the chart: no key twice, and pods stay selected.
func TestHelmMetadata(t *testing.T) {
	all := manifests(t, render(t, `
annotations: {reloader.stakater.com/auto: "true"}
podLabels: {app.kubernetes.io/version: mine, app.kubernetes.io/name: other, team: bots}
podAnnotations: {kubectl.kubernetes.io/default-container: other, x: "y"}
dashboards: {configMaps: {enabled: true, namespace: grafana}, operator: {enabled: true, namespace: grafana, labels: {team: bots}, annotations: {a: b}}}
prometheusRule: {enabled: true, namespace: monitoring, annotations: {a: b}}
`))
	set := ofKind(t, all, "StatefulSet")
	assert.Equal(t, manifest{"reloader.stakater.com/auto": "true"}, at(set, "metadata", "annotations"))
	pod := at(set, "spec", "template", "metadata")
	assert.Equal(t, manifest{"kubectl.kubernetes.io/default-container": "other", "x": "y"}, at(pod, "annotations"))
	assert.Equal(t, "mine", at(pod, "labels", "app.kubernetes.io/version"))
	assert.Subset(t, at(pod, "labels"), at(set, "spec", "selector", "matchLabels"))
	for kind, namespace := range map[string]string{"ConfigMap": "grafana", "GrafanaDashboard": "grafana", "PrometheusRule": "monitoring"} {
		assert.Equal(t, namespace, at(ofKind(t, all, kind), "metadata", "namespace"), kind)
	}
	for _, kind := range []string{"GrafanaDashboard", "PrometheusRule"} {
		assert.Equal(t, "b", at(ofKind(t, all, kind), "metadata", "annotations", "a"), kind)
	}
	assert.Equal(t, "bots", at(ofKind(t, all, "GrafanaDashboard"), "metadata", "labels", "team"))
}
