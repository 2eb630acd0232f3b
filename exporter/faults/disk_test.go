package faults

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// runFullDisk gives the daemon a small file system of its own, and fills it again and again.
func runFullDisk(t *testing.T, r *result) {
	if out, err := exec.Command("unshare", "-Urm", "sh", "-c", `mount -t tmpfs -o size=1m none "$1"`, "sh", t.TempDir()).CombinedOutput(); err != nil {
		require.False(t, whole, "no mount of its own here: %v %s", err, out)
		t.Skipf("no mount of its own here: %v %s", err, out)
	}
	b := newBroker(t)
	js := b.stream(t)
	d := newDaemon(t, b, "--checkpoint.interval=200ms")
	d.wrap = func(c *exec.Cmd) *exec.Cmd {
		return exec.Command("unshare", append([]string{
			"-Urm", "sh", "-c", `mount -t tmpfs -o size=2m none "$1"; shift; exec "$@"`, "sh", d.storage}, c.Args...)...)
	}
	d.up().ready()
	dir := fmt.Sprintf("/proc/%d/root%s", d.Pid(), d.storage) // as the daemon sees it
	sent, slowest := 0, time.Duration(0)
	for range pick(30, 2) {
		done := r.one()
		publish(t, js, custom(100)...)
		sent += 100
		d.applied(sent)
		d.Until("checkpoint is there", func() bool { return d.newest(dir) == uint64(sent) })

		filler, err := os.Create(filepath.Join(dir, "filler"))
		require.NoError(t, err)
		_, err = io.Copy(filler, endless{})
		require.ErrorIs(t, err, syscall.ENOSPC)
		failures := d.value("bot_exporter_checkpoint_failures_total")
		publish(t, js, custom(100)...)
		d.Until("failures are counted", func() bool { return d.value("bot_exporter_checkpoint_failures_total") >= failures+3 })
		status, _ := d.Get("/-/healthy")
		require.Equal(t, http.StatusOK, status, "a restart would cure nothing")
		d.applied(sent + 100)
		require.EqualValues(t, sent+100, d.value("bot_events_total"), "folds and serves all the same")
		require.EqualValues(t, sent, d.newest(dir), "the last good one is as it was")

		require.NoError(t, filler.Close())
		require.NoError(t, os.Remove(filler.Name()))
		since := time.Now()
		sent += 100
		d.Until("recovered", func() bool { return d.newest(dir) == uint64(sent) })
		slowest = max(slowest, time.Since(since))
		done()
	}
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	r.figure("recovered %s after there was space, at an interval of 200ms", slowest.Round(time.Millisecond))
}

// newest returns the sequence of the newest checkpoint, which must be whole.
func (d *daemon) newest(dir string) uint64 {
	files, err := storage.List(filepath.Join(dir, "checkpoints"))
	if err != nil || len(files) == 0 {
		return 0
	}
	info, err := storage.Inspect(files[0])
	if errors.Is(err, os.ErrNotExist) {
		return 0 // pruned meanwhile
	}
	require.NoError(d.t, err)
	return info.Header.Seq
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
