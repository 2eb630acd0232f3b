package schema

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

const dir = "../../../deploy/events"

var update = flag.Bool("update", false, "write the files")

func TestFiles(t *testing.T) {
	files := Files()
	if *update {
		for _, pattern := range []string{"*.schema.json", "examples/*.json"} { // those of kinds that are gone
			old, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range old {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for path, content := range files {
		path = filepath.Join(dir, path)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s is not current, run go generate: %v", path, err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "README.md" { // written by hand
			return err
		}
		if name, err := filepath.Rel(dir, path); err != nil || files[filepath.ToSlash(name)] == nil {
			t.Errorf("%s is not generated any more", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compile(t *testing.T) map[event.Kind]*jsonschema.Schema {
	t.Helper()
	schemas := map[event.Kind]*jsonschema.Schema{}
	for _, k := range event.Kinds() {
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft2020)
		c.AssertContent()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Files()[k.String()+".schema.json"]))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("schema.json", doc); err != nil {
			t.Fatal(err)
		}
		if schemas[k], err = c.Compile("schema.json"); err != nil {
			t.Fatal(err) // also where a schema does not follow its metaschema
		}
	}
	return schemas
}

func validate(t *testing.T, s *jsonschema.Schema, payload []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestExamples(t *testing.T) {
	schemas := compile(t)
	for _, k := range event.Kinds() {
		payload := Files()["examples/"+k.String()+".json"]
		if err := validate(t, schemas[k], payload); err != nil {
			t.Errorf("%s: %v", k, err)
		}
		var e event.Event
		if err := event.NewDecoder(event.Config{}).Decode(nil, payload, &e); err != nil || e.Kind != k {
			t.Errorf("%s: decoded as %s, %v", k, e.Kind, err)
		}
		for _, other := range event.Kinds() {
			if other != k && validate(t, schemas[other], payload) == nil {
				t.Errorf("the example of %s is also one of %s", k, other)
			}
		}
	}
}

func TestAsyncAPI(t *testing.T) {
	type ref struct {
		Ref string `yaml:"$ref"`
	}
	var doc struct {
		AsyncAPI string `yaml:"asyncapi"`
		Channels map[string]struct {
			Address  string         `yaml:"address"`
			Messages map[string]ref `yaml:"messages"`
		} `yaml:"channels"`
		Components struct {
			Messages map[string]struct {
				Name     string `yaml:"name"`
				Payload  ref    `yaml:"payload"`
				Examples []struct {
					Payload map[string]any `yaml:"payload"`
				} `yaml:"examples"`
			} `yaml:"messages"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(Files()["asyncapi.yaml"], &doc); err != nil {
		t.Fatal(err)
	}
	channel := doc.Channels["events"]
	if doc.AsyncAPI != "3.0.0" || channel.Address != "bot.events.>" {
		t.Errorf("got %q %q", doc.AsyncAPI, channel.Address)
	}
	for _, k := range event.Kinds() {
		name := k.String()
		m := doc.Components.Messages[name]
		if channel.Messages[name].Ref != "#/components/messages/"+name || m.Name != "bot."+name || m.Payload.Ref != "./"+name+".schema.json" {
			t.Errorf("%s: got %+v %+v", name, channel.Messages[name], m)
		}
		if len(m.Examples) != 1 || m.Examples[0].Payload["type"] != "bot."+name {
			t.Errorf("%s: got %+v", name, m.Examples)
		}
	}
}
