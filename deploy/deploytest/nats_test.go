package deploytest

import (
	"crypto/tls"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
)

const password = "for-tests-only-5d0f1c"

// natsConfig copies deploy/nats to a folder of the test with its certificates, and reads one of the configurations.
func natsConfig(t *testing.T, name string) (opts *server.Options, certs string) {
	t.Helper()
	dir := t.TempDir()
	certs = certificates(t)
	files, err := filepath.Glob(filepath.Join(deploy, "nats/*.conf"))
	require.NoError(t, err)
	for _, file := range files {
		text := strings.ReplaceAll(read(t, file), "/etc/nats/certs", certs)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(file)), []byte(text), 0o600))
	}
	for _, v := range []string{"EXPORTER", "BOT", "ADMIN", "CLUSTER"} {
		t.Setenv("NATS_"+v+"_PASSWORD", password)
	}
	t.Setenv("NATS_STORE_DIR", filepath.Join(dir, "store"))
	t.Setenv("NATS_NAME", "nats-1")
	t.Setenv("NATS_ZONE", "zone:a")
	opts, err = server.ProcessConfigFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return opts, certs
}

func TestNATSConfigurations(t *testing.T) {
	for _, name := range []string{"server.conf", "mtls.conf", "cluster.conf"} {
		t.Run(name, func(t *testing.T) {
			opts, _ := natsConfig(t, name)
			assert.True(t, opts.JetStream)
			assert.True(t, opts.SyncAlways, "messages are acknowledged before they are on disk")
			assert.False(t, opts.NoJetStreamStrict)
			assert.Equal(t, "127.0.0.1", opts.HTTPHost, "monitoring is unprotected")
			assert.Positive(t, opts.JetStreamMaxStore)
			assert.GreaterOrEqual(t, opts.MaxPayload, int32(jetstream.DefaultMaxMsgSize))
			if name != "server.conf" {
				require.NotNil(t, opts.TLSConfig)
				assert.Equal(t, tls.RequireAndVerifyClientCert, opts.TLSConfig.ClientAuth)
			}
			if name == "cluster.conf" {
				assert.Equal(t, "zone:", opts.JetStreamUniqueTag)
				assert.NotNil(t, opts.Cluster.TLSConfig)
				assert.Len(t, opts.Routes, 3)
			}
		})
	}
}

// The exporter's user may do exactly what the program says that it needs.
func TestNATSPermissions(t *testing.T) {
	for _, name := range []string{"mtls.conf", "cluster.conf"} {
		opts, _ := natsConfig(t, name)
		users := map[string]*server.Permissions{}
		for _, u := range opts.Users {
			users[u.Username] = u.Permissions
		}
		publish, subscribe := jetstream.Permissions(jetstream.API{}, "BOT_EVENTS", "_INBOX_exporter")
		p := users["exporter"]
		require.NotNil(t, p)
		assert.ElementsMatch(t, publish, p.Publish.Allow)
		assert.ElementsMatch(t, subscribe, p.Subscribe.Allow)
		assert.Empty(t, p.Publish.Deny)
		assert.Nil(t, p.Response)
		for _, subject := range publish {
			assert.Contains(t, read(t, filepath.Join(deploy, "nats/README.md")), subject, "the command for JWTs")
		}
		require.NotNil(t, users["bot"])
		assert.Equal(t, []string{"bot.events.>"}, users["bot"].Publish.Allow)
	}
}

// stream.json is what --nats.create-stream makes, and nothing in it needs advice where it has three replicas.
func TestNATSStream(t *testing.T) {
	var shipped natsjs.StreamConfig
	require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(deploy, "nats/stream.json"))), &shipped))
	embedded, err := jetstream.StartEmbedded(t.Context(), jetstream.EmbeddedConfig{Address: "127.0.0.1:0", StoreDir: t.TempDir(), NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { embedded.Close() })
	nc, err := nats.Connect(embedded.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	created, err := jetstream.EnsureStream(t.Context(), nc, jetstream.StreamSettings{Name: shipped.Name, Subjects: shipped.Subjects})
	require.NoError(t, err)
	assert.True(t, created)
	js, err := natsjs.New(nc)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), shipped.Name)
	require.NoError(t, err)
	before := stream.CachedInfo().Config
	updated, err := js.UpdateStream(t.Context(), shipped)
	require.NoError(t, err)
	assert.Equal(t, before, updated.CachedInfo().Config)

	shipped.Replicas = 3
	advice, err := jetstream.Advise(&shipped)
	require.NoError(t, err)
	assert.Empty(t, advice)
	assert.Equal(t, int32(jetstream.DefaultMaxMsgSize), shipped.MaxMsgSize)
	assert.Equal(t, 7*24*time.Hour, shipped.MaxAge)
}
