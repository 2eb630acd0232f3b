// Command stack runs the whole picture of ../compose.yaml as plain processes, from the same configuration files: NATS,
// made-up traffic, the exporter, Prometheus with the rules, and Alertmanager, whose alerts it prints. With --drill it
// lets KPIs go bad until the right alerts fire, and good until they resolve, and fails when they do not.
//
// It holds wiring only: what it starts is what users run.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/collectors"
)

func main() {
	app := kingpin.New("stack", "NATS, simulator, exporter, Prometheus and Alertmanager as processes on this machine.")
	tools := app.Flag("tools", "Folder with nats-server, prometheus and alertmanager.").Default(".tools/bin").ExistingDir()
	program := app.Flag("exporter", "The program bot-exporter; bot-dashboards stands beside it.").Default("bin/bot-exporter").ExistingFile()
	deploy := app.Flag("deploy", "The folder deploy of the project.").Default("deploy").ExistingDir()
	dir := app.Flag("dir", "Folder for data and logs; a temporary one, removed at the end, when not given.").String()
	drill := app.Flag("drill", "Run the alert drill and exit.").Bool()
	check := app.Flag("check", "Exit as soon as all targets are up and all rules are healthy.").Bool()
	kingpin.MustParse(app.Parse(os.Args[1:]))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, settings{tools: *tools, program: *program, deploy: *deploy, dir: *dir, drill: *drill, check: *check})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stack:", err)
		os.Exit(1)
	}
}

type settings struct {
	tools, program, deploy, dir string
	drill, check                bool
}

const startTimeout = 2 * time.Minute

func run(ctx context.Context, s settings) (err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "bot-exporter-stack-"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = os.RemoveAll(s.dir)
			} else {
				err = fmt.Errorf("%w\nlogs are in %s", err, s.dir)
			}
		}()
	}
	for _, path := range []*string{&s.dir, &s.tools, &s.program, &s.deploy} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !s.check && !s.drill {
		fmt.Println("Starting NATS, simulator, exporter, Prometheus and Alertmanager. The last two are built from their Go modules," +
			" which lack the web pages: only their APIs answer.")
	}
	p := pictureOf(s, newProcesses(ctx, cancel, s.dir))
	defer p.stop()
	err = p.up(ctx)
	switch {
	case err == nil && s.drill:
		err = p.alertDrill(ctx)
	case err == nil && !s.check:
		p.tell()
		<-ctx.Done()
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause // a process that died explains all that came after
	}
	if errors.Is(err, context.Canceled) && !s.drill && !s.check {
		return nil // stopped by hand
	}
	return err
}

// picture is everything that runs, and where.
type picture struct {
	settings
	*processes
	sink *sink

	nats, natsHTTP, exporter, prometheus, alertmanager string // host:port
}

func pictureOf(s settings, ps *processes) *picture {
	return &picture{
		settings: s, processes: ps,
		nats: address(4222), natsHTTP: address(8222), exporter: address(9850), prometheus: address(9090), alertmanager: address(9093),
	}
}

func (p *picture) up(ctx context.Context) (err error) {
	if p.sink, err = startSink(); err != nil {
		return err
	}
	p.atEnd(p.sink.close)
	if err := p.configure(ctx); err != nil {
		return err
	}
	host, port := split(p.nats)
	_, monitor := split(p.natsHTTP)
	p.env = append(p.env, "NATS_STORE_DIR="+filepath.Join(p.dir, "nats"))
	if err := p.start("nats-server", filepath.Join(p.tools, "nats-server"),
		"--config="+filepath.Join(p.deploy, "nats/server.conf"), "--addr="+host, "--port="+port, "--http_port="+monitor); err != nil {
		return err
	}
	if err := p.start("bot-exporter", p.program, "serve", "--nats.url=nats://"+p.nats, "--nats.create-stream",
		"--storage.path="+filepath.Join(p.dir, "exporter"), "--web.listen-address="+p.exporter); err != nil {
		return err
	}
	if err := p.start("alertmanager", filepath.Join(p.tools, "alertmanager"), "--config.file="+p.file("alertmanager.yml"),
		"--storage.path="+filepath.Join(p.dir, "alertmanager"), "--web.listen-address="+p.alertmanager, "--cluster.listen-address="); err != nil {
		return err
	}
	if err := p.start("prometheus", filepath.Join(p.tools, "prometheus"), "--config.file="+p.file("prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(p.dir, "prometheus"), "--web.listen-address="+p.prometheus); err != nil {
		return err
	}
	if err := p.eventually(ctx, startTimeout, "the exporter is ready", p.ready); err != nil {
		return err
	}
	if err := p.simulate("good"); err != nil {
		return err
	}
	if err := p.eventually(ctx, startTimeout, "all targets of Prometheus are up", p.targetsUp); err != nil {
		return err
	}
	return p.eventually(ctx, 2*startTimeout, "all rules are healthy", p.rulesHealthy)
}

func (p *picture) tell() {
	fmt.Printf(`
  exporter      http://%[1]s/
  Prometheus    http://%[2]s/api/v1/query?query=%[6]s
                http://%[2]s/api/v1/rules, /api/v1/alerts, /api/v1/targets
  Alertmanager  http://%[3]s/api/v2/alerts
  NATS          nats://%[4]s
  data, logs    %[5]s

Alerts are printed here. Ctrl-C stops everything. deploy/compose.yaml has the web pages of both, and Grafana.
`, p.exporter, p.prometheus, p.alertmanager, p.nats, p.dir, collectors.ChatsOpen.Name)
}
