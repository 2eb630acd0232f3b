// Command generate writes JSON Schemas of the Kubernetes kinds that the project ships, for kubeconform, which would
// otherwise download them:
//
//	go run ./generate SWAGGER DIR
//
// SWAGGER is api/openapi-spec/swagger.json of the module k8s.io/kubernetes. Unknown fields are refused; descriptions are
// left out.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// kinds by the names of their definitions; the file is what kubeconform looks for.
var kinds = map[string]string{
	"io.k8s.api.apps.v1.StatefulSet":           "statefulset-apps-v1",
	"io.k8s.api.core.v1.ConfigMap":             "configmap-v1",
	"io.k8s.api.core.v1.Pod":                   "pod-v1",
	"io.k8s.api.core.v1.Service":               "service-v1",
	"io.k8s.api.core.v1.ServiceAccount":        "serviceaccount-v1",
	"io.k8s.api.networking.v1.NetworkPolicy":   "networkpolicy-networking-v1",
	"io.k8s.api.policy.v1.PodDisruptionBudget": "poddisruptionbudget-policy-v1",
}

type object = map[string]any

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(swagger, dir string) error {
	b, err := os.ReadFile(swagger)
	if err != nil {
		return err
	}
	var api struct {
		Definitions map[string]object `json:"definitions"`
	}
	if err := json.Unmarshal(b, &api); err != nil {
		return err
	}
	for name, file := range kinds {
		needed := object{}
		collect(api.Definitions, name, needed)
		schema := maps.Clone(needed[name].(object))
		delete(needed, name)
		schema["$schema"] = "http://json-schema.org/draft-07/schema#"
		schema["definitions"] = needed
		out, err := json.Marshal(schema)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file+".json"), append(out, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// collect takes over a definition and all that it refers to.
func collect(all map[string]object, name string, into object) {
	if into[name] != nil {
		return
	}
	def, ok := strict(all[name]).(object)
	if !ok {
		panic("no definition of " + name)
	}
	into[name] = def
	follow(def, func(ref string) { collect(all, ref, into) })
}

func follow(v any, f func(ref string)) {
	switch v := v.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok {
			f(strings.TrimPrefix(ref, "#/definitions/"))
		}
		for _, child := range v {
			follow(child, f)
		}
	case []any:
		for _, child := range v {
			follow(child, f)
		}
	}
}

// strict copies a schema without what does not validate, and closes its objects.
func strict(v any) any {
	switch v := v.(type) {
	case object:
		if v["format"] == "int-or-string" || v["description"] != nil && strings.HasPrefix(fmt.Sprint(v["description"]), "Quantity is a fixed-point") {
			return object{"type": []string{"string", "number"}}
		}
		out := object{}
		for key, child := range v {
			if _, text := child.(string); key == "description" && text || strings.HasPrefix(key, "x-") || key == "format" && text || key == "default" {
				continue
			}
			out[key] = strict(child)
		}
		if out["properties"] != nil && out["additionalProperties"] == nil {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = strict(child)
		}
		return out
	default:
		return v
	}
}
