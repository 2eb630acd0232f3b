package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// EmbeddedConfig configures a NATS server within the process.
type EmbeddedConfig struct {
	Address  string       // host:port to listen on; port 0 picks a free one. Not encrypted and without users: keep it on loopback
	StoreDir string       // of the streams; one server at a time
	MaxBytes int64        // most bytes of all streams; three quarters of the free disk when 0
	NoSync   bool         // acknowledge before a message is on disk: many times faster, for data that may be lost
	Logger   *slog.Logger // nothing is logged when nil
}

// Embedded is a NATS server with JetStream within the process. What it acknowledged is on disk, unless NoSync is set.
type Embedded struct {
	server *server.Server
	lock   *dirLock
	stop   sync.Once
}

const embeddedMemory = 64 << 20 // for streams and consumers in memory: an exporter's consumer keeps nothing

// StartEmbedded starts a server and waits until it is ready, which takes longer the more there is to recover.
func StartEmbedded(ctx context.Context, c EmbeddedConfig) (*Embedded, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.StoreDir == "" {
		return nil, errors.New("embedded NATS server needs a directory for its streams")
	}
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("address of the embedded NATS server: %w", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("address of the embedded NATS server: port %q is not a number", port)
	}
	opts := &server.Options{
		ServerName:             "bot-exporter",
		Host:                   host,
		Port:                   int(n),
		NoSigs:                 true, // signals are the daemon's
		NoLog:                  true, // SetLogger below
		DisableJetStreamBanner: true,
		JetStream:              true,
		StoreDir:               c.StoreDir,
		JetStreamMaxMemory:     embeddedMemory,
		JetStreamMaxStore:      c.MaxBytes,
		SyncAlways:             !c.NoSync, // else two minutes of acknowledged messages are lost with the power
	}
	if n == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return start(ctx, opts, c.Logger)
}

// start runs a server with the options. Tests use it for clusters.
func start(ctx context.Context, opts *server.Options, log *slog.Logger) (*Embedded, error) {
	lock, err := lockDir(opts.StoreDir)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded NATS server: %w", err), lock.release())
	}
	e := &Embedded{server: s, lock: lock}
	adapter := &serverLog{log: log}
	if log == nil {
		adapter.log = slog.New(slog.DiscardHandler)
	}
	s.SetLogger(adapter, false, false)
	s.Start()
	for !s.ReadyForConnections(100 * time.Millisecond) {
		err := adapter.fatalError()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("embedded NATS server: %w", err), e.Close())
		}
	}
	if err := adapter.fatalError(); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded NATS server: %w", err), e.Close())
	}
	return e, nil
}

// URL returns the address that clients connect to.
func (e *Embedded) URL() string { return e.server.ClientURL() }

// Close stops the server after it has written everything to disk. Clients of other processes are disconnected.
func (e *Embedded) Close() error {
	var err error
	e.stop.Do(func() {
		e.server.Shutdown()
		e.server.WaitForShutdown()
		err = e.lock.release()
	})
	return err
}

// serverLog passes the server's log to slog, its notices at debug level. The server expects Fatalf to end the process; we
// keep the reason for whoever waits for the server.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[error]
}

func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l *serverLog) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l *serverLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }

func (l *serverLog) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.fatal.CompareAndSwap(nil, &err)
	l.log.Error(err.Error())
}

func (l *serverLog) fatalError() error {
	if err := l.fatal.Load(); err != nil {
		return *err
	}
	return nil
}
