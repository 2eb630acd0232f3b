package deploytest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
	named   = regexp.MustCompile(`<a (?:id|name)="([^"]+)">`)
	inLink  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the places within a document that a link can name, as GitHub makes them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	text = fenced.ReplaceAllString(text, "")
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		slug := noSlug.ReplaceAllString(strings.ToLower(inLink.ReplaceAllString(m[1], "$1")), "")
		slug = strings.ReplaceAll(slug, " ", "-")
		name := slug
		for i := 1; all[name]; i++ {
			name = slug + "-" + strconv.Itoa(i)
		}
		all[name] = true
	}
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	return all
}

func TestAnchors(t *testing.T) {
	text := "# One & *two*\n## `--flag` it\n## A [link](x.md)\n```sh\n# no\n```\n## Users' key\n## Users' key\n<a id=\"here\"></a>\n"
	assert.Equal(t, map[string]bool{"one--two": true, "--flag-it": true, "a-link": true, "users-key": true, "users-key-1": true, "here": true}, anchors(text))
}

// Every relative link in every document leads to a file, and to a section of it where it names one.
func TestLinks(t *testing.T) {
	var dead []string
	seen := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() {
			if name == ".git" || name == "testdata" || strings.HasSuffix(path, ".tools/bin") || strings.HasSuffix(path, ".tools/build") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text := read(t, path)
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") { // elsewhere
				continue
			}
			seen++
			to := path
			if target != "" {
				to = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(to); err != nil || anchor != "" && !(strings.HasSuffix(to, ".md") && anchors(read(t, to))[anchor]) {
				dead = append(dead, path+" links to "+m[1])
			}
		}
		return nil
	}))
	assert.Greater(t, seen, 100)
	assert.Empty(t, dead)
}

// What a newcomer looks for is one hop from the README.
func TestOneHop(t *testing.T) {
	linked := map[string]bool{}
	for _, m := range link.FindAllStringSubmatch(read(t, filepath.Join(root, "README.md")), -1) {
		linked[m[1]] = true
	}
	for _, target := range []string{
		"deploy/compose.yaml",
		"deploy/README.md#without-containers",
		"deploy/README.md#drill",
		"deploy/docker/Dockerfile",
		"deploy/systemd",
		"deploy/helm/bot-exporter/README.md",
		"deploy/kubernetes/README.md",
		"deploy/nats/README.md#permissions",
		"deploy/nats/README.md#credentials",
		"deploy/nats/README.md#tls",
		"deploy/nats/README.md#what-weakens-the-promise",
		"deploy/README.md#http",
		"deploy/privacy.md",
		"deploy/operations.md#erase-a-user",
		"deploy/operations.md#rotate-the-users-key",
		"deploy/operations.md#rotate-credentials-and-certificates",
		"deploy/operations.md#checkpoints",
		"deploy/operations.md#upgrade-and-downgrade",
		"deploy/operations.md#another-stream",
		"deploy/operations.md#change-a-setting",
		"deploy/operations.md#replicas",
		"deploy/operations.md#back-up",
		"deploy/capacity.md",
		"deploy/troubleshooting.md",
		"deploy/README.md#supply-chain",
		"deploy/dependencies.md",
		"deploy/prometheus/README.md#alerts",
		"deploy/runbooks/README.md",
		"deploy/grafana/README.md",
		"exporter/faults/README.md",
		"cmd/bot-bench/README.md",
	} {
		assert.True(t, linked[target], "the README does not link to %s", target)
	}
}
