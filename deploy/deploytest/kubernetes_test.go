package deploytest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const chart = deploy + "/helm/bot-exporter"

type manifest = map[string]any

func manifests(t *testing.T, text string) (all []manifest) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var m manifest
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if m != nil {
			all = append(all, m)
		}
	}
}

// at goes down by keys; nil when there is nothing.
func at(v any, path ...string) any {
	for _, key := range path {
		m, ok := v.(manifest)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func ofKind(t *testing.T, all []manifest, kind string) manifest {
	t.Helper()
	for _, m := range all {
		if m["kind"] == kind {
			return m
		}
	}
	require.Fail(t, "no "+kind)
	return nil
}

func base(t *testing.T) (all []manifest) {
	t.Helper()
	var k struct{ Resources []string }
	decode(t, filepath.Join(deploy, "kubernetes/base/kustomization.yaml"), &k)
	for _, file := range k.Resources {
		all = append(all, manifests(t, read(t, filepath.Join(deploy, "kubernetes/base", file)))...)
	}
	require.Len(t, all, 5)
	return all
}

// An absent selector of a NetworkPolicy or budget would mean every pod.
func TestSelectors(t *testing.T) {
	label := manifest{"app.kubernetes.io/name": "bot-exporter"}
	all := base(t)
	assert.Equal(t, label, at(ofKind(t, all, "NetworkPolicy"), "spec", "podSelector", "matchLabels"))
	assert.Equal(t, label, at(ofKind(t, all, "PodDisruptionBudget"), "spec", "selector", "matchLabels"))
	assert.Equal(t, label, at(ofKind(t, all, "StatefulSet"), "spec", "selector", "matchLabels"))
	assert.Equal(t, label, at(ofKind(t, all, "StatefulSet"), "spec", "template", "metadata", "labels"))
	assert.Equal(t, label, at(ofKind(t, all, "Service"), "spec", "selector"))
	monitor := manifests(t, read(t, filepath.Join(deploy, "kubernetes/servicemonitor.yaml")))[0]
	assert.Equal(t, label, at(monitor, "spec", "selector", "matchLabels"))
}

func container(t *testing.T, all []manifest) manifest {
	t.Helper()
	list, ok := at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec", "containers").([]any)
	require.True(t, ok)
	return list[0].(manifest)
}

func arguments(t *testing.T, c manifest) (args []string) {
	t.Helper()
	for _, a := range c["args"].([]any) {
		args = append(args, a.(string))
	}
	return args
}

func TestKustomizeFlags(t *testing.T) {
	help(t).accepts(t, arguments(t, container(t, base(t))))
}

// The flags of the chart are those of the program, in all branches of its templates.
func TestHelmFlags(t *testing.T) {
	u := help(t)
	var args []string
	_, text, found := strings.Cut(read(t, chart+"/templates/statefulset.yaml"), "args:")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "env:")
	for _, line := range strings.Split(text, "\n") {
		if arg, ok := strings.CutPrefix(strings.TrimSpace(line), "- "); ok {
			args = append(args, arg)
		}
	}
	assert.Greater(t, len(args), 20)
	u.accepts(t, args)
}

// The chart holds the generated files as they are.
func TestHelmFiles(t *testing.T) {
	boards, err := filepath.Glob(filepath.Join(deploy, "grafana/dashboards/*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, boards)
	for _, board := range boards {
		assert.Equal(t, read(t, board), read(t, filepath.Join(chart, "files/dashboards", filepath.Base(board))), "run make generate")
	}
	copies, err := filepath.Glob(chart + "/files/dashboards/*")
	require.NoError(t, err)
	assert.Len(t, copies, len(boards), "run make generate")
	assert.Equal(t, read(t, filepath.Join(deploy, "kubernetes/prometheusrule.yaml")), read(t, chart+"/files/prometheusrule.yaml"), "run make generate")
}

// Each value is described by the schema, and each that the schema knows has a default.
func TestHelmSchema(t *testing.T) {
	var values, schema manifest
	decode(t, chart+"/values.yaml", &values)
	require.NoError(t, json.Unmarshal([]byte(read(t, chart+"/values.schema.json")), &schema))
	var compare func(path string, values manifest, schema any)
	compare = func(path string, values manifest, schema any) {
		known, _ := at(schema, "properties").(manifest)
		if at(schema, "additionalProperties") != false {
			return // free
		}
		for key := range known {
			if path+key != "global" {
				assert.Contains(t, values, key, "schema knows %s%s", path, key)
			}
		}
		for key, value := range values {
			if assert.Contains(t, known, key, "values has %s%s", path, key) {
				if child, ok := value.(manifest); ok {
					compare(path+key+".", child, known[key])
				}
			}
		}
	}
	compare("", values, schema)
}

func render(t *testing.T, values string) string {
	t.Helper()
	helm := tool(t, "HELM")
	file := filepath.Join(t.TempDir(), "values.yaml")
	require.NoError(t, os.WriteFile(file, []byte(values), 0o600))
	succeeds(t, ".", helm, "lint", "--strict", chart, "--kube-version=1.37.0", "--values="+file)
	return succeeds(t, ".", helm, "template", "release", chart, "--kube-version=1.37.0", "--namespace=bots", "--values="+file)
}

func conform(t *testing.T, text string) {
	t.Helper()
	schemas, err := filepath.Abs(filepath.Join(root, ".tools/kubeconform/schemas"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	succeeds(t, ".", tool(t, "KUBECONFORM"), "-strict", "-schema-location="+schemas+"/{{.ResourceKind}}{{.KindSuffix}}.json", file)
}

func TestHelm(t *testing.T) {
	u := help(t)
	for name, values := range map[string]string{
		"defaults":    ``,
		"everything":  read(t, "testdata/everything.yaml"),
		"no volume":   `persistence: {enabled: false}`,
		"token":       `nats: {auth: {existingSecret: s, tokenKey: token}, allowPlaintextCredentials: true}`,
		"jwt":         `nats: {auth: {existingSecret: s, credentialsKey: user.creds}}`,
		"nkey":        `nats: {auth: {existingSecret: s, nkeyKey: seed}}`,
		"pod monitor": `podMonitor: {enabled: true, labels: {release: prometheus}}`,
		"web by tcp":  `web: {existingSecret: web, probes: tcp}`,
	} {
		t.Run(name, func(t *testing.T) {
			text := render(t, values)
			conform(t, text)
			u.accepts(t, arguments(t, container(t, manifests(t, text))))
		})
	}
	for name, values := range map[string]string{
		"unknown value":   `replica: 3`,
		"both monitors":   `{podMonitor: {enabled: true}, serviceMonitor: {enabled: true}}`,
		"password in url": `nats: {urls: ["nats://user:password@nats:4222"]}`,
		"memory":          `resources: {limits: {memory: 1 GB}}`,
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "values.yaml")
			require.NoError(t, os.WriteFile(file, []byte(values), 0o600))
			out, err := exec.CommandContext(t.Context(), tool(t, "HELM"), "template", "release", chart, "--kube-version=1.37.0", "--values="+file).CombinedOutput()
			assert.Error(t, err, string(out))
		})
	}
}

// What the chart makes by default is what the manifests of kustomize say, where both have an opinion.
func TestHelmLikeKustomize(t *testing.T) {
	rendered, plain := manifests(t, render(t, ``)), base(t)
	for _, path := range [][]string{{"startupProbe"}, {"livenessProbe"}, {"readinessProbe"}, {"securityContext"}, {"ports"}, {"resources"}, {"volumeMounts"}} {
		assert.Equal(t, at(container(t, rendered), path...), at(container(t, plain), path...), path)
	}
	a, b := ofKind(t, rendered, "StatefulSet"), ofKind(t, plain, "StatefulSet")
	for _, key := range []string{"securityContext", "automountServiceAccountToken", "enableServiceLinks", "terminationGracePeriodSeconds"} {
		assert.Equal(t, at(a, "spec", "template", "spec", key), at(b, "spec", "template", "spec", key), key)
	}
	for _, kind := range []string{"NetworkPolicy", "PodDisruptionBudget", "Service"} {
		a, b := ofKind(t, rendered, kind)["spec"].(manifest), ofKind(t, plain, kind)["spec"].(manifest)
		for _, selector := range []string{"selector", "podSelector"} {
			delete(a, selector)
			delete(b, selector)
		}
		assert.Equal(t, a, b, kind)
	}
}

func TestKustomize(t *testing.T) {
	kustomize := tool(t, "KUSTOMIZE")
	for _, dir := range []string{"kubernetes/base", "kubernetes"} {
		conform(t, succeeds(t, ".", kustomize, filepath.Join(deploy, dir)))
	}
}

// The overlay in the README of the manifests does what it says.
func TestKustomizeOverlay(t *testing.T) {
	_, text, found := strings.Cut(read(t, filepath.Join(deploy, "kubernetes/README.md")), "```yaml\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "shipped"), os.DirFS(filepath.Join(deploy, "kubernetes"))))
	text = regexp.MustCompile(`\[github\.com/\S+\]`).ReplaceAllString(text, "[shipped]")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600))
	all := manifests(t, succeeds(t, ".", tool(t, "KUSTOMIZE"), dir))
	args := arguments(t, container(t, all))
	help(t).accepts(t, args)
	assert.Equal(t, "--nats.url=tls://nats.nats:4222", args[1])
	assert.Contains(t, args, "--time.zone=Europe/Rome")
	assert.Equal(t, "bots", at(ofKind(t, all, "StatefulSet"), "metadata", "namespace"))
}
