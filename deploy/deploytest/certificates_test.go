package deploytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// certificates makes an authority and certificates of all parties in a folder, named as the configurations name them.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	now := time.Now()
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
	}
	authority := template(1, "test authority")
	authority.IsCA, authority.BasicConstraintsValid, authority.KeyUsage = true, true, x509.KeyUsageCertSign
	authorityKey := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	require.NoError(t, err)
	write(t, filepath.Join(dir, "ca.pem"), "CERTIFICATE", der)
	for i, name := range []string{"server", "exporter", "prometheus", "other"} {
		c := template(int64(i+2), name)
		c.DNSNames = []string{name}
		if name == "server" {
			c.DNSNames, c.IPAddresses = []string{"localhost"}, []net.IP{net.ParseIP(proctest.Loopback())}
		}
		key := newKey(t)
		der, err := x509.CreateCertificate(rand.Reader, c, authority, key.Public(), authorityKey)
		require.NoError(t, err)
		write(t, filepath.Join(dir, name+".pem"), "CERTIFICATE", der)
		der, err = x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		write(t, filepath.Join(dir, name+"-key.pem"), "PRIVATE KEY", der)
	}
	return dir
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func write(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

// clientTLS is the side of a party with a certificate; none when the name is empty.
func clientTLS(t *testing.T, dir, name string) *tls.Config {
	t.Helper()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(read(t, filepath.Join(dir, "ca.pem")))))
	c := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
	if name != "" {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem"))
		require.NoError(t, err)
		c.Certificates = []tls.Certificate{pair}
	}
	return c
}
