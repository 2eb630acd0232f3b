package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// Config says how to connect. Secrets come from files only, which are read again at each connection, so that a file can be
// replaced without a restart.
type Config struct {
	URLs     []string  // nats://, tls://, ws:// or wss://; without user and password
	Embedded *Embedded // connect to this server within the process instead

	Name        string // of the connection, for the server's operators
	InboxPrefix string // of the subjects for answers, as _INBOX_exporter; _INBOX when empty, which others in the account may read

	User            string // with PasswordFile
	PasswordFile    string // holds the password of User
	TokenFile       string // holds a token
	NKeyFile        string // holds the seed of an NKey
	CredentialsFile string // holds a JWT and its seed, as nsc writes it

	TLS            bool   // require TLS; implied by the next four and by tls:// and wss://
	CAFile         string // PEM of the authorities to trust instead of the system's
	CertFile       string // PEM of the client's certificate
	KeyFile        string // PEM of its key
	TLSFirst       bool   // start TLS before the server says anything, for servers with handshake_first
	AllowPlaintext bool   // password or token may go unencrypted to another host

	Logger   *slog.Logger // nothing is logged when nil
	Observer Observer
}

// Observer is told about the connection. Its functions may be nil; they are called one at a time and must not block.
type Observer struct {
	Connected    func(server string) // also after each reconnection
	Disconnected func(error)         // the connection was lost; nil at an orderly end
	Failed       func(error)         // an attempt to connect failed, or the server complained, as about a permission
	Closed       func(error)         // for good: only after Close or a protocol error
}

const (
	connectTimeout = 5 * time.Second
	reconnectWait  = 500 * time.Millisecond
	pingInterval   = 20 * time.Second
)

// Connect returns a connection that is up, or will be: an error is one of the configuration, which no server can mend. It
// waits for the first attempt, at most 5 s per address; further ones happen in the background without end.
func Connect(ctx context.Context, c Config) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	opts := nats.GetDefaultOptions()
	if err := c.check(); err != nil {
		return nil, err
	}
	opts.Servers = c.URLs
	opts.Name = c.Name
	opts.InboxPrefix = c.InboxPrefix
	opts.Timeout = connectTimeout
	opts.RetryOnFailedConnect = true
	opts.MaxReconnect = -1
	opts.IgnoreAuthErrorAbort = true // else the client gives up when a rotation takes longer than two attempts
	opts.ReconnectWait = reconnectWait
	opts.ReconnectJitter, opts.ReconnectJitterTLS = reconnectWait/2, 2*reconnectWait
	opts.ReconnectBufSize = -1 // nobody awaits the answer to a request from before the connection broke
	opts.PingInterval = pingInterval
	if c.sendsSecret() && !c.secure() {
		// A server on this host could name others, to which the secret would go unencrypted.
		opts.IgnoreDiscoveredServers = !c.AllowPlaintext
	}
	if err := c.tls(&opts); err != nil {
		return nil, err
	}
	a, err := c.authenticate(&opts)
	if err != nil {
		return nil, err
	}
	c.observe(&opts)
	if c.Embedded != nil {
		opts.InProcessServer = c.Embedded.server
	}
	nc, err := opts.Connect()
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	a.conn.Store(nc)
	return nc, nil
}

func (c *Config) check() error {
	if c.Embedded == nil && len(c.URLs) == 0 {
		return errors.New("no NATS address is given; set --nats.url")
	}
	kinds := 0
	for _, f := range []string{c.PasswordFile, c.TokenFile, c.NKeyFile, c.CredentialsFile} {
		if f != "" {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return errors.New("more than one kind of NATS credentials is given: use one of password, token, NKey and credentials file")
	case (c.User == "") != (c.PasswordFile == ""):
		return errors.New("NATS user and password file belong together: give both or none")
	case (c.CertFile == "") != (c.KeyFile == ""):
		return errors.New("NATS client certificate and key belong together: give both or none")
	}
	if c.InboxPrefix != "" && (!validSubject(c.InboxPrefix) || strings.ContainsAny(c.InboxPrefix, "*>")) {
		return fmt.Errorf("inbox prefix %q is not valid", c.InboxPrefix)
	}
	for _, raw := range c.URLs {
		u, err := parseURL(raw)
		switch {
		case err != nil: // it repeats the address, which may hold a password
			return errors.New("a NATS address cannot be parsed; it looks like nats://host:4222")
		case u.User != nil:
			return fmt.Errorf("address of NATS server %s holds credentials; give them in a file", u.Host)
		case c.sendsSecret() && !c.secure() && !c.AllowPlaintext && !loopback(u.Hostname()):
			return fmt.Errorf("password or token would go unencrypted to %s; use tls://, or allow it with --nats.allow-plaintext-credentials", u.Host)
		}
	}
	return nil
}

// sendsSecret reports whether the credentials themselves are sent. NKeys and JWTs only sign.
func (c *Config) sendsSecret() bool { return c.PasswordFile != "" || c.TokenFile != "" }

// secure reports whether the client insists on TLS. With nats:// it would do what the server, or somebody on the way,
// says.
func (c *Config) secure() bool {
	if c.TLS || c.TLSFirst || c.CAFile != "" || c.CertFile != "" {
		return true
	}
	for _, raw := range c.URLs {
		// One such address makes the client insist for all of them.
		if u, err := parseURL(raw); err == nil && (u.Scheme == "tls" || u.Scheme == "wss") {
			return true
		}
	}
	return false
}

func (c *Config) observe(o *nats.Options) {
	log := c.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	up := func(nc *nats.Conn) {
		server := nc.ConnectedUrlRedacted()
		log.Info("connected to NATS", "server", server, "version", nc.ConnectedServerVersion())
		if c.Observer.Connected != nil {
			c.Observer.Connected(server)
		}
	}
	failed := func(err error) {
		log.Warn("NATS reports an error", "err", err)
		if c.Observer.Failed != nil {
			c.Observer.Failed(err)
		}
	}
	o.ConnectedCB, o.ReconnectedCB = up, up
	o.DisconnectedErrCB = func(_ *nats.Conn, err error) {
		if err == nil { // it was closed here
			log.Debug("disconnected from NATS")
		} else {
			log.Warn("disconnected from NATS", "err", err)
		}
		if c.Observer.Disconnected != nil {
			c.Observer.Disconnected(err)
		}
	}
	o.ReconnectErrCB = func(_ *nats.Conn, err error) { failed(err) }
	o.AsyncErrorCB = func(_ *nats.Conn, _ *nats.Subscription, err error) { failed(err) }
	o.ClosedCB = func(nc *nats.Conn) {
		err := nc.LastError()
		if err == nil {
			log.Info("closed connection to NATS")
		} else {
			log.Info("closed connection to NATS", "last_err", err)
		}
		if c.Observer.Closed != nil {
			c.Observer.Closed(err)
		}
	}
}

// connected waits for the connection.
func connected(ctx context.Context, nc *nats.Conn, most time.Duration, failed *LastError) error {
	// The listener comes first: a connection made between the question and the listener would go unheard.
	changed := nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer nc.RemoveStatusListener(changed)
	limit := time.NewTimer(most)
	defer limit.Stop()
	for {
		switch {
		case nc.IsClosed():
			return nats.ErrConnectionClosed
		case nc.IsConnected():
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return notConnected(nc, failed)
		}
	}
}

// notConnected names the addresses, which hold no credentials, and what went wrong last. failed may be nil.
func notConnected(nc *nats.Conn, failed *LastError) error {
	err := fmt.Errorf("%w at %s", ErrNotConnected, strings.Join(nc.Servers(), ", "))
	if last := cmp.Or(failed.Get(), nc.LastError()); last != nil {
		err = fmt.Errorf("%w: %w", err, last)
	}
	return err
}

// LastError keeps what an Observer's Failed was told last: the client itself forgets why it could not connect.
type LastError struct{ err atomic.Pointer[error] }

// Set is for Observer.Failed.
func (l *LastError) Set(err error) { l.err.Store(&err) }

// Get returns the last error, or nil.
func (l *LastError) Get() error {
	if l == nil {
		return nil
	}
	if err := l.err.Load(); err != nil {
		return *err
	}
	return nil
}

// ErrNotConnected says that there is no connection to any server. The client goes on trying by itself.
var ErrNotConnected = errors.New("not connected to NATS")

// parseURL parses an address as the client does: the scheme defaults to nats.
func parseURL(raw string) (*url.URL, error) {
	if !strings.Contains(raw, "://") {
		raw = "nats://" + raw
	}
	return url.Parse(raw)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
