package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
)

// clause is a command, or the application, to add flags to.
type clause interface {
	Flag(name, help string) *kingpin.FlagClause
}

// foldFlags affect the numbers.
type foldFlags struct {
	file, zone *string
}

func addFoldFlags(c clause) *foldFlags {
	return &foldFlags{
		file: c.Flag("config.file", "YAML file of settings, listed in the README. It overrides flags. Without it, flags and defaults apply.").String(),
		zone: c.Flag("time.zone", exporter.Help("time.zone")).Default("UTC").String(),
	}
}

func (f *foldFlags) config() (exporter.Config, error) { return f.applyTo(exporter.Defaults()) }

// applyTo applies the flags, then the file, which wins.
func (f *foldFlags) applyTo(cfg exporter.Config) (exporter.Config, error) {
	if err := cfg.Set("time.zone", *f.zone); err != nil {
		return cfg, fmt.Errorf("--%w", err)
	}
	if *f.file != "" {
		if err := cfg.LoadFile(*f.file); err != nil {
			return cfg, err
		}
	}
	return cfg, cfg.Validate()
}

// liveFlags set what has no bearing on the numbers.
type liveFlags struct {
	logs     *logFlags
	interval *string
}

func addLiveFlags(c clause, logs *logFlags) *liveFlags {
	return &liveFlags{logs, c.Flag("checkpoint.interval", exporter.Help("checkpoint.interval")).Default("30s").String()}
}

// config returns every setting: what flags say, and then what the file says.
func (f *liveFlags) config(fold *foldFlags) (exporter.Config, error) {
	cfg := exporter.Defaults()
	cfg.LogLevel = *f.logs.level
	if err := cfg.Set("checkpoint.interval", *f.interval); err != nil {
		return cfg, fmt.Errorf("--%w", err)
	}
	return fold.applyTo(cfg)
}

// logFlags configure the logger.
type logFlags struct {
	level, format *string
}

func addLogFlags(c clause, level string) *logFlags {
	return &logFlags{
		level:  c.Flag("log.level", exporter.Help("log.level")).Default(level).Enum(promslog.LevelFlagOptions...),
		format: c.Flag("log.format", "Log format: "+strings.Join(promslog.FormatFlagOptions, ", ")+".").Default("logfmt").Enum(promslog.FormatFlagOptions...),
	}
}

// logger is a log with a rate limit and a level that can change.
type logger struct {
	*slog.Logger
	limit *logLimit
	apply func(exporter.Config) // sets the level
}

func (f *logFlags) logger(w io.Writer) logger {
	level, format := promslog.NewLevel(), promslog.NewFormat()
	_ = level.Set(*f.level) // kingpin has checked both
	_ = format.Set(*f.format)
	limit := newLogLimit(promslog.New(&promslog.Config{Level: level, Format: format, Writer: w}).Handler())
	return logger{slog.New(limit), limit, func(cfg exporter.Config) {
		_ = level.Set(cfg.LogLevel) // Validate has checked it
	}}
}

// natsFlags say how to reach the broker.
type natsFlags struct {
	urls, subjects            *[]string
	stream                    *string
	domain, apiPrefix         *string
	inboxPrefix               *string
	user, passwordFile        *string
	tokenFile, nkeyFile       *string
	credentialsFile           *string
	caFile, certFile, keyFile *string
	tlsFirst, plaintext       *bool
}

func addNATSFlags(c clause) *natsFlags {
	return &natsFlags{
		urls:            c.Flag("nats.url", "URL of a NATS server; repeat it for each server of a cluster.").Default("nats://127.0.0.1:4222").Strings(),
		stream:          c.Flag("nats.stream", "JetStream stream that holds the events.").Default("BOT_EVENTS").String(),
		subjects:        c.Flag("nats.subjects", "Subjects of the events in the stream; repeatable.").Default("bot.events.>").Strings(),
		domain:          c.Flag("nats.jetstream-domain", "JetStream domain of the stream. Empty means the domain of the server; at a leaf node, the hub's may be needed.").String(),
		apiPrefix:       c.Flag("nats.jetstream-prefix", "Subject prefix of the JetStream API instead of $JS.API, for a stream that another account exports.").String(),
		inboxPrefix:     c.Flag("nats.inbox-prefix", "Prefix of the subjects for replies. A private prefix keeps other users from reading them.").Default("_INBOX").String(),
		user:            c.Flag("nats.user", "User name, with --nats.password-file.").String(),
		passwordFile:    c.Flag("nats.password-file", "File with the password of --nats.user, read at each connection.").String(),
		tokenFile:       c.Flag("nats.token-file", "File with a token, read at each connection.").String(),
		nkeyFile:        c.Flag("nats.nkey-file", "File with the seed of an NKey, read at each connection.").String(),
		credentialsFile: c.Flag("nats.credentials-file", "File with a user JWT and its seed (.creds), read at each connection.").String(),
		caFile:          c.Flag("nats.tls-ca-file", "PEM file with the certificate authorities to trust instead of the system's.").String(),
		certFile:        c.Flag("nats.tls-cert-file", "PEM file with the client certificate, read at each connection.").String(),
		keyFile:         c.Flag("nats.tls-key-file", "PEM file with the key of the client certificate, read at each connection.").String(),
		tlsFirst:        c.Flag("nats.tls-first", "Start TLS before the server sends anything. The server needs handshake_first.").Bool(),
		plaintext:       c.Flag("nats.allow-plaintext-credentials", "Allow sending a password or token to another host without TLS.").Bool(),
	}
}

// source returns what is read; the error is one of the flags.
func (f *natsFlags) source() (jetstream.Options, error) {
	o := jetstream.Options{API: jetstream.API{Domain: *f.domain, Prefix: *f.apiPrefix}, Stream: *f.stream, Subjects: *f.subjects}
	err := o.Check()
	return o, err
}

func (f *natsFlags) config(name string, log *slog.Logger) jetstream.Config {
	return jetstream.Config{
		URLs: *f.urls, Name: name, InboxPrefix: *f.inboxPrefix,
		User: *f.user, PasswordFile: *f.passwordFile, TokenFile: *f.tokenFile, NKeyFile: *f.nkeyFile,
		CredentialsFile: *f.credentialsFile, CAFile: *f.caFile, CertFile: *f.certFile, KeyFile: *f.keyFile,
		TLSFirst: *f.tlsFirst, AllowPlaintext: *f.plaintext, Logger: log,
	}
}
