package deploytest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	maxAnnotations = 256 << 10 // of an object, together
	maxObject      = 1 << 20   // of a ConfigMap or Secret; etcd takes 1.5 MiB of anything
)

// Client-side apply keeps an object in an annotation of it, as JSON. What does not fit there says that it goes server-side,
// and all of it fits into the cluster.
func TestObjectsFit(t *testing.T) {
	all := manifests(t, render(t, read(t, "testdata/everything.yaml")))
	all = append(all, manifests(t, succeeds(t, ".", tool(t, "KUSTOMIZE"), filepath.Join(deploy, "kubernetes")))...)
	for _, m := range all {
		last, err := json.Marshal(m)
		require.NoError(t, err)
		name := at(m, "metadata", "name")
		assert.Less(t, len(last), maxObject, name)
		if len(last) > maxAnnotations-4096 { // other tools have annotations, too
			assert.Equal(t, "ServerSideApply=true", at(m, "metadata", "annotations", "argocd.argoproj.io/sync-options"), "%s has %d bytes", name, len(last))
		}
	}
}

// Helm keeps a release in a Secret: chart, values and objects as JSON, compressed, in base64.
func TestHelmReleaseFits(t *testing.T) {
	type file struct {
		Name string `json:"name"`
		Data []byte `json:"data"`
	}
	var release struct {
		Files    []file `json:"files"`
		Manifest string `json:"manifest"`
	}
	release.Manifest = render(t, read(t, "testdata/everything.yaml"))
	require.NoError(t, fs.WalkDir(os.DirFS(chart), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			release.Files = append(release.Files, file{path, []byte(read(t, filepath.Join(chart, path)))})
		}
		return err
	}))
	b, err := json.Marshal(release)
	require.NoError(t, err)
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	size := base64.StdEncoding.EncodedLen(compressed.Len())
	t.Log("bytes of a release:", size)
	assert.Less(t, size, maxObject)
}
