package faults

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// skew goes into the server's package: its wall clock is off, while monotonic readings, and with them all timers, stay.
const skew = `package server

import (
	"sync/atomic"
	"time"
	"unsafe"
)

var skewSeconds atomic.Int64

func SetSkew(d time.Duration) { skewSeconds.Store(int64(d / time.Second)) }

// skewedNow adds to the seconds of the wall clock, which are 33 bits above the nanoseconds where there is a monotonic reading.
func skewedNow() time.Time {
	t := time.Now()
	*(*uint64)(unsafe.Pointer(&t)) += uint64(skewSeconds.Load()) << 30
	return t
}
`

const natsModule = "github.com/nats-io/nats-server/v2"

// skewedServer builds the server from a copy of its module with the clock replaced. The test is skipped where that cannot
// be built.
func skewedServer(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", natsModule).Output()
	require.NoError(t, err)
	source, dir := strings.TrimSpace(string(out)), t.TempDir()
	if source == "" {
		require.False(t, whole, "the source of the server is not at hand")
		t.Skip("the source of the server is not at hand")
	}
	replaced := 0
	require.NoError(t, fs.WalkDir(os.DirFS(source), ".", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil || strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && name != "go.mod" && !entry.IsDir() {
			return err
		}
		to := filepath.Join(dir, "nats", path)
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		b, err := os.ReadFile(filepath.Join(source, path))
		if err != nil {
			return err
		}
		if n := bytes.Count(b, []byte("time.Now()")); n > 0 && filepath.Dir(path) == "server" {
			b = append(bytes.ReplaceAll(b, []byte("time.Now()"), []byte("skewedNow()")), "\nvar _ time.Duration // the import may have no other use\n"...)
			replaced += n
		}
		return os.WriteFile(to, b, 0o600)
	}))
	require.Greater(t, replaced, 100, "the server reads its clock in another way now")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nats", "server", "skew.go"), []byte(skew), 0o600))
	for name, more := range map[string]string{"go.mod": "\nreplace " + natsModule + " => " + filepath.Join(dir, "nats") + "\n", "go.sum": ""} {
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), append(b, more...), 0o600))
	}
	program := filepath.Join(dir, "skewed")
	// Without paths in it, what was built once need not be built again.
	out, err = exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-modfile="+filepath.Join(dir, "go.mod"), "-o", program, "./testdata/skewed").CombinedOutput()
	if err != nil {
		require.False(t, whole, "a server with a wrong clock cannot be built: %s", out)
		t.Skipf("a server with a wrong clock cannot be built: %s", out)
	}
	return program
}

// skewed is a broker whose clock can be set wrong.
type skewed struct {
	*broker
	in io.WriteCloser
}

func newSkewed(t *testing.T) *skewed {
	t.Helper()
	b := &skewed{broker: &broker{dir: t.TempDir()}}
	cmd := exec.Command(skewedServer(t), proctest.Loopback(), b.dir)
	var err error
	b.in, err = cmd.StdinPipe()
	require.NoError(t, err)
	b.Process = proctest.Start(t, cmd)
	b.url = b.Find(regexp.MustCompile(`(nats://\S+)`))
	b.nc, err = jetstream.Connect(t.Context(), jetstream.Config{URLs: []string{b.url}})
	require.NoError(t, err)
	t.Cleanup(b.nc.Close)
	b.connected()
	return b
}

// off sets the clock wrong by d, 0 to set it right.
func (b *skewed) off(t *testing.T, d time.Duration) {
	t.Helper()
	said := strings.Count(b.Out.String(), "\n")
	_, err := fmt.Fprintln(b.in, d)
	require.NoError(t, err)
	b.Until("clock is set", func() bool { return strings.Count(b.Out.String(), "\n") > said })
}

// runClock sets the broker's clock wrong for one message, and right again: users stay known, open chats close at most
// once, and the distance of the clocks is shown.
func runClock(t *testing.T, r *result) {
	b := newSkewed(t)
	js := b.stream(t)
	d := newDaemon(t, b.broker)
	d.up().ready()
	const people = 50
	sent := 0
	say := func(stream nats.JetStreamContext) {
		t.Helper()
		var list [][]byte
		for i := range people {
			list = append(list, fmt.Appendf(nil, `{"specversion":"1.0","id":"%d","source":"/faults","type":"bot.message.user","time":%q,"data":{"bot":"b","channel":"web","chat":"c%d","user":"u%[3]d","device":"d","browser":"w"}}`,
				serial.Add(1), time.Now().UTC().Format(time.RFC3339Nano), i))
		}
		publish(t, stream, list...)
		sent += people
		d.applied(sent)
	}
	one := func() {
		publish(t, js, fmt.Appendf(nil, `{"specversion":"1.0","id":"%d","source":"/faults","type":"bot.custom","time":%q,"data":{"bot":"b","channel":"web","event":"e"}}`,
			serial.Add(1), time.Now().UTC().Format(time.RFC3339Nano)))
		sent++
		d.applied(sent)
	}
	say(js)
	chats := float64(people)
	require.Equal(t, chats, d.value("bot_users_new_total"))
	require.Equal(t, chats, d.value("bot_chats_started_total"))
	for _, wrong := range []time.Duration{410 * 24 * time.Hour, -410 * 24 * time.Hour, 3 * time.Hour} {
		done := r.one()
		b.off(t, wrong)
		one()
		if wrong > 0 && (whole || wrong > 24*time.Hour) {
			d.Until("offset is shown", func() bool {
				return time.Duration(d.value("bot_exporter_broker_clock_offset_seconds")*float64(time.Second)) > wrong-time.Hour
			})
		}
		b.off(t, 0)
		for range 3 {
			say(js)
		}
		if wrong == 3*time.Hour {
			chats *= 2 // each of them closed once, and went on as another one
		}
		require.EqualValues(t, people, d.value("bot_users_new_total"), "off by %s: users stay known", wrong)
		require.Equal(t, chats, d.value("bot_chats_started_total"), "off by %s", wrong)
		if wrong > 24*time.Hour {
			require.EqualValues(t, 1, d.value("bot_events_clock_doubted_total"))
		}
		done()
	}
	d.Until("clocks agree again", func() bool {
		return time.Duration(d.value("bot_exporter_broker_clock_offset_seconds")*float64(time.Second)).Abs() < time.Hour
	})
	require.Equal(t, 0, d.End(os.Interrupt))
}
