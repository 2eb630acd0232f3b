package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// stopped returns a storage path with checkpoints of 200 and then 500 messages, and the broker's address.
func stopped(t *testing.T) (url, dir string) {
	t.Helper()
	url, nc := broker(t)
	p, dir := newProducer(t, nc, 1000), t.TempDir()
	for i, n := range []int{200, 300} {
		p.publish(n)
		d := serving(t, "--nats.url="+url, "--storage.path="+dir)
		d.applied(uint64(200 + 300*i))
		require.Equal(t, 0, d.End(syscall.SIGTERM))
	}
	return url, dir
}

func checkpoints(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.snap"))
	require.NoError(t, err)
	return files
}

func TestCheckpointCommands(t *testing.T) {
	url, dir := stopped(t)
	files := checkpoints(t, dir)
	require.GreaterOrEqual(t, len(files), 2)
	newest := files[len(files)-1]

	code, out, _ := ended(t, "", "checkpoint", "inspect", dir)
	require.Equal(t, 0, code)
	for _, s := range append(files, "stream     BOT_EVENTS, created 20", "sequence   500, stored 20", "sequence   200, stored", "epoch 0", "section    session.users", "key id") {
		require.Contains(t, out, s)
	}
	key, err := os.ReadFile(filepath.Join(dir, "checkpoints", "users.key"))
	require.NoError(t, err)
	require.NotContains(t, out, strings.TrimSpace(string(key)))
	code, out, _ = ended(t, "", "checkpoint", "verify", newest)
	require.Equal(t, 0, code)
	require.Equal(t, newest+": intact\n", out)

	b, err := os.ReadFile(newest)
	require.NoError(t, err)
	b[len(b)/2] ^= 1
	require.NoError(t, os.WriteFile(newest, b, 0o600))
	code, out, _ = ended(t, "", "checkpoint", "verify", dir)
	require.Equal(t, 1, code)
	require.Contains(t, out, newest+": ")
	require.Contains(t, out, "checksum")
	require.Contains(t, out, ": intact\n")
	code, out, _ = ended(t, "", "checkpoint", "inspect", newest)
	require.Equal(t, 1, code)
	require.Contains(t, out, "DAMAGED")

	// The daemon takes the one before, says so, and ends at the same numbers.
	d := serving(t, "--nats.url="+url, "--storage.path="+dir)
	d.Ready()
	require.EqualValues(t, 1, d.value("bot_exporter_checkpoint_rejected_total", `reason="checksum"`))
	require.EqualValues(t, 500, d.value("bot_events_total")+d.value("bot_events_ignored_total")+d.value("bot_events_duplicate_total"))
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}

// A checkpoint of another version is not called damaged, and no numbers are made up for it.
func TestInspectFormerVersion(t *testing.T) {
	code, out, _ := ended(t, "", "checkpoint", "inspect", "../../exporter/storage/testdata/version1.snap")
	require.Equal(t, 1, code)
	require.Contains(t, out, "format 1\n  UNKNOWN ")
	require.Contains(t, out, "start with an empty storage path")
	require.NotContains(t, out, "DAMAGED")
	require.NotContains(t, out, "sequence   0")
}

func TestCheckpointRestore(t *testing.T) {
	url, dir := stopped(t)
	old := ""
	for _, name := range checkpoints(t, dir) {
		if strings.HasSuffix(name, "-00000000000000000200.snap") {
			old = name
		}
	}
	require.NotEmpty(t, old)
	b, err := os.ReadFile(old) // a copy, as of a backup
	require.NoError(t, err)
	old = file(t, "backup.snap", string(b))
	code, out, text := ended(t, "", "checkpoint", "restore", old, "--storage.path="+dir)
	require.Equal(t, 0, code, text)
	require.FileExists(t, strings.TrimSpace(out))
	d := serving(t, "--nats.url="+url, "--storage.path="+dir)
	d.Ready()
	require.Contains(t, d.Err.String(), "sequence=200")
	require.EqualValues(t, 500, d.value("bot_exporter_applied_sequence"))

	code, _, text = ended(t, "", "checkpoint", "restore", old, "--storage.path="+dir)
	require.Equal(t, 1, code)
	require.Contains(t, text, "in use by another process")
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	for _, command := range [][]string{{"inspect", t.TempDir()}, {"verify", "/nothing"}, {"restore", "/nothing", "--storage.path=" + dir}} {
		code, out, text := ended(t, "", append([]string{"checkpoint"}, command...)...)
		require.Equal(t, 1, code, command)
		require.Contains(t, out+text, command[1])
	}
}

// When no checkpoint is whole, all is counted anew if the stream holds all, and nothing if it does not.
func TestAllCheckpointsDamaged(t *testing.T) {
	damage := func(dir string) {
		for _, name := range checkpoints(t, dir) {
			require.NoError(t, os.Truncate(name, 100))
		}
	}
	url, dir := stopped(t)
	damage(dir)
	d := serving(t, "--nats.url="+url, "--storage.path="+dir)
	d.Ready()
	require.EqualValues(t, 500, d.value("bot_events_total")+d.value("bot_events_ignored_total")+d.value("bot_events_duplicate_total"))
	require.GreaterOrEqual(t, d.value("bot_exporter_checkpoint_rejected_total", `reason="truncated"`), 2.0)
	require.Equal(t, 0, d.End(syscall.SIGTERM))

	nc, err := nats.Connect(url)
	require.NoError(t, err)
	defer nc.Close()
	js, err := nc.JetStream()
	require.NoError(t, err)
	_, err = js.AddStream(&nats.StreamConfig{Name: "SHORT", Subjects: []string{"short"}, MaxMsgs: 30})
	require.NoError(t, err)
	publish := func(n int) {
		for range n {
			_, err := js.Publish("short", []byte("{}"))
			require.NoError(t, err)
		}
	}
	flags := []string{"--nats.url=" + url, "--storage.path=" + t.TempDir(), "--nats.stream=SHORT", "--nats.subjects=short"}
	publish(30)
	d = serving(t, flags...)
	d.Ready()
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	publish(20)
	damage(strings.TrimPrefix(flags[1], "--storage.path="))
	d = serving(t, flags...)
	d.Until("it says what is the matter", func() bool {
		_, text := d.Get("/-/ready")
		return strings.Contains(text, "no checkpoint is intact") && strings.Contains(text, "begins at message 21")
	})
	require.Empty(t, d.kpis())
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}

// Where there is nothing to look at, that is said, and no zeros are shown.
func TestNoCheckpoints(t *testing.T) {
	empty := t.TempDir()
	unwritten := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(unwritten, "checkpoints"), 0o700))
	for _, command := range []string{"inspect", "verify"} {
		for path, says := range map[string]string{
			filepath.Join(empty, "missing"): "no such file",
			empty:                           "holds no checkpoints: there is no",
			unwritten:                       "the exporter has written none yet",
		} {
			code, out, text := ended(t, "", "checkpoint", command, path)
			require.Equal(t, 1, code)
			require.Empty(t, out)
			require.Contains(t, text, says)
			t.Setenv("BOT_EXPORTER_STORAGE_PATH", path)
			code, out, same := ended(t, "", "checkpoint", command)
			require.Equal(t, 1, code)
			require.Empty(t, out)
			require.Equal(t, text, same)
		}
		code, out, _ := ended(t, "", "checkpoint", command, file(t, "x.snap", "nonsense"))
		require.Equal(t, 1, code)
		require.NotContains(t, out, "sequence")
	}
}
