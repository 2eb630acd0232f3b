package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// A base address means readiness, and a server with TLS that asks for a certificate of the client can be asked.
func TestHealth(t *testing.T) {
	var asked []string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		_, _ = io.WriteString(w, "ready\n")
	})
	plain := httptest.NewServer(h)
	defer plain.Close()
	for _, path := range []string{"", "/", "/-/healthy"} {
		code, out, text := ended(t, "", "health", plain.URL+path)
		require.Equal(t, 0, code, text)
		require.Equal(t, "ready\n", out)
	}
	require.Equal(t, []string{"/-/ready", "/-/ready", "/-/healthy"}, asked)

	secure := httptest.NewUnstartedServer(h)
	secure.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	defer secure.Close()
	pair := secure.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	cert := file(t, "c.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	key := file(t, "k.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	config := func(name, more string) string {
		return "--http.config.file=" + file(t, "http.yml", fmt.Sprintf("tls_config: {ca_file: %s, server_name: %s%s}\n", cert, name, more))
	}
	own := fmt.Sprintf(", cert_file: %s, key_file: %s", cert, key)
	code, out, text := ended(t, "", "health", secure.URL, config("example.com", own))
	require.Equal(t, 0, code, text)
	require.Equal(t, "ready\n", out)
	for _, args := range [][]string{
		{"health", secure.URL}, {"health", secure.URL, config("example.com", "")}, {"health", secure.URL, config("elsewhere.example", own)},
		{"health", secure.URL, "--http.config.file=" + file(t, "x.yml", "nonsense: 1")},
	} {
		code, _, text = ended(t, "", args...)
		require.NotZero(t, code, args)
		require.NotEmpty(t, text)
	}
}
