package main

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

func peersCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("peers", "The exporter beside other programs that count the same stream.")
	events := cmd.Flag("events", "Events to store.").Default("500000").Int()
	rounds := cmd.Flag("rounds", "Rounds; medians are printed.").Default("3").Int()
	bots := cmd.Flag("bots", "Bots whose events these are, on three channels each.").Default("20").Int()
	binary := exporterFlag(cmd)
	tools := cmd.Flag("tools", "Directory of the peers' binaries.").Default(".tools/bin").ExistingDir()
	kills := cmd.Flag("kill", "Also kill each of them and look at the counts; takes some minutes.").Default("true").Bool()
	only := cmd.Flag("only", "Only the peers whose name contains this.").String()
	return cmd.FullCommand(), func(ctx context.Context) error {
		b, err := newBench(ctx, *events, *bots)
		if err != nil {
			return err
		}
		defer b.close()
		table := peerTable{now: noteConditions(ctx), events: *events, readers: limitsAnd(b, *binary)}
		ours := len(table.readers) - 1
		peers := peersOf(b, *tools, *only)
		for i := range peers {
			table.readers = append(table.readers, reader{peers[i].name, func() (result, error) { return b.peer(&peers[i]) }})
		}
		if table.results, err = alternate(table.readers, *events, *rounds); err != nil {
			return err
		}
		table.crashes = make([]string, len(table.readers))
		if *kills {
			if table.crashes[ours], err = b.killOurs(*binary); err != nil {
				return err
			}
			for i := range peers {
				if table.crashes[ours+1+i], err = b.killPeer(&peers[i]); err != nil {
					return err
				}
			}
		}
		return output("peers", table.String())
	}
}

var (
	//go:embed peers/telegraf.conf
	telegrafConfig []byte
	//go:embed peers/bento.yaml
	bentoConfig []byte
)

// peer is a program that counts the events by type, bot and channel.
type peer struct {
	name     string
	commands func() []*process // the program, and what it needs to read the stream
	page     string            // URL of its metrics
	metric   string            // that counts
	contains string            // what a line of it has
}

// peersOf returns each peer with the fastest of its configurations that counts without a reset.
func peersOf(b *bench, tools, only string) (peers []peer) {
	telegraf, bento, statsd, lines := freeAddress(), freeAddress(), freeAddress(), freeAddress()
	run := func(page, program string, args ...string) *process {
		p := b.process(filepath.Join(tools, program), args...)
		p.Env = append(os.Environ(), "NATS_URL="+b.url, "PAGE="+page)
		return p
	}
	for _, p := range []peer{
		{
			name: "Telegraf " + version(tools, "telegraf"),
			commands: func() []*process {
				return []*process{run(telegraf, "telegraf", "--quiet", "--strict-env-handling", "--config", b.file("telegraf.conf", telegrafConfig))}
			},
			page: telegraf, metric: "bot_events_bucket", contains: `le="+Inf"`,
		},
		{
			name: "Bento " + version(tools, "bento"),
			commands: func() []*process {
				return []*process{run(bento, "bento", "-c", b.file("bento.yaml", bentoConfig))}
			},
			page: bento, metric: "bot_events",
		},
		{
			name: "bridge and statsd_exporter " + version(tools, "statsd_exporter"),
			commands: func() []*process {
				return []*process{
					run("", "statsd_exporter", "--web.listen-address="+statsd, "--statsd.listen-tcp="+lines, "--statsd.listen-udp=", "--log.level=error",
						"--no-statsd.parse-influxdb-tags", "--no-statsd.parse-librato-tags", "--no-statsd.parse-signalfx-tags"),
					b.child("bridge", b.url, lines),
				}
			},
			page: statsd, metric: "bot_events",
		},
	} {
		if p.page = "http://" + p.page + "/metrics"; regexp.MustCompile(regexp.QuoteMeta(only)).MatchString(p.name) {
			peers = append(peers, p)
		}
	}
	return peers
}

// freeAddress is for the peers, which do not say which port they picked. Somebody else may take it before they do.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // does not wait
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// file returns the path of a file with the content.
func (b *bench) file(name string, content []byte) string {
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		panic(err)
	}
	return path
}

var required = regexp.MustCompile(`(?m)/(telegraf|bento|statsd_exporter) v(\S+)`)

// version returns the version that the module of a tool pins.
func version(tools, name string) string {
	mod, _ := os.ReadFile(filepath.Join(tools, "..", name, "go.mod"))
	for _, m := range required.FindAllSubmatch(mod, -1) {
		if string(m[1]) == name {
			return string(m[2])
		}
	}
	return ""
}

const (
	pollPeer = 250 * time.Millisecond // a page costs its program time
	patience = 45 * time.Second       // a message that was not acknowledged comes again after 30 s
)

// peer measures one run of a peer, from its start until its page shows the last event, or shows nothing new any more.
func (b *bench) peer(p *peer) (result, error) {
	if err := b.forget(); err != nil {
		return result{}, err
	}
	var w watch
	list := p.commands()
	r, err := b.measure(func() error { return w.until(b, p, list, float64(b.events)) }, list...)
	r.first, r.wrong = w.first, w.got.wrong(b.truth)
	if w.inVain {
		r.wall -= patience
	}
	return r, err
}

// watch is what was seen on a peer's page.
type watch struct {
	got    tally
	first  time.Duration // until something was there
	inVain bool          // the last events never came
}

// until polls the page until it shows so many events, or nothing new for too long.
func (w *watch) until(b *bench, p *peer, list []*process, events float64) error {
	start := time.Now()
	for changed := start; time.Since(changed) < patience; {
		for _, running := range list[1:] {
			if err := running.pause(b.ctx, 0); err != nil {
				return err
			}
		}
		if err := list[0].pause(b.ctx, pollPeer); err != nil {
			return err
		}
		page := get(p.page)
		if page == "" {
			continue
		}
		before := w.got.sum()
		w.got = counts(page, p.metric, p.contains)
		now := w.got.sum()
		if now != before {
			changed = time.Now()
		}
		if w.first == 0 && now > 0 {
			w.first = time.Since(start)
		}
		if now >= events {
			return nil
		}
	}
	w.inVain = true
	if w.got == nil {
		return fmt.Errorf("nothing at %s", p.page)
	}
	return nil
}
