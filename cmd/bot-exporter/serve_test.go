package main

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// shortChats lets chats that go quiet end during a test.
const shortChats = "chats: {idle_timeout: 2s, idle_timeouts: {web: 1s, whatsapp: 3s, voice: 2s}}\n"

// The daemon is stopped, started, killed under load and started again; the numbers are those of one that never was.
func TestStopsAndKills(t *testing.T) {
	total := 100_000
	if testing.Short() {
		total = 20_000
	}
	url, nc := broker(t)
	p := newProducer(t, nc, 1500)
	key := file(t, "users.key", "000102030405060708090a0b0c0d0e0f\n")
	flags := []string{
		"--nats.url=" + url, "--users.key-file=" + key, "--config.file=" + file(t, "c.yml", shortChats), "--time.zone=Europe/Rome",
	}
	storage := "--storage.path=" + t.TempDir()
	at := func(interval string) *served {
		return serving(t, append(flags, storage, "--checkpoint.interval="+interval)...)
	}

	p.publish(total * 3 / 10)
	d := at("30s")
	d.Ready()
	p.publish(total / 10)
	d.applied(uint64(total / 10))
	require.Equal(t, 0, d.End(syscall.SIGTERM))

	p.publish(total / 10)
	d = at("20ms")
	var load sync.WaitGroup
	load.Go(func() {
		for range 50 {
			p.publish(total / 100)
		}
	})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for at := total / 2; at < total*9/10; at += total / 10 {
		d.applied(uint64(at + random.IntN(total/10)))
		require.Equal(t, -1, d.End(syscall.SIGKILL))
		d = serving(t, append(flags, storage, "--checkpoint.interval=20ms")...)
	}
	load.Wait()
	d.applied(uint64(total))
	d.Ready()
	require.EqualValues(t, total, p.n)

	fresh := serving(t, append(flags, "--storage.path="+t.TempDir())...)
	fresh.applied(uint64(total))
	fresh.Ready()
	killed, whole := "", ""
	fresh.Until("numbers are the same", func() bool { // the hour may end between the two
		killed, whole = d.kpis(), fresh.kpis()
		return killed == whole
	})
	require.EqualValues(t, total, valueIn(whole, "bot_events_total")+valueIn(whole, "bot_events_duplicate_total")+
		valueIn(whole, "bot_events_ignored_total")+valueIn(whole, "bot_events_rejected_total"))
	require.Positive(t, valueIn(whole, "bot_events_duplicate_total"))
	require.Positive(t, valueIn(whole, "bot_chats_ended_total", `reason="idle"`))
	require.Positive(t, valueIn(whole, "bot_user_returns_total"))
	require.Zero(t, valueIn(whole, "bot_events_lost_total"))
	require.Equal(t, 0, d.End(syscall.SIGINT))
}

// A second daemon on the same storage is told so, and the first goes on.
func TestStorageInUse(t *testing.T) {
	url, _ := broker(t)
	dir := t.TempDir()
	d := serving(t, "--nats.url="+url, "--storage.path="+dir)
	d.Ready()
	second := program(t, "serve", "--nats.url="+url, "--storage.path="+dir, "--web.listen-address=127.0.0.1:0")
	require.Equal(t, 1, second.Code())
	require.Contains(t, second.Err.String(), "in use by another process")
	d.Ready()
	require.Equal(t, 0, d.End(os.Interrupt))
}

// What does not fit the checkpoint ends the start with a message that names it.
func TestRefusals(t *testing.T) {
	url, nc := broker(t)
	newProducer(t, nc, 1000).publish(500)
	dir := t.TempDir()
	d := serving(t, "--nats.url="+url, "--storage.path="+dir)
	d.Ready()
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	for name, v := range map[string]struct{ flag, says string }{
		"zone":   {"--time.zone=Asia/Tokyo", "time.zone is Asia/Tokyo, the checkpoint has UTC"},
		"limits": {"--config.file=" + file(t, "c.yml", "limits: {agents: 3}"), "limits.agents is 3, the checkpoint has 500"},
		"key":    {"--users.key-file=" + file(t, "k", "ffffffffffffffffffffffffffffff00"), "key id"},
		"port":   {"--web.listen-address=256.0.0.1:1", "web server"},
	} {
		code, _, text := ended(t, "", "serve", "--nats.url="+url, "--storage.path="+dir, "--web.listen-address=127.0.0.1:0", v.flag)
		require.Equal(t, 1, code, name)
		require.Contains(t, text, v.says, name)
	}
	d = serving(t, "--nats.url="+url, "--storage.path="+dir)
	d.Ready()
	require.EqualValues(t, 500, d.value("bot_exporter_applied_sequence"))
}

// The checkpoint of another stream, or of another part of it, is not gone on from: the daemon waits and names the field.
func TestOtherStream(t *testing.T) {
	url, nc := broker(t)
	newProducer(t, nc, 1000).publish(100)
	js, err := nc.JetStream()
	require.NoError(t, err)
	_, err = js.AddStream(&nats.StreamConfig{Name: "OTHER", Subjects: []string{"other.>"}})
	require.NoError(t, err)
	flags := []string{"--nats.url=" + url, "--storage.path=" + t.TempDir()}
	d := serving(t, flags...)
	d.Ready()
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	for field, flag := range map[string]string{"created": "--nats.stream=OTHER", "subjects": "--nats.subjects=bot.events.shop.web"} {
		d := serving(t, append(flags, flag)...)
		d.Until("it names "+field, func() bool {
			status, text := d.Get("/-/ready")
			return status == http.StatusServiceUnavailable && strings.Contains(text, field+" is ")
		})
		require.EqualValues(t, 1, d.value("bot_exporter_stream_mismatch", `"`+field+`"`))
		require.Empty(t, d.kpis())
		require.Equal(t, 0, d.End(syscall.SIGTERM))
	}
	d = serving(t, flags...)
	d.Ready()
	require.EqualValues(t, 100, d.value("bot_exporter_applied_sequence"))
}

// Without a broker the daemon stays up and says so; with one it goes on by itself.
func TestNoBroker(t *testing.T) {
	d := serving(t, "--nats.url=nats://127.0.0.1:1", "--storage.path="+t.TempDir())
	status, text := d.Get("/-/ready")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, text, "connecting")
	status, _ = d.Get("/-/healthy")
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, d.value("bot_exporter_nats_connected"))
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}

// A missing stream is waited for, or created.
func TestMissingStream(t *testing.T) {
	url, nc := broker(t)
	js, err := nc.JetStream()
	require.NoError(t, err)
	d := serving(t, "--nats.url="+url, "--nats.stream=OTHER", "--nats.subjects=other.>", "--storage.path="+t.TempDir())
	d.Until("it says so", func() bool {
		status, text := d.Get("/-/ready")
		return status == 503 && text == "not ready: no_stream: stream does not exist: OTHER; "+
			"create it, start with --nats.create-stream, or name its domain with --nats.jetstream-domain\n"
	})
	_, err = js.StreamInfo("OTHER")
	require.Error(t, err)
	creating := serving(t, "--nats.url="+url, "--nats.stream=OTHER", "--nats.subjects=other.>", "--storage.path="+t.TempDir(), "--nats.create-stream")
	creating.Ready()
	d.Ready()
	info, err := js.StreamInfo("OTHER")
	require.NoError(t, err)
	require.Equal(t, []string{"other.>"}, info.Config.Subjects)
}

// What no server can mend ends the process at once.
func TestImpossibleStream(t *testing.T) {
	for flag, says := range map[string]string{
		"--nats.stream=a.b":            `--nats.stream: name "a.b" is not valid`,
		"--nats.subjects=bot..x":       `--nats.subjects: subject "bot..x" is not valid`,
		"--nats.jetstream-domain=a.b":  `--nats.jetstream-domain: "a.b" is not valid`,
		"--nats.jetstream-prefix=$JS.": `--nats.jetstream-prefix: "$JS." is not valid`,
	} {
		for _, command := range []string{"serve", "simulate"} {
			code, _, text := ended(t, "", command, flag)
			require.Equal(t, 2, code, text)
			require.Contains(t, text, says)
		}
	}
}

// embedded finds the address of the NATS server within the process.
var embedded = regexp.MustCompile(`msg="started NATS server" url=(\S+)`)

// One process does for one machine.
func TestEmbeddedBroker(t *testing.T) {
	dir := t.TempDir()
	flags := []string{"--nats.embedded", "--nats.embedded.address=127.0.0.1:0", "--storage.path=" + dir}
	d := serving(t, flags...)
	d.Ready()
	code, _, text := ended(t, "", "simulate", "--nats.url="+d.Find(embedded), "--events=300", "--rate=5000")
	require.Equal(t, 0, code, text)
	d.applied(300)
	before := d.value("bot_events_total")
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	d = serving(t, flags...)
	d.Ready()
	require.Equal(t, before, d.value("bot_events_total"))
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.snap"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
}
