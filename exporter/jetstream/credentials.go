package jetstream

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// auth reads the credentials again for each connection.
type auth struct {
	conn   atomic.Pointer[nats.Conn]
	failed func(error)
}

// authenticate sets the credentials. It reads the files once, so that a wrong path is an error at the start and not a
// connection that is refused for ever.
func (c *Config) authenticate(o *nats.Options) (*auth, error) {
	a := &auth{failed: func(err error) {
		if o.AsyncErrorCB != nil {
			o.AsyncErrorCB(nil, nil, err)
		}
	}}
	switch {
	case c.PasswordFile != "":
		if _, err := readSecret(c.PasswordFile); err != nil {
			return nil, err
		}
		o.UserInfo = func() (user, password string) { return c.User, a.secret(c.PasswordFile) }
	case c.TokenFile != "":
		if _, err := readSecret(c.TokenFile); err != nil {
			return nil, err
		}
		o.TokenHandler = func() string { return a.secret(c.TokenFile) }
	case c.CredentialsFile != "":
		if _, err := os.ReadFile(c.CredentialsFile); err != nil {
			return nil, fmt.Errorf("read NATS credentials: %w", err)
		}
		if err := nats.UserCredentials(c.CredentialsFile)(o); err != nil {
			return nil, err
		}
	case c.NKeyFile != "":
		if err := a.nkey(o, c.NKeyFile); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// secret reads a secret while the client connects. If it cannot, the server refuses, and the client tries again.
func (a *auth) secret(file string) string {
	s, err := readSecret(file)
	if err != nil {
		a.failed(err)
	}
	return s
}

// nkey sets an NKey. The client asks for a signature at each connection, but only once for the public key, which a new
// seed changes.
func (a *auth) nkey(o *nats.Options, file string) error {
	public, _, err := signNonce(file, nil)
	if err != nil {
		return err
	}
	if err := nats.Nkey(public, func(nonce []byte) ([]byte, error) {
		_, sig, err := signNonce(file, nonce)
		return sig, err
	})(o); err != nil {
		return err
	}
	o.ReconnectToServerCB = func([]nats.Server, nats.ServerInfo) (*nats.Server, time.Duration) {
		// The client holds its lock and is about to read this very field.
		if nc := a.conn.Load(); nc != nil {
			if public, _, err := signNonce(file, nil); err == nil {
				nc.Opts.Nkey = public
			}
		}
		return nil, 0 // the choice of the server stays the client's
	}
	return nil
}

func signNonce(file string, nonce []byte) (public string, sig []byte, err error) {
	seed, err := os.ReadFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("read NATS NKey: %w", err)
	}
	defer clear(seed)
	// Errors must not quote the content.
	pair, err := nkeys.ParseDecoratedNKey(seed)
	if err != nil {
		return "", nil, fmt.Errorf("NATS NKey in %s is not valid", file)
	}
	defer pair.Wipe()
	if public, err = pair.PublicKey(); err != nil || !nkeys.IsValidPublicUserKey(public) {
		return "", nil, fmt.Errorf("NATS NKey in %s is not one of a user", file)
	}
	sig, err = pair.Sign(nonce)
	return public, sig, err
}

// readSecret returns the content of a file without a trailing newline.
func readSecret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read NATS credentials: %w", err)
	}
	b = bytes.TrimRight(b, "\r\n")
	if len(b) == 0 {
		return "", fmt.Errorf("read NATS credentials: %s is empty", file)
	}
	return string(b), nil
}

// tls sets up encryption; certificates too are read again at each connection.
func (c *Config) tls(o *nats.Options) error {
	if !c.secure() {
		return nil
	}
	o.Secure = true
	o.TLSHandshakeFirst = c.TLSFirst
	o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		o.RootCAsCB = func() (*x509.CertPool, error) {
			pem, err := os.ReadFile(c.CAFile)
			if err != nil {
				return nil, fmt.Errorf("read NATS certificate authority: %w", err)
			}
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("read NATS certificate authority: %s holds no certificate", c.CAFile)
			}
			return pool, nil
		}
		if _, err := o.RootCAsCB(); err != nil {
			return err
		}
	}
	if c.CertFile != "" {
		o.TLSCertCB = func() (tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
			if err != nil {
				return cert, fmt.Errorf("read NATS client certificate: %w", err)
			}
			return cert, nil
		}
		if _, err := o.TLSCertCB(); err != nil {
			return err
		}
	}
	return nil
}
