package deploytest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// environment returns the values of the variables of the exporter by their names, of which each is there once.
func environment(t *testing.T, all []manifest) map[string]any {
	t.Helper()
	env := map[string]any{}
	list, _ := container(t, all)["env"].([]any)
	for _, e := range list {
		name := at(e, "name").(string)
		require.NotContains(t, env, name, "server-side apply refuses a list with the same key twice")
		env[name] = at(e, "value")
	}
	return env
}

// GOMEMLIMIT is 90% of the limit, in whatever form Kubernetes takes it; both go to the cluster.
func TestHelmMemory(t *testing.T) {
	for limit, want := range map[string]string{
		`1Gi`: "966367641", `"1Gi"`: "966367641", `0.5Gi`: "483183820", `.5Gi`: "483183820", `1.Gi`: "966367641", `+1Gi`: "966367641",
		`1073741824`: "966367641", `"1073741824"`: "966367641", `134217728`: "120795955", `1073741824.0`: "966367641",
		`1e9`: "900000000", `"1e9"`: "900000000", `129e6`: "116100000", `"129E+6"`: "116100000", `1.5e9`: "1350000000",
		`"12900000e+1"`: "116100000", `"12900000000e-2"`: "116100000",
		`1500M`: "1350000000", `200000k`: "180000000", `1G`: "900000000", `1T`: "900000000000", `1P`: "900000000000000", `1E`: "900000000000000000",
		`20480Ki`: "18874368", `512Mi`: "483183820", `1Ti`: "989560464998", `1Pi`: "1013309916158361", `1Ei`: "1037629354146162304",
		`1073741824000m`: "966367641", `1073741824000000u`: "966367641", `1073741824000000000n`: "966367641",
	} {
		all := manifests(t, proctest.Run(t, template(t, chart, `resources: {limits: {memory: `+limit+`}}`)))
		assert.Equal(t, want, environment(t, all)["GOMEMLIMIT"], limit)
		assert.NotNil(t, at(container(t, all), "resources", "limits", "memory"), limit)
	}
	for limit, why := range map[string]string{
		`1 GB`: "/resources/limits/memory", `1GB`: "/resources/limits/memory", `-1Gi`: "/resources/limits/memory", `1e`: "/resources/limits/memory",
		`1.2.3Gi`: "/resources/limits/memory", `0`: "/resources/limits/memory", `Gi`: "/resources/limits/memory", `""`: "/resources/limits/memory",
		`512`: "512 is 512 bytes, too few to start; did you mean 512Mi?", `400m`: "did you mean 400Mi?", `"0"`: "too few", `8Ei`: "63 bits",
	} {
		assert.Contains(t, refused(t, `resources: {limits: {memory: `+limit+`}}`), why, limit)
	}
}

func TestHelmEnvironment(t *testing.T) {
	for values, want := range map[string]map[string]any{
		`{}`:                              {"GOMEMLIMIT": "966367641"},
		`extraEnv: [{name: A, value: b}]`: {"GOMEMLIMIT": "966367641", "A": "b"},
		`extraEnv: [{name: GOMEMLIMIT, value: 700MiB}]`:                                            {"GOMEMLIMIT": "700MiB"},
		`extraEnv: [{name: A, value: b}, {name: GOMEMLIMIT, value: "off"}]`:                        {"GOMEMLIMIT": "off", "A": "b"},
		`extraEnv: [{name: GOMEMLIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]`: {"GOMEMLIMIT": nil},
		`resources: {limits: {memory: null}}`:                                                      {},
		`resources: {limits: null}`:                                                                {},
		`resources: null`:                                                                          {},
		`{resources: {limits: {memory: null}}, extraEnv: [{name: GOMEMLIMIT, value: 1GiB}]}`:       {"GOMEMLIMIT": "1GiB"},
		`extraEnv: null`: {"GOMEMLIMIT": "966367641"},
	} {
		assert.Equal(t, want, environment(t, manifests(t, render(t, values))), values)
	}
	assert.Contains(t, refused(t, `extraEnv: [{name: GOMEMLIMIT, value: 1GiB}, {name: GOMEMLIMIT, value: 2GiB}]`), "extraEnv has GOMEMLIMIT twice")
	assert.Contains(t, refused(t, `extraEnv: [{value: b}]`), "/extraEnv/0")
}

// The program refuses a flag that comes twice, so the chart does it before there is a pod that never starts.
func TestHelmExtraArgs(t *testing.T) {
	args := arguments(t, container(t, manifests(t, render(t, `extraArgs: [--nats.tls-first, --no-web.systemd-socket, "--nats.user=a: b # c"]`))))
	assert.Equal(t, []string{"--nats.tls-first", "--no-web.systemd-socket", "--nats.user=a: b # c"}, args[len(args)-3:])
	for _, extra := range []string{"--log.level=debug", "--no-nats.create-stream", "--storage.path=/elsewhere"} {
		assert.Contains(t, refused(t, `extraArgs: ["`+extra+`"]`), "already; use its value")
	}
	render(t, `extraArgs: [--web.reload-host=a.example, --web.reload-host=b.example]`)
	// What stands in a value arrives as it is.
	args = arguments(t, container(t, manifests(t, render(t, `nats: {auth: {existingSecret: s, user: "a: b # c", passwordKey: p}}`))))
	assert.Contains(t, args, "--nats.user=a: b # c")
}

func TestHelmExtraVolumes(t *testing.T) {
	all := manifests(t, render(t, `
users: {existingSecret: bot-users}
extraVolumes: [{name: ca, configMap: {name: company-ca}}]
extraVolumeMounts: [{name: ca, mountPath: /etc/ssl/company, readOnly: true}, {name: data, mountPath: /copy, subPath: copy}]
initContainers: [{name: wait, image: busybox, command: ["true"], volumeMounts: [{name: ca, mountPath: /ca}]}]
`))
	pod := at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec")
	names := func(list any) (names []string) {
		for _, v := range list.([]any) {
			names = append(names, at(v, "name").(string))
		}
		return names
	}
	assert.Equal(t, []string{"users", "ca"}, names(at(pod, "volumes")))
	assert.Equal(t, []string{"data", "users", "ca", "data"}, names(container(t, all)["volumeMounts"]))
	assert.Equal(t, []string{"wait"}, names(at(pod, "initContainers")))
	for values, why := range map[string]string{
		`extraVolumes: [{name: data, emptyDir: {}}]`:                                       "there is a volume data already",
		`{web: {existingSecret: w}, extraVolumes: [{name: web}]}`:                          "there is a volume web already",
		`extraVolumes: [{name: a}, {name: a}]`:                                             "there is a volume a already",
		`extraVolumeMounts: [{name: a, mountPath: /a}]`:                                    "there is no volume a",
		`{extraVolumes: [{name: a}], extraVolumeMounts: [{name: a, mountPath: /data}]}`:    "something is mounted at /data already",
		`{extraVolumes: [{name: a}], extraVolumeMounts: [{name: a, mountPath: relative}]}`: "/extraVolumeMounts/0",
	} {
		assert.Contains(t, refused(t, values), why)
	}
}

// OpenShift gives each namespace a range of ids; a pod that asks for another is refused.
func TestHelmSecurityContexts(t *testing.T) {
	contexts := func(values string) (pods, containers []any) {
		all := manifests(t, render(t, values))
		for _, pod := range []any{at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec"), ofKind(t, all, "Pod")["spec"]} {
			pods = append(pods, at(pod, "securityContext"))
			containers = append(containers, at(pod.(manifest)["containers"].([]any)[0], "securityContext"))
		}
		return pods, containers
	}
	profile := manifest{"type": "RuntimeDefault"}
	pods, containers := contexts(`podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}`)
	want := manifest{"runAsNonRoot": true, "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": profile}
	assert.Equal(t, []any{want, want}, pods)
	restricted := manifest{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": manifest{"drop": []any{"ALL"}}}
	assert.Equal(t, []any{restricted, restricted}, containers)

	pods, containers = contexts(`{podSecurityContext: {runAsUser: 1000}, securityContext: {readOnlyRootFilesystem: false}}`)
	for i := range pods {
		assert.Equal(t, 1000, at(pods[i], "runAsUser"))
		assert.Equal(t, 65532, at(pods[i], "runAsGroup"))
		assert.Equal(t, false, at(containers[i], "readOnlyRootFilesystem"))
	}
	pods, containers = contexts(`{podSecurityContext: null, securityContext: null}`)
	assert.Equal(t, []any{nil, nil}, pods)
	assert.Equal(t, []any{nil, nil}, containers)
}

// The pod of helm test pulls the same image, and may run where the replicas may.
func TestHelmTestPod(t *testing.T) {
	all := manifests(t, render(t, `
imagePullSecrets: [{name: reg}]
image: {pullPolicy: Always}
serviceAccount: {create: false, name: mine}
priorityClassName: high
nodeSelector: {disk: ssd}
tolerations: [{operator: Exists}]
affinity:
  nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: arch, operator: Exists}]}]}}
  podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {}}]}
`))
	replica, test := at(ofKind(t, all, "StatefulSet"), "spec", "template", "spec"), ofKind(t, all, "Pod")["spec"]
	for _, key := range []string{"imagePullSecrets", "serviceAccountName", "priorityClassName", "nodeSelector", "tolerations", "securityContext", "automountServiceAccountToken"} {
		assert.NotNil(t, at(test, key), key)
		assert.Equal(t, at(replica, key), at(test, key), key)
	}
	// Away from other pods would be away from the replicas, and on a small cluster nowhere.
	assert.Equal(t, manifest{"nodeAffinity": at(replica, "affinity", "nodeAffinity")}, at(test, "affinity"))
	asked := at(test, "containers").([]any)[0].(manifest)
	for _, key := range []string{"image", "imagePullPolicy", "securityContext"} {
		assert.Equal(t, container(t, all)[key], asked[key], key)
	}
	assert.Equal(t, 0, count(manifests(t, render(t, `replicas: 0`)), "Pod"), "a pod needs a container")
	assert.Equal(t, 3, strings.Count(render(t, `replicas: 3`), "/-/ready\"]"))
}
