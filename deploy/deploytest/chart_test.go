package deploytest

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func count(all []manifest, kind string) (n int) {
	for _, m := range all {
		if m["kind"] == kind {
			n++
		}
	}
	return n
}

// Probes ask what the program answers, and a start may take minutes.
func TestHelmProbes(t *testing.T) {
	for values, probe := range map[string]func(path string) manifest{
		``: func(path string) manifest { return manifest{"httpGet": manifest{"path": path, "port": "metrics"}} },
		`web: {existingSecret: web}`: func(path string) manifest {
			return manifest{"httpGet": manifest{"path": path, "port": "metrics", "scheme": "HTTPS"}}
		},
		`web: {existingSecret: web, probes: tcp}`: func(string) manifest { return manifest{"tcpSocket": manifest{"port": "metrics"}} },
	} {
		all := manifests(t, render(t, values))
		c := container(t, all)
		for name, path := range map[string]string{"startupProbe": "/-/healthy", "livenessProbe": "/-/healthy", "readinessProbe": "/-/ready"} {
			got := c[name].(manifest)
			for key, want := range probe(path) {
				assert.Equal(t, want, got[key], "%s with %s", name, values)
			}
		}
		start := c["startupProbe"].(manifest)
		assert.GreaterOrEqual(t, start["periodSeconds"].(int)*start["failureThreshold"].(int), 300, "seconds to read a checkpoint")
		assert.Equal(t, values == "", count(all, "Pod") == 1, "helm test needs a port without a login")
	}
}

// Everything that can be switched on is there, and its parts know each other.
func TestHelmEverything(t *testing.T) {
	all := manifests(t, render(t, read(t, "testdata/everything.yaml")))
	boards, err := filepath.Glob(chart + "/files/dashboards/*.json")
	require.NoError(t, err)
	for kind, n := range map[string]int{
		"StatefulSet": 1, "Service": 1, "ServiceAccount": 1, "PodDisruptionBudget": 1, "NetworkPolicy": 1, "ServiceMonitor": 1, "PodMonitor": 0,
		"PrometheusRule": 1, "ConfigMap": len(boards) + 1, "GrafanaDashboard": len(boards),
	} {
		assert.Equal(t, n, count(all, kind), kind)
	}

	label := at(ofKind(t, all, "Service"), "spec", "selector")
	assert.Equal(t, label, at(ofKind(t, all, "ServiceMonitor"), "spec", "selector", "matchLabels"))
	assert.Equal(t, label, at(ofKind(t, all, "NetworkPolicy"), "spec", "podSelector", "matchLabels"))
	assert.Equal(t, label, at(ofKind(t, all, "PodDisruptionBudget"), "spec", "selector", "matchLabels"))
	assert.Subset(t, at(ofKind(t, all, "StatefulSet"), "spec", "template", "metadata", "labels"), label)
	assert.Subset(t, at(ofKind(t, all, "Service"), "metadata", "labels"), label)

	var generated manifest
	decode(t, filepath.Join(deploy, "kubernetes/prometheusrule.yaml"), &generated)
	assert.Equal(t, generated["spec"], ofKind(t, all, "PrometheusRule")["spec"])

	// The ports of DNS are what the values say.
	var dns []any
	for _, p := range at(ofKind(t, all, "NetworkPolicy"), "spec", "egress").([]any)[0].(manifest)["ports"].([]any) {
		dns = append(dns, at(p, "port"))
	}
	assert.Equal(t, []any{53, 53, 5353, 5353}, dns)

	// The ports of nats.urls are let out, each once.
	var ports []any
	for _, rule := range at(ofKind(t, all, "NetworkPolicy"), "spec", "egress").([]any)[1:] {
		for _, p := range at(rule, "ports").([]any) {
			ports = append(ports, at(p, "port"))
		}
	}
	assert.Equal(t, []any{4222, 443}, ports)

	c := container(t, all)
	env := map[any]any{}
	for _, e := range c["env"].([]any) {
		env[at(e, "name")] = at(e, "value")
	}
	assert.Equal(t, "1350000000", env["GOMEMLIMIT"], "90% of 1500M")

	// Every file that a flag names lies in a volume that is mounted; secrets are not for others to read.
	mounts := map[string]string{}
	for _, m := range c["volumeMounts"].([]any) {
		mounts[at(m, "mountPath").(string)] = at(m, "name").(string)
	}
	volumes := map[string]any{}
	for _, v := range at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec", "volumes").([]any) {
		volumes[at(v, "name").(string)] = v
		if secret := at(v, "secret"); secret != nil {
			assert.Equal(t, 0o440, at(secret, "defaultMode"))
		}
	}
	files := 0
	for _, arg := range arguments(t, c) {
		if m := regexp.MustCompile(`^--[a-z.-]*file=(.*)$`).FindStringSubmatch(arg); m != nil {
			files++
			volume, mounted := mounts[path.Dir(m[1])]
			assert.True(t, mounted, arg)
			assert.Contains(t, volumes, volume)
		}
	}
	assert.Equal(t, 7, files)
	assert.NotContains(t, strings.Join(arguments(t, c), " "), "nats.create-stream")
}

func TestHelmPodMonitor(t *testing.T) {
	all := manifests(t, render(t, `podMonitor: {enabled: true, scheme: https, basicAuth: {username: {name: s, key: user}}}`))
	endpoint := at(ofKind(t, all, "PodMonitor"), "spec", "podMetricsEndpoints").([]any)[0]
	assert.Equal(t, "https", at(endpoint, "scheme"))
	assert.Equal(t, "s", at(endpoint, "basicAuth", "username", "name"))
}
