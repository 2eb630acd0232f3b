package deploytest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// The program works with the shipped configuration of the broker, with exactly its permissions, and with TLS on both
// sides of both of its connections: through a restart of the broker and the loss of its consumer.
func TestRunsWithLeastPermissionsAndMutualTLS(t *testing.T) {
	opts, certs := natsConfig(t, "mtls.conf")
	opts.Host, opts.Port, opts.HTTPPort, opts.NoSigs, opts.NoLog = proctest.Loopback(), server.RANDOM_PORT, 0, true, true
	broker := startBroker(t, opts)
	t.Cleanup(func() { broker.Shutdown() })
	opts.Port = broker.Addr().(*net.TCPAddr).Port // also after its restart

	js := admin(t, broker.Addr(), certs)
	var stream natsjs.StreamConfig
	require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(deploy, "nats/stream.json"))), &stream))
	_, err := js.CreateStream(t.Context(), stream)
	require.NoError(t, err)

	d := startDaemon(t, broker.Addr(), certs)
	d.publish(t, 100)
	d.applied(t, 100)

	broker.Shutdown()
	broker.WaitForShutdown()
	broker = startBroker(t, opts)
	d.publish(t, 100)
	d.applied(t, 200)

	lost := 0
	for info := range consumers(t, js).Info() {
		lost++
		require.NoError(t, js.DeleteConsumer(t.Context(), stream.Name, info.Name))
	}
	assert.Equal(t, 1, lost)
	d.publish(t, 100)
	d.applied(t, 300)

	require.Equal(t, 0, d.End(syscall.SIGTERM))
	log := strings.ToLower(d.Err.String() + d.Out.String())
	assert.NotContains(t, log, "permission")
	assert.NotContains(t, log, "violation")
	assert.NotContains(t, log, password)
	assert.NotContains(t, log, "level=error")
}

func startBroker(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(opts.Clone())
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(proctest.Patience))
	return s
}

func admin(t *testing.T, broker net.Addr, certs string) natsjs.JetStream {
	t.Helper()
	nc, err := nats.Connect("tls://"+broker.String(), nats.UserInfo("admin", password),
		nats.Secure(clientTLS(t, certs, "other")), nats.TLSHandshakeFirst(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := natsjs.New(nc, natsjs.WithDefaultTimeout(time.Minute/2))
	require.NoError(t, err)
	return js
}

func consumers(t *testing.T, js natsjs.JetStream) natsjs.ConsumerInfoLister {
	t.Helper()
	stream, err := js.Stream(t.Context(), "BOT_EVENTS")
	require.NoError(t, err)
	return stream.ListConsumers(t.Context())
}

// daemon is the exporter with the shipped configuration of its web server.
type daemon struct {
	*proctest.Server
	broker    []string // how to reach it
	client    *http.Client
	anonymous *http.Client
	bare      *http.Client // without a certificate
}

func startDaemon(t *testing.T, broker net.Addr, certs string) *daemon {
	t.Helper()
	dir := t.TempDir()
	secret := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(secret, []byte(password+"\n"), 0o600))
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	config := strings.ReplaceAll(read(t, filepath.Join(deploy, "web.yml")), "/etc/bot-exporter/certs", certs)
	config = regexp.MustCompile(`prometheus: \$2a\$\S+`).ReplaceAllLiteralString(config, "prometheus: "+string(hash))
	web := filepath.Join(dir, "web.yml")
	require.NoError(t, os.WriteFile(web, []byte(config), 0o600))

	d := &daemon{
		broker: []string{
			"--nats.url=tls://" + broker.String(), "--nats.tls-first", "--nats.tls-ca-file=" + certs + "/ca.pem",
			"--nats.tls-cert-file=" + certs + "/exporter.pem", "--nats.tls-key-file=" + certs + "/exporter-key.pem", "--nats.password-file=" + secret,
		},
		client:    &http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS(t, certs, "prometheus")}},
		anonymous: &http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS(t, certs, "other")}},
		bare:      &http.Client{Transport: &http.Transport{TLSClientConfig: clientTLS(t, certs, "")}},
	}
	args := append([]string{
		"serve", "--nats.user=exporter", "--nats.inbox-prefix=_INBOX_exporter", "--storage.path=" + filepath.Join(dir, "data"),
		"--web.config.file=" + web, "--web.listen-address=" + proctest.Loopback() + ":0",
	}, d.broker...)
	d.Server = proctest.Listening(proctest.Start(t, exec.Command(proctest.Program(t), args...)))
	d.Until("daemon is ready", func() bool { code, _ := d.get(d.client, "/-/ready", password); return code == http.StatusOK })

	for _, path := range []string{"/", "/metrics", "/-/ready", "/-/healthy", "/-/digests", "/-/reload", "/nothing"} {
		for _, wrong := range []string{"wrong", ""} {
			var code int
			var text string
			d.Until("a guess is answered", func() bool {
				code, text = d.get(d.client, path, wrong)
				return code != http.StatusTooManyRequests
			})
			assert.Equal(t, http.StatusUnauthorized, code, path)
			assert.Equal(t, "Unauthorized\n", text)
		}
		code, _ := d.get(d.anonymous, path, password)
		assert.Zero(t, code, "a client with another name in its certificate was let in")
		code, _ = d.get(d.bare, path, password)
		assert.Zero(t, code, "a client without a certificate was let in")
	}
	return d
}

// publish lets a bot publish, with its own permissions.
func (d *daemon) publish(t *testing.T, events int) {
	t.Helper()
	args := append([]string{
		"simulate", "--nats.user=bot", "--nats.inbox-prefix=_INBOX_bot", "--rate=2000", fmt.Sprintf("--events=%d", events),
	}, d.broker...)
	succeeds(t, ".", proctest.Program(t), args...)
}

// applied waits until the exporter has applied so many messages.
func (d *daemon) applied(t *testing.T, messages int) {
	t.Helper()
	d.Until("messages are applied", func() bool {
		_, body := d.get(d.client, "/metrics", password)
		_, rest, _ := strings.Cut(body, "\nbot_exporter_applied_sequence ")
		applied, _, _ := strings.Cut(rest, "\n")
		d.Saw("%s of %d messages are applied", applied, messages)
		return applied == strconv.Itoa(messages)
	})
}

// get returns status 0 when there is no answer.
func (d *daemon) get(client *http.Client, path, secret string) (int, string) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://"+d.Address+path, http.NoBody)
	if err != nil {
		return 0, err.Error()
	}
	request.SetBasicAuth("prometheus", secret)
	status, body := proctest.Do(client, request)
	d.Saw("GET %s: status %d: %s", path, status, body[:min(len(body), 300)])
	return status, body
}
