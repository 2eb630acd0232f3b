package deploytest

import (
	"bytes"
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

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
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
	_, text, found := strings.Cut(read(t, chart+"/templates/_args.tpl"), "\n- serve\n")
	require.True(t, found)
	args := append([]string{"serve"}, regexp.MustCompile(`--[a-z.-]+`).FindAllString(text, -1)...)
	assert.Greater(t, len(args), 20)
	help(t).accepts(t, args)
}

// The chart holds the generated files, the dashboards without their white space.
func TestHelmFiles(t *testing.T) {
	boards, err := filepath.Glob(filepath.Join(deploy, "grafana/dashboards/*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, boards)
	for _, board := range boards {
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, []byte(read(t, board))))
		assert.True(t, compact.String() == read(t, filepath.Join(chart, "files/dashboards", filepath.Base(board))), "%s: run make generate", board)
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
	compare = func(path string, values manifest, part any) {
		if ref, ok := at(part, "$ref").(string); ok {
			part = at(schema, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			require.NotNil(t, part, ref)
		}
		known, _ := at(part, "properties").(manifest)
		if at(part, "additionalProperties") != false {
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

// template is the command that renders the chart, or a chart that depends on it, with values.
func template(t *testing.T, chart, values string) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	require.NoError(t, os.WriteFile(file, []byte(values), 0o600))
	return exec.CommandContext(t.Context(), tool(t, "HELM"), "template", "release", chart, "--kube-version=1.37.0", "--namespace=bots", "--values="+file)
}

// render returns the objects of the chart, which pass lint and have the form that Kubernetes and the operators demand.
func render(t *testing.T, values string) string {
	t.Helper()
	cmd := template(t, chart, values)
	succeeds(t, ".", tool(t, "HELM"), "lint", "--strict", chart, "--kube-version=1.37.0", cmd.Args[len(cmd.Args)-1])
	text := proctest.Run(t, cmd)
	conform(t, text)
	return text
}

// refused returns why the chart does not take values.
func refused(t *testing.T, values string) string {
	t.Helper()
	out, err := template(t, chart, values).CombinedOutput()
	require.Error(t, err, values)
	return string(out)
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
		"bytes":       `resources: {limits: {memory: 1073741824}, requests: {memory: 129e6}}`,
	} {
		t.Run(name, func(t *testing.T) {
			u.accepts(t, arguments(t, container(t, manifests(t, render(t, values)))))
		})
	}
	for values, why := range map[string]string{
		`replica: 3`: "additional properties 'replica' not allowed",
		`{podMonitor: {enabled: true}, serviceMonitor: {enabled: true}}`: "not both",
		`nats: {urls: ["nats://user:password@nats:4222"]}`:               "/nats/urls/0",
		`enabled: false`: "without a condition, leave the chart out",
	} {
		assert.Contains(t, refused(t, values), why)
	}
}

// What the chart makes by default is what the manifests of kustomize say, where both have an opinion.
func TestHelmLikeKustomize(t *testing.T) {
	rendered, plain := manifests(t, render(t, ``)), base(t)
	for _, path := range [][]string{{"startupProbe"}, {"livenessProbe"}, {"readinessProbe"}, {"securityContext"}, {"ports"}, {"resources"}, {"volumeMounts"}} {
		assert.Equal(t, at(container(t, rendered), path...), at(container(t, plain), path...), path)
	}
	a, b := ofKind(t, rendered, "StatefulSet"), ofKind(t, plain, "StatefulSet")
	assert.Equal(t, claim(t, rendered)["spec"], claim(t, plain)["spec"])
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

// The overlay in the README of the manifests, with the patches after it, does what it says.
func TestKustomizeOverlay(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, filepath.Join(deploy, "kubernetes/README.md")), -1)
	require.Len(t, blocks, 3)
	text := blocks[0][1] + blocks[1][1] + blocks[2][1]
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "shipped"), os.DirFS(filepath.Join(deploy, "kubernetes"))))
	text = regexp.MustCompile(`\[github\.com/\S+\]`).ReplaceAllString(text, "[shipped]")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600))
	text = succeeds(t, ".", tool(t, "KUSTOMIZE"), dir)
	conform(t, text)
	all := manifests(t, text)
	args := arguments(t, container(t, all))
	help(t).accepts(t, args)
	assert.Equal(t, "--nats.url=tls://nats.nats:4222", args[1])
	assert.Contains(t, args, "--time.zone=Europe/Rome")
	assert.Equal(t, "bots", at(ofKind(t, all, "StatefulSet"), "metadata", "namespace"))
	assert.Len(t, at(ofKind(t, all, "NetworkPolicy"), "spec", "egress").([]any)[0].(manifest)["ports"], 4)
	security := at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec", "securityContext")
	assert.Equal(t, true, at(security, "runAsNonRoot"))
	for _, id := range []string{"runAsUser", "runAsGroup", "fsGroup"} {
		assert.NotContains(t, security, id)
	}
}
