package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// demoHistory is how much traffic from before its start the demo publishes. Event times may not lie further back.
const demoHistory = 23 * time.Hour

func demoCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("demo", "Run everything in one process: NATS, simulated traffic of a shop and a bank assistant, and the exporter.")
	fold, logs := addFoldFlags(cmd), addLogFlags(cmd, "warn")
	seed := cmd.Flag("seed", "Random seed of the simulated traffic.").Default("1").Uint64()
	speed := cmd.Flag("speed", "How much busier live traffic is than the simulated day before, 0.1 to 10.").Default("10").Float64()
	chats := cmd.Flag("chats-per-hour", "Mean number of chats started per hour on the simulated day before.").Default("600").Float64()
	address := cmd.Flag("web.listen-address", "Address of /metrics and the landing page, host:port. If it is in use, the demo takes a free port.").Default("127.0.0.1:9850").String()
	broker := cmd.Flag("nats.embedded.address", "Address of NATS, host:port. If it is in use, the demo takes a free port.").Default("127.0.0.1:4222").String()
	return cmd.FullCommand(), func(ctx context.Context, std stdio) (int, error) {
		cfg := exporter.Defaults()
		cfg.LogLevel = *logs.level
		cfg, err := fold.applyTo(cfg)
		if err = errors.Join(err, positive("chats-per-hour", *chats)); err != nil {
			return 2, err
		}
		if !(*speed >= 0.1 && *speed <= 10) { // nor NaN
			return 2, fmt.Errorf("--speed=%g must be from 0.1 to 10", *speed)
		}
		// The day before arrives in one breath: with the usual timeouts, its chats would be over before they begin.
		cfg.KPIs.Session.IdleTimeouts = map[string]time.Duration{}
		cfg.KPIs.Session.IdleTimeout = 24 * time.Hour
		dir, err := os.MkdirTemp("", "bot-exporter-demo-")
		if err != nil {
			return 1, err
		}
		defer os.RemoveAll(dir)
		log := logs.logger(std.err)
		log.apply(cfg)
		listener, err := net.Listen("tcp", freeAddress(*address))
		if err != nil {
			return 1, fmt.Errorf("--web.listen-address: %w", err)
		}
		defer listener.Close()
		page := listener.Addr().String()
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		d := daemon{
			cfg: cfg, storage: dir, source: jetstream.Options{Stream: "BOT_EVENTS", Subjects: []string{"bot.events.>"}}, create: true, replicas: 1,
			embedded: freeAddress(*broker), volatile: true, web: &toolkit.FlagConfig{WebConfigFile: new(string)}, listener: listener,
			log: log,
		}
		published := make(chan error, 1)
		d.onBroker = func(url string) {
			fmt.Fprintf(std.out, demoText, page, page, url)
			go func() {
				err := d.traffic(ctx, url, simulate.Config{
					Seed: *seed, Start: time.Now().Add(-demoHistory), ChatsPerHour: *chats, Adjust: busierFrom(time.Now(), *speed),
				})
				published <- err
				cancel(err)
			}()
		}
		err = d.run(ctx)
		cancel(nil)
		if d.nats.Embedded != nil {
			err = errors.Join(err, <-published)
		}
		return 0, err
	}
}

const demoText = `Counting a day of simulated traffic. Live traffic follows.

  look           http://%s/
  scrape         curl -s http://%s/metrics | grep ^bot_
  publish        nats --server %s pub -J --templates bot.events.demo.web '{"specversion":"1.0","id":"{{ID}}","source":"/me","type":"bot.message.user","data":{"bot":"demo","channel":"web","chat":"c1","user":"me"}}'

Press Ctrl-C to stop.
`

// busierFrom ends all chats of the past and multiplies the number of chats from now on. Chats do not get faster, so
// durations stay plausible.
func busierFrom(now time.Time, factor float64) func(time.Time, string, string, *simulate.Behavior) {
	return func(at time.Time, _, _ string, b *simulate.Behavior) {
		if at.After(now) {
			b.Load = factor
		} else {
			b.SilentShare = 0
		}
	}
}

// traffic publishes to the stream as any bot would.
func (d *daemon) traffic(ctx context.Context, url string, c simulate.Config) error {
	nc, err := jetstream.Connect(ctx, jetstream.Config{URLs: []string{url}, Name: "bot-exporter demo"})
	if err != nil {
		return unlessStopped(ctx, err)
	}
	defer nc.Close()
	settings := jetstream.StreamSettings{Name: d.source.Stream, Subjects: d.source.Subjects}
	if _, err := jetstream.EnsureStream(ctx, nc, settings); err != nil {
		return unlessStopped(ctx, err)
	}
	err = publishEvents(ctx, simulate.New(c), simulate.Pace{}, nc, d.source.Stream, d.log.Logger)
	if ctx.Err() != nil {
		return nil // the embedded server may stop first
	}
	return err
}

// freeAddress returns the address, with port 0 (any free port) if it is in use.
func freeAddress(address string) string {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		host, _, _ := net.SplitHostPort(address)
		return net.JoinHostPort(host, "0")
	}
	if err == nil {
		l.Close()
	}
	return address // listening on it will report any other error
}
