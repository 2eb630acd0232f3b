package deploytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// walk calls f with each file below deploy whose name ends so; templates of the chart are not what they seem.
func walk(t *testing.T, f func(path string), suffixes ...string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(deploy, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "/templates/") {
			return err
		}
		for _, s := range suffixes {
			if strings.HasSuffix(path, s) {
				f(path)
			}
		}
		return nil
	}))
}

func TestFilesParse(t *testing.T) {
	n := 0
	yamlFile := func(path string) {
		n++
		d := yaml.NewDecoder(strings.NewReader(read(t, path)))
		for {
			var v any
			err := d.Decode(&v)
			if errors.Is(err, io.EOF) {
				return
			}
			if !assert.NoError(t, err, path) {
				return
			}
		}
	}
	walk(t, yamlFile, ".yaml", ".yml")
	for _, path := range []string{".goreleaser.yaml", ".golangci.yml", ".github/dependabot.yml", ".github/workflows/ci.yml"} {
		yamlFile(filepath.Join(root, path))
	}
	assert.Greater(t, n, 10)
	walk(t, func(path string) {
		if strings.Contains(path, "/examples/") { // lines of JSON, as a broker holds them
			return
		}
		assert.True(t, json.Valid([]byte(read(t, path))), path)
	}, ".json")
}

// Commands in documents and comments: lines with the program's name and a flag, and their continuations.
func TestFlagsInTexts(t *testing.T) {
	u := help(t)
	invocation := regexp.MustCompile("(?:^|[\\s`/#])bot-exporter(?: [a-z]+)*(?: .*)? --")
	others := regexp.MustCompile(`\b(helm|kubectl|docker|cosign|nats|nats-server) [a-z-]`)
	seen := 0
	walk(t, func(path string) {
		if strings.Contains(path, "/deploytest/") || strings.Contains(path, "/dashboards/") || strings.Contains(path, "/files/") {
			return
		}
		continued := false
		for i, line := range strings.Split(read(t, path), "\n") {
			if continued || invocation.MatchString(line) && !others.MatchString(line) {
				text := line
				if at := strings.Index(line, "bot-exporter"); at >= 0 && !continued {
					text = line[at:]
				}
				text, _, _ = strings.Cut(text, " | ")
				for _, m := range flagName.FindAllStringSubmatch(text, -1) {
					seen++
					assert.True(t, u.flags[""][m[2]] || m[2] == "help" || m[2] == "version", "%s:%d: no flag --%s", path, i+1, m[2])
				}
				continued = strings.HasSuffix(strings.TrimSpace(line), `\`)
			} else {
				continued = false
			}
		}
	}, ".md", ".conf", ".yaml", ".yml", ".env", ".service", "Dockerfile")
	assert.Greater(t, seen, 5)
}

// Settings by environment, in the unit, its file and the images.
func TestEnvironment(t *testing.T) {
	u := help(t)
	name := regexp.MustCompile(`BOT_EXPORTER_[A-Z0-9_]+`)
	seen := 0
	walk(t, func(path string) {
		for _, v := range name.FindAllString(read(t, path), -1) {
			seen++
			assert.True(t, u.env[v], "%s: no setting %s", path, v)
		}
	}, ".env", ".service", "Dockerfile", "compose.yaml")
	assert.Greater(t, seen, 5)
}

// What the images are built from exists, and .dockerignore lets it through.
func TestDockerfile(t *testing.T) {
	ignore := strings.Fields(read(t, filepath.Join(root, ".dockerignore")))
	file := read(t, filepath.Join(deploy, "docker/Dockerfile"))
	for _, m := range regexp.MustCompile(`(?m)^COPY ([^-].*)$`).FindAllStringSubmatch(file, -1) {
		words := strings.Fields(m[1])
		for _, source := range words[:len(words)-1] {
			_, err := os.Stat(filepath.Join(root, source))
			require.NoError(t, err)
			assert.Contains(t, ignore, "!"+source, "the context lacks it")
		}
	}
	for _, want := range []string{"USER 65532:65532", "CGO_ENABLED=0", "-trimpath", "GOARCH=$TARGETARCH", "--platform=$BUILDPLATFORM", ":nonroot"} {
		assert.Contains(t, file, want)
	}
	version := regexp.MustCompile(`golang:(1\.\d+)`).FindStringSubmatch(file)
	require.NotNil(t, version)
	assert.Contains(t, read(t, filepath.Join(root, "go.mod")), "\ngo "+version[1])
}

func TestReleaseFiles(t *testing.T) {
	var release struct {
		NFPMs []struct {
			Contents []struct {
				Src string
			}
		} `yaml:"nfpms"`
		Builds []struct {
			Main string
		}
		Archives []struct {
			Files []struct{ Src string }
		}
		Images []struct {
			Dockerfile string
			Extra      []string `yaml:"extra_files"`
		} `yaml:"dockers_v2"`
	}
	decode(t, filepath.Join(root, ".goreleaser.yaml"), &release)
	var paths []string
	for _, p := range release.NFPMs {
		for _, c := range p.Contents {
			paths = append(paths, c.Src)
		}
	}
	for _, a := range release.Archives {
		for _, f := range a.Files {
			paths = append(paths, strings.TrimSuffix(f.Src, "/**/*"))
		}
	}
	for _, b := range release.Builds {
		paths = append(paths, b.Main)
	}
	for _, i := range release.Images {
		paths = append(append(paths, i.Dockerfile), i.Extra...)
		for _, m := range regexp.MustCompile(`(?m)^COPY ([^$-].*) \S+$`).FindAllStringSubmatch(read(t, filepath.Join(root, i.Dockerfile)), -1) {
			assert.Subset(t, i.Extra, strings.Fields(m[1]), "the context lacks it")
		}
	}
	require.GreaterOrEqual(t, len(paths), 4)
	for _, path := range paths {
		_, err := os.Stat(filepath.Join(root, path))
		assert.NoError(t, err)
	}
}

// decode reads the first document of a YAML file.
func decode(t *testing.T, path string, to any) {
	t.Helper()
	require.NoError(t, yaml.NewDecoder(bytes.NewReader([]byte(read(t, path)))).Decode(to), path)
}

// Archives, packages and images carry the licences of what is in them.
func TestLicencesAreShipped(t *testing.T) {
	for _, path := range []string{"deploy/docker/Dockerfile", "deploy/docker/release.Dockerfile"} {
		assert.Contains(t, read(t, filepath.Join(root, path)), "\nCOPY LICENSE deploy/THIRD_PARTY_LICENSES.txt ", path)
	}
	release := read(t, filepath.Join(root, ".goreleaser.yaml"))
	assert.Equal(t, 2, strings.Count(release, "- src: LICENSE\n"), "archives, packages")
	assert.Contains(t, release, "- src: deploy/THIRD_PARTY_LICENSES.txt\n")
	assert.Contains(t, release, "- src: deploy/**/*\n")
}

// Actions are pinned by commit, images by version, and Dependabot knows where.
func TestPins(t *testing.T) {
	workflows, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	require.NoError(t, err)
	uses := 0
	for _, path := range workflows {
		for _, m := range regexp.MustCompile(`uses: +(.*)`).FindAllStringSubmatch(read(t, path), -1) {
			uses++
			assert.Regexp(t, `^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`, m[1], path)
		}
	}
	assert.Greater(t, uses, 4)
	for _, path := range []string{"docker/Dockerfile", "docker/release.Dockerfile"} {
		for _, m := range regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+)`).FindAllStringSubmatch(read(t, filepath.Join(deploy, path)), -1) {
			assert.Regexp(t, `^[\w./-]+:(\d+\.\d+[\w.-]*|nonroot)(@sha256:[0-9a-f]{64})?$`, m[1], path)
		}
	}
	// The goreleaser that makes a release is the one whose reader checked its configuration.
	m := regexp.MustCompile(`goreleaser/v2 (v\S+)`).FindStringSubmatch(read(t, filepath.Join(root, ".tools/goreleaser/go.mod")))
	require.NotNil(t, m)
	assert.Contains(t, read(t, filepath.Join(root, ".github/workflows/ci.yml")), "version: "+m[1]+"\n")

	var bot struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	decode(t, filepath.Join(root, ".github/dependabot.yml"), &bot)
	known := map[string][]string{}
	for _, u := range bot.Updates {
		known[u.Ecosystem] = append(u.Directories, u.Directory)
	}
	assert.Contains(t, known["github-actions"], "/")
	assert.Subset(t, known["gomod"], []string{"/", "/.tools/*"})
	assert.Contains(t, known["docker"], "/deploy/docker")
	assert.Contains(t, known["docker-compose"], "/deploy")
}
