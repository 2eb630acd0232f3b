package faults

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

var fixture = flag.String("fixture", "", "write a checkpoint of this version, with its numbers, for the versions to come")

const sampleFile = "../../cmd/bot-exporter/testdata/sample.ndjson"

// runUpgrade starts on the checkpoints of earlier versions: each is read to the last number, or refused with a reason.
func runUpgrade(t *testing.T, r *result) {
	if *fixture != "" {
		writeFixture(t)
	}
	files, err := filepath.Glob("testdata/*.snap")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	loaded := 0
	for _, file := range files {
		done := r.one()
		dir := t.TempDir()
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint-00000000000000000001-00000000000000000001.snap"), b, 0o600))
		store, err := storage.Open(storage.Config{Dir: dir})
		require.NoError(t, err)
		cfg := exporter.Defaults()
		cfg.KeyID = "fixture"
		_, err = exporter.New(cfg, store, slog.New(slog.DiscardHandler))
		if err != nil {
			require.True(t, strings.Contains(err.Error(), "does not fit") || errors.As(err, new(*storage.VersionError)), "%s: %v", file, err)
		} else {
			loaded++
			cp, err := store.Load()
			require.NoError(t, err)
			set := collectors.New(cfg.KPIs)
			require.NoError(t, set.Restore(cp.Raw))
			want, err := os.ReadFile(strings.TrimSuffix(file, ".snap") + ".txt")
			require.NoError(t, err)
			have := series(text(t, set))
			for id, v := range series(string(want)) {
				require.Equal(t, v, have[id], "%s: %s", file, id) //nolint:testifylint // the very number
			}
		}
		require.NoError(t, store.Close())
		done()
	}
	require.Positive(t, loaded, "no checkpoint is of this version: keep one with -fixture")
	r.figure("%d of %d earlier checkpoints read, the others refused with a reason", loaded, len(files))
}

func text(t *testing.T, set *collectors.Set) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, exporter.WriteText(&b, set, set.Clock()))
	return b.String()
}

// writeFixture keeps a checkpoint of the sample.
func writeFixture(t *testing.T) {
	t.Helper()
	cfg := exporter.Defaults()
	b := newBroker(t)
	in, err := os.ReadFile(sampleFile)
	require.NoError(t, err)
	lines := bytes.Split(bytes.TrimSuffix(in, []byte("\n")), []byte("\n"))
	publish(t, b.stream(t), lines...)
	set := oracle(t, b, cfg, len(lines))
	dir := t.TempDir()
	store, err := storage.Open(storage.Config{Dir: dir})
	require.NoError(t, err)
	defer store.Close()
	at := exporter.Position{Stream: "BOT_EVENTS", Created: time.Unix(1_800_000_000, 0).UTC(), Seq: uint64(len(lines))}
	require.NoError(t, store.Save(&exporter.Checkpoint{Position: at, Fingerprint: cfg.Fingerprint(), KeyID: "fixture", Sections: set.Sections()}))
	files, err := storage.List(dir)
	require.NoError(t, err)
	copied(t, files[0], filepath.Join("testdata", *fixture+".snap"))
	require.NoError(t, os.WriteFile(filepath.Join("testdata", *fixture+".txt"), []byte(text(t, set)), 0o644)) //nolint:gosec // no secret
}
