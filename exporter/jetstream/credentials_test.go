package jetstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// configured starts a server with a configuration file, whose listen address and storage are added.
func configured(t *testing.T, text string) (n *node, file string) {
	t.Helper()
	n = serve(t)
	require.NoError(t, n.Close())
	file = writeFile(t, "nats.conf", n.config(text))
	var err error
	n.opts, err = server.ProcessConfigFile(file)
	require.NoError(t, err)
	n.opts.NoSigs, n.opts.NoLog = true, true
	n.up()
	t.Cleanup(func() { n.Close() })
	return n, file
}

func (n *node) config(text string) string {
	return fmt.Sprintf("listen: %s:%d\njetstream { store_dir: %q, max_mem: 64MB, max_file: 1GB }\n%s", n.opts.Host, n.opts.Port, n.opts.StoreDir, text)
}

// TestRotation replaces credentials: first at the server, so that the client is refused several times, then in the
// client's file.
func TestRotation(t *testing.T) {
	t.Parallel()
	seed := func() (seed, public string) {
		pair, err := nkeys.CreateUser()
		require.NoError(t, err)
		s, err := pair.Seed()
		require.NoError(t, err)
		p, err := pair.PublicKey()
		require.NoError(t, err)
		return string(s), p
	}
	seed1, public1 := seed()
	seed2, public2 := seed()
	for name, c := range map[string]struct {
		server [2]string
		secret [2]string
		config func(file string) Config
	}{
		"password": {
			[2]string{"authorization { user: bob, password: first }", "authorization { user: bob, password: second }"},
			[2]string{"first\n", "second\n"},
			func(f string) Config { return Config{User: "bob", PasswordFile: f} },
		},
		"token": {
			[2]string{"authorization { token: first }", "authorization { token: second }"},
			[2]string{"first", "second"},
			func(f string) Config { return Config{TokenFile: f} },
		},
		"NKey": {
			[2]string{
				fmt.Sprintf("authorization { users: [ { nkey: %s } ] }", public1),
				fmt.Sprintf("authorization { users: [ { nkey: %s } ] }", public2),
			},
			[2]string{seed1, seed2},
			func(f string) Config { return Config{NKeyFile: f} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, file := configured(t, c.server[0])
			secret := writeFile(t, "secret", c.secret[0])
			var w watcher
			config := c.config(secret)
			config.URLs, config.Observer = []string{n.URL()}, w.observer()
			nc := dial(t, config)
			create(t, nc)
			publish(t, nc, 0, 10)
			r := newReader(t, nc)
			r.until(10)

			writeFile(t, file, n.config(c.server[1]))
			require.NoError(t, n.server.Reload())
			refused := func() int {
				n := 0
				for _, err := range w.get().failed {
					if errors.Is(err, nats.ErrAuthorization) {
						n++
					}
				}
				return n
			}
			// Two refusals by the same server are where the client gives up unless told otherwise.
			require.Eventually(t, func() bool { return refused() >= 3 }, patience, tick, "%v", w.get().failed)
			require.NoError(t, os.Remove(secret))
			require.Eventually(t, func() bool { return slices.ContainsFunc(w.get().failed, isNotExist) }, patience, tick)
			writeFile(t, secret, c.secret[1])
			back(t, nc)
			publish(t, nc, 10, 10)
			r.until(20)
			r.exactly(0, 20)
			for _, err := range w.get().failed {
				require.NotContains(t, err.Error(), c.secret[1][:5])
			}
		})
	}
}

// TestCertificatesRotate replaces the authority and the certificates of both sides: first at the server, so that neither
// accepts the other, then in the client's files.
func TestCertificatesRotate(t *testing.T) {
	t.Parallel()
	old, young := newAuthority(t), newAuthority(t)
	n, file := configured(t, old.config)
	dir := t.TempDir()
	old.install(t, dir)
	path := func(name string) string { return filepath.Join(dir, name) }
	nc := dial(t, Config{
		URLs:   []string{strings.Replace(n.URL(), "nats://", "tls://", 1)},
		CAFile: path("ca.pem"), CertFile: path("cert.pem"), KeyFile: path("key.pem"),
	})
	create(t, nc)
	publish(t, nc, 0, 10)
	r := newReader(t, nc)
	r.until(10)

	writeFile(t, file, n.config(young.config))
	require.NoError(t, n.server.Reload()) // it does not end what was accepted before
	require.NoError(t, nc.ForceReconnect())
	refused := func(part string) {
		t.Helper()
		require.Eventually(t, func() bool {
			err := nc.LastError()
			return err != nil && strings.Contains(err.Error(), part)
		}, patience, tick, part)
		require.False(t, nc.IsConnected())
	}
	refused("unknown authority")
	writeFile(t, path("ca.pem"), string(young.ca))
	refused("remote error")
	young.install(t, dir)
	back(t, nc)
	publish(t, nc, 10, 10)
	r.until(20)
	r.exactly(0, 20)
}

// authority signs the certificates of a server and of a client.
type authority struct {
	ca, cert, key []byte // PEM
	config        string // of a server that wants to see a certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		return key
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	signer := newKey()
	sign := func(c *x509.Certificate, public any) []byte {
		der, err := x509.CreateCertificate(rand.Reader, c, template, public, signer)
		require.NoError(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	party := newKey()
	der, err := x509.MarshalPKCS8PrivateKey(party)
	require.NoError(t, err)
	a := &authority{ca: sign(template, signer.Public()), key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
	a.cert = sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: template.NotBefore, NotAfter: template.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.ParseIP(proctest.Loopback())},
	}, party.Public())
	dir := t.TempDir()
	a.install(t, dir)
	a.config = fmt.Sprintf("tls { ca_file: %q, cert_file: %q, key_file: %q, verify: true }",
		filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	return a
}

func (a *authority) install(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string][]byte{"ca.pem": a.ca, "cert.pem": a.cert, "key.pem": a.key} {
		writeFile(t, filepath.Join(dir, name), string(text))
	}
}

func isNotExist(err error) bool { return errors.Is(err, os.ErrNotExist) }

// TestCredentialsExpire uses an operator, an account and users as nsc makes them. The first user's time ends.
func TestCredentialsExpire(t *testing.T) {
	t.Parallel()
	pair := func(prefix nkeys.PrefixByte) (nkeys.KeyPair, string) {
		p, err := nkeys.CreatePair(prefix)
		require.NoError(t, err)
		public, err := p.PublicKey()
		require.NoError(t, err)
		return p, public
	}
	encode := func(c jwt.Claims, by nkeys.KeyPair) string {
		s, err := c.Encode(by)
		require.NoError(t, err)
		return s
	}
	operator, operatorPublic := pair(nkeys.PrefixByteOperator)
	_, systemPublic := pair(nkeys.PrefixByteAccount)
	account, accountPublic := pair(nkeys.PrefixByteAccount)
	oc := jwt.NewOperatorClaims(operatorPublic)
	oc.SystemAccount = systemPublic
	ac := jwt.NewAccountClaims(accountPublic)
	ac.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	credentials := func(expires time.Time) string {
		user, public := pair(nkeys.PrefixByteUser)
		uc := jwt.NewUserClaims(public)
		if !expires.IsZero() {
			uc.Expires = expires.Unix()
		}
		s, err := user.Seed()
		require.NoError(t, err)
		b, err := jwt.FormatUserConfig(encode(uc, account), s)
		require.NoError(t, err)
		return string(b)
	}
	n, _ := configured(t, fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload { %s: %s, %s: %s }",
		encode(oc, operator), systemPublic,
		systemPublic, encode(jwt.NewAccountClaims(systemPublic), operator), accountPublic, encode(ac, operator)))
	other := dial(t, Config{URLs: []string{n.URL()}, CredentialsFile: writeFile(t, "other.creds", credentials(time.Time{}))})
	create(t, other)
	publish(t, other, 0, 10)
	file := writeFile(t, "exporter.creds", credentials(time.Now().Add(10*time.Second))) // the time to connect
	var w watcher
	nc := dial(t, Config{URLs: []string{n.URL()}, CredentialsFile: file, Observer: w.observer()})
	r := newReader(t, nc)
	r.until(10)
	writeFile(t, file, credentials(time.Time{}))
	require.Eventually(t, func() bool { return w.get().connected == 2 }, patience, tick)
	publish(t, nc, 10, 10)
	r.until(20)
	r.exactly(0, 20)
	require.True(t, slices.ContainsFunc(w.get().failed, func(err error) bool { return errors.Is(err, nats.ErrAuthExpired) }), "%v", w.get().failed)
}
