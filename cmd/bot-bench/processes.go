package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
)

const stream = "BOT_EVENTS"

var subjects = []string{"bot.events.>"}

func serverCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("server", "The NATS server; started by the others.").Hidden()
	dir := cmd.Arg("dir", "").Required().String()
	return cmd.FullCommand(), func(ctx context.Context) error { return serveNATS(ctx, *dir) }
}

// serveNATS is the child that runs the server. It prints its URL and ends when standard input does.
func serveNATS(ctx context.Context, dir string) error {
	s, err := jetstream.StartEmbedded(ctx, jetstream.EmbeddedConfig{Address: "127.0.0.1:0", StoreDir: dir, NoSync: true})
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close()
}

// bench is a NATS server with events in its stream, and a folder for what its readers keep.
type bench struct {
	ctx    context.Context //nolint:containedctx // of the program
	dir    string
	cmd    *exec.Cmd
	stdin  io.Closer
	url    string
	events int
	truth  tally
}

// newBench starts a server and stores events, if there are any.
func newBench(ctx context.Context, events, bots int) (*bench, error) {
	dir, err := os.MkdirTemp("", "bot-exporter-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{ctx: ctx, dir: dir, events: events}
	if err := b.start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if events > 0 {
		fmt.Fprintf(os.Stderr, "storing %d events\n", events)
	}
	if b.truth, err = store(ctx, b.url, events, bots); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) start() error {
	b.cmd = exec.CommandContext(b.ctx, os.Args[0], "server", filepath.Join(b.dir, "nats"))
	b.cmd.Stderr = os.Stderr
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // outlives Ctrl-C in a terminal, until close
	in, err := b.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	b.stdin, b.url = in, strings.TrimSpace(line)
	return nil
}

func (b *bench) close() {
	_ = b.stdin.Close()
	_ = b.cmd.Wait()
	os.RemoveAll(b.dir)
}

// counted runs a child that only counts.
func (b *bench) counted(kind string) func() (result, error) {
	return func() (result, error) {
		p := b.child("count", kind, b.url, strconv.Itoa(b.events))
		r, err := b.measure(func() error { <-p.ended; return nil }, p)
		if err == nil && !p.ProcessState.Success() {
			err = fmt.Errorf("count: %s", p.ProcessState)
		}
		return r, err
	}
}

func countCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("count", "A consumer that only counts; started by the others.").Hidden()
	kind := cmd.Arg("kind", "").Required().Enum("push", "pull")
	url := cmd.Arg("url", "").Required().String()
	events := cmd.Arg("events", "").Required().Uint64()
	return cmd.FullCommand(), func(ctx context.Context) error { return countEventsOf(ctx, *kind, *url, *events) }
}

// countEventsOf is that child.
func countEventsOf(ctx context.Context, kind, url string, events uint64) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	if kind == "push" {
		js, err := nc.JetStream()
		if err != nil {
			return err
		}
		n, done := uint64(0), make(chan struct{})
		_, err = js.Subscribe(subjects[0], func(*nats.Msg) {
			n++
			if n == events {
				close(done)
			}
		}, nats.OrderedConsumer(), nats.BindStream(stream))
		if err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	source, err := jetstream.NewSource(nc, jetstream.Options{Stream: stream, Subjects: subjects})
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	if _, err := source.Open(ctx, exporter.Position{}); err != nil {
		return err
	}
	for n := uint64(0); n < events; {
		batch, err := source.Next(ctx)
		if err != nil {
			return err
		}
		n += uint64(len(batch.Messages))
	}
	return nil
}

// exporter is a process of the exporter, which picks a free port.
func (b *bench) exporter(binary, storage string, flags ...string) *process {
	args := []string{"--nats.url=" + b.url, "--storage.path=" + storage, "--web.listen-address=127.0.0.1:0"}
	p := b.process(binary, append(args, flags...)...)
	p.Stderr = &p.log
	return p
}

// listening is how the exporter logs its address.
var listening = regexp.MustCompile(`msg="Listening on" .*?address=(\S+)`)

// page returns a page of the exporter, and nothing while it does not serve it.
func (p *process) page(path string) string {
	m := listening.FindStringSubmatch(p.log.String())
	if m == nil {
		return ""
	}
	return get("http://" + m[1] + path)
}

// exported runs the exporter with new storage until it shows the last event.
func (b *bench) exported(binary string) func() (result, error) {
	return func() (result, error) {
		storage := filepath.Join(b.dir, "state")
		defer os.RemoveAll(storage)
		var page string
		p := b.exporter(binary, storage)
		r, err := b.measure(func() (err error) {
			page, err = b.shows(p)
			return err
		}, p)
		r.wrong = math.Abs(applied(page) - float64(b.events))
		return r, err
	}
}

// shows waits until the exporter is ready and has applied all events, and returns its page.
func (b *bench) shows(p *process) (string, error) {
	for {
		if p.page("/-/ready") != "" {
			page := p.page("/metrics")
			if int(value(page, self.AppliedSequence.Name)) == b.events {
				return page, nil
			}
		}
		if err := p.pause(b.ctx, 10*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// get returns the body of an answer with status 200, and otherwise nothing.
func get(url string) string {
	r, err := http.Get(url) //nolint:noctx // ends with the process
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		return ""
	}
	return string(b)
}

// measure runs processes until done returns, and kills them: what they do at an orderly stop is not measured.
func (b *bench) measure(done func() error, list ...*process) (result, error) {
	before, err := cpuOf(b.cmd.Process.Pid)
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	if err = startAll(list); err == nil {
		err = done()
	}
	r := result{wall: time.Since(start)}
	after, err2 := cpuOf(b.cmd.Process.Pid)
	r.server = after - before
	killAll(list)
	for _, p := range list {
		if p.ProcessState != nil {
			usage, _ := p.ProcessState.SysUsage().(*syscall.Rusage)
			r.client += p.ProcessState.UserTime() + p.ProcessState.SystemTime()
			r.clientBytes += usage.Maxrss << 10
		}
	}
	return r, errors.Join(err, err2)
}
