package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/web"
)

// daemon runs the exporter for serve and demo.
type daemon struct {
	cfg      exporter.Config
	storage  string
	keyFile  string // key of the pseudonyms; in the storage when empty
	nats     jetstream.Config
	source   jetstream.Options // what to read; the rest is filled in by follow
	create   bool
	replicas int    // of a stream to create; 0 for as many as the cluster allows
	embedded string // address of an embedded NATS server; none when empty
	volatile bool   // the embedded server need not survive a crash
	web      *toolkit.FlagConfig
	listener net.Listener // of the web server; nil to listen as web says
	log      logger
	onBroker func(natsURL string) // called when the embedded NATS server is up; may be nil
	damaged  []string             // reasons of damaged checkpoint files
	reload   reload
	engine   atomic.Pointer[exporter.Engine] // once there is one
}

// rejects returns the last rejected events, none before there is an engine.
func (d *daemon) rejects() []exporter.Rejected {
	if e := d.engine.Load(); e != nil {
		return e.Rejects()
	}
	return []exporter.Rejected{}
}

func serveCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("serve", "Follow the stream and serve /metrics. This is the default command.").Default()
	fold, logs, broker := addFoldFlags(cmd), addLogFlags(cmd, "info"), addNATSFlags(cmd)
	live := addLiveFlags(cmd, logs)
	create := cmd.Flag("nats.create-stream", "If the stream is missing, create it with the recommended settings.").Bool()
	replicas := cmd.Flag("nats.create-replicas", "Replicas of a stream created by --nats.create-stream: 1 to 5, or auto, which means 3 in a cluster of three or more servers and 1 otherwise.").
		Default("auto").Enum("auto", "1", "2", "3", "4", "5")
	embedded := cmd.Flag("nats.embedded", "Run a NATS server with JetStream in this process instead of connecting to one.").Bool()
	address := cmd.Flag("nats.embedded.address", "Address of the embedded NATS server, host:port. It has no TLS and no login.").Default("127.0.0.1:4222").String()
	dir := cmd.Flag("storage.path", "Directory for checkpoints, the users' key and the embedded server's streams.").Default("data").String()
	keyFile := cmd.Flag("users.key-file", "File with the key of the users' pseudonyms, 32 hexadecimal digits. Without it, the exporter creates a key in the storage.").String()
	mismatch := cmd.Flag("on-stream-mismatch", "What to do when the stream is not the checkpoint's, or lost its last messages. resume: if it lost its last messages, keep totals and continue after the last common message; else halt. halt: stop counting and wait. rebase: keep totals and count the new stream from its first message. reset: discard the state and count the new stream from its first message.").
		Default(string(exporter.Resume)).Enum(exporter.Policies()...)
	lifecycle := cmd.Flag("web.enable-lifecycle", "Allow POST and PUT on /-/reload, which reads --config.file again, as SIGHUP does.").Bool()
	reloadHosts := cmd.Flag("web.reload-host", "Host name with dots under which to allow /-/reload; repeatable. IP addresses and names without dots are always allowed.").Strings()
	debug := cmd.Flag("debug.listen-address", "Loopback address, host:port, on which to serve Go's profiles at /debug/pprof/ and the last rejected events at /debug/rejects. Empty serves none.").String()
	webFlags := kingpinflag.AddFlags(cmd, ":9850")
	return cmd.FullCommand(), func(ctx context.Context, io stdio) (int, error) {
		read := func() (exporter.Config, error) {
			cfg, err := live.config(fold)
			cfg.OnMismatch = exporter.Policy(*mismatch)
			return cfg, err
		}
		cfg, err := read()
		if err != nil {
			return 2, err
		}
		source, err := broker.source()
		if err != nil {
			return 2, err
		}
		log := logs.logger(io.err)
		log.apply(cfg)
		d := daemon{
			cfg: cfg, storage: *dir, keyFile: *keyFile, nats: broker.config("bot-exporter", log.Logger),
			source: source, create: *create || *embedded,
			web: webFlags, log: log, reload: reload{read: read, apply: log.apply, byHTTP: *lifecycle, hosts: *reloadHosts},
		}
		d.replicas, _ = strconv.Atoi(*replicas) // 0 for auto
		defer d.reload.catchHangup()()
		if *debug != "" {
			stop, err := serveProfiles(*debug, log.Logger, d.rejects)
			if err != nil {
				return 1, err
			}
			defer stop()
		}
		if *embedded {
			d.embedded = *address
		}
		return 0, d.run(ctx)
	}
}

// run starts everything and returns when the context ends or a part fails. It stops the parts in the reverse order of
// their start.
func (d *daemon) run(ctx context.Context) (err error) {
	d.log.Info("starting bot-exporter", "version", version.Info(), "build", version.BuildContext())
	store, err := storage.Open(storage.Config{
		Dir:      filepath.Join(d.storage, "checkpoints"),
		Rejected: d.noteDamaged,
		Warn:     func(err error) { d.log.Warn("cannot clean up checkpoints", "err", err) },
	})
	if err != nil {
		return err
	}
	defer joinError(&err, store.Close)
	if err := d.loadKey(); err != nil {
		return err
	}
	if d.embedded != "" {
		server, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedConfig{
			Address: d.embedded, StoreDir: filepath.Join(d.storage, "nats"), NoSync: d.volatile, Logger: d.log.With("component", "nats"),
		})
		if err != nil {
			return unlessStopped(ctx, err)
		}
		defer joinError(&err, server.Close)
		d.log.Info("started NATS server", "url", server.URL())
		d.nats.Embedded = server
		if d.onBroker != nil {
			d.onBroker(server.URL())
		}
	}
	return d.follow(ctx, store)
}

func (d *daemon) loadKey() (err error) {
	k := &d.cfg.KPIs.Session.Key
	if d.keyFile != "" {
		*k, d.cfg.KeyID, err = storage.LoadKey(d.keyFile)
	} else {
		*k, d.cfg.KeyID, err = storage.LoadOrCreateKey(filepath.Join(d.storage, "checkpoints"))
	}
	return err
}

// noteDamaged records a damaged checkpoint. It runs inside exporter.New, when there are no metrics yet to count it in.
func (d *daemon) noteDamaged(e *storage.DamageError) {
	d.log.Error("skipping damaged checkpoint", "path", e.Path, "reason", string(e.Reason))
	d.damaged = append(d.damaged, string(e.Reason))
}

// follow makes the engine before the connection, so that a checkpoint that does not fit ends the process at once.
func (d *daemon) follow(ctx context.Context, store *storage.Store) error {
	engine, err := exporter.New(d.cfg, store, d.log.Logger)
	if err != nil {
		return err
	}
	d.engine.Store(engine)
	for _, reason := range d.damaged {
		engine.CheckpointRejected(reason)
	}
	d.source.Failed = &jetstream.LastError{}
	d.nats.Observer = jetstream.Observer{
		Connected:    func(string) { engine.Connected(true) },
		Disconnected: func(error) { engine.Connected(false) },
		Failed:       d.source.Failed.Set,
	}
	nc, err := jetstream.Connect(ctx, d.nats)
	if err != nil {
		return unlessStopped(ctx, err)
	}
	defer nc.Close()
	options := d.source
	options.Leftover, options.Report, options.Logger = store.Consumer(), d.report(engine), d.log.Logger
	options.Creating = func(name string) {
		if err := store.KeepConsumer(name); err != nil {
			d.log.Warn("cannot store name of consumer; after a kill the broker will keep the consumer for a while", "err", err)
		}
	}
	if d.create {
		options.Create = &jetstream.StreamSettings{Name: d.source.Stream, Subjects: d.source.Subjects, Replicas: d.replicas}
	}
	source, err := jetstream.NewSource(nc, options)
	if err != nil {
		return err
	}
	return d.serve(ctx, engine, source)
}

// report returns a function that passes the findings of each stream check to the engine and logs new ones.
func (d *daemon) report(engine *exporter.Engine) func(jetstream.Report) {
	logged := map[exporter.Advice]bool{}
	return func(r jetstream.Report) {
		list, now := []exporter.Advice(nil), map[exporter.Advice]bool{}
		for _, a := range r.Advice {
			if a.Setting == "num_replicas" && d.embedded != "" {
				continue // the embedded server is one by design, and syncs every message
			}
			list, now[a] = append(list, a), true
			if !logged[a] {
				d.log.Warn("stream setting puts messages at risk", "setting", a.Setting, "reason", a.Reason)
			}
		}
		logged = now
		engine.Advise(list)
		engine.Origins(r.OriginLag)
		if r.Timed {
			engine.BrokerClock(r.Clock)
		}
	}
}

const shutdownTimeout = 5 * time.Second

// serve runs the engine and the web server. Either one stops the other when it ends.
func (d *daemon) serve(ctx context.Context, engine *exporter.Engine, source exporter.Source) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	server := web.NewServer(web.Handler(engine, web.Options{
		Log: d.log.Logger, Reload: d.reload.handler(engine), ReloadHosts: d.reload.hosts,
	}), d.log.Logger)
	served := make(chan error, 1)
	go func() {
		err := d.listenAndServe(server)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		if err != nil {
			err = fmt.Errorf("web server: %w", err)
		}
		served <- err
		cancel(err)
	}()
	var beside sync.WaitGroup
	beside.Go(func() { notifySystemd(ctx, engine, d.log.Logger) })
	beside.Go(func() { relaxGC(ctx, func() bool { return engine.Status().CaughtUp }) })
	beside.Go(func() { d.reload.follow(ctx, engine) })
	d.log.limit.On()
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		d.log.limit.Off() // before the stop is logged
		end()
	})
	err := engine.Run(running, source)
	cancel(nil)
	beside.Wait()
	stop, done := context.WithTimeout(context.Background(), shutdownTimeout)
	defer done()
	if server.Shutdown(stop) != nil {
		_ = server.Close() // cuts off slow scrapes
	}
	return errors.Join(err, <-served)
}

func (d *daemon) listenAndServe(server *http.Server) error {
	if d.listener != nil {
		return toolkit.Serve(d.listener, server, d.web, d.log.Logger)
	}
	return toolkit.ListenAndServe(server, d.web, d.log.Logger)
}

// serveProfiles serves Go's profiles until stop is called, so also while the daemon starts and stops.
func serveProfiles(address string, log *slog.Logger, rejects func() []exporter.Rejected) (stop func(), err error) {
	listener, err := web.ListenLoopback(address)
	if err != nil {
		return nil, fmt.Errorf("--debug.listen-address: %w", err)
	}
	server := web.NewDebugServer(log, rejects)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("stopped serving profiles", "err", err)
		}
	}()
	log.Info("serving profiles", "address", listener.Addr().String())
	return func() {
		_ = server.Close()
		<-done
	}, nil
}

// joinError calls f, in a defer, and joins its error into err.
func joinError(err *error, f func() error) { *err = errors.Join(*err, f()) }
