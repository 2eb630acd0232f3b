package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

const stream = "BOT_EVENTS"

var subjects = []string{"bot.events.>"}

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

type natsServer struct {
	cmd   *exec.Cmd
	stdin io.Closer
	url   string
}

func startServer(ctx context.Context, dir string) (*natsServer, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "server", dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return &natsServer{cmd, in, strings.TrimSpace(line)}, nil
}

func (s *natsServer) stop() {
	_ = s.stdin.Close()
	_ = s.cmd.Wait()
}

func store(ctx context.Context, url string, events int) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	if _, err := jetstream.EnsureStream(ctx, nc, jetstream.StreamSettings{Name: stream, Subjects: subjects}); err != nil {
		return err
	}
	p, err := jetstream.NewPublisher(nc)
	if err != nil {
		return err
	}
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Now()})
	pace := simulate.Pace{Rate: 1e9, Limit: events}
	err = sim.Publish(ctx, pace, func(m simulate.Message) error {
		return p.Publish(m.Subject, m.Event.Source+" "+m.Event.ID, m.Data)
	})
	if err != nil {
		return err
	}
	return p.Flush(ctx)
}

// counted runs a child that only counts.
func (s *natsServer) counted(ctx context.Context, kind string, events int) (result, error) {
	return s.measure(exec.CommandContext(ctx, os.Args[0], "count", kind, s.url, strconv.Itoa(events)), nil)
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

// exported runs the exporter with new storage until it shows the last event.
func (s *natsServer) exported(ctx context.Context, binary, storage string, events int) (result, error) {
	defer os.RemoveAll(storage)
	const address = "127.0.0.1:19850"
	cmd := exec.CommandContext(ctx, binary, "--nats.url="+s.url, "--storage.path="+storage,
		"--web.listen-address="+address, "--log.level=error")
	return s.measure(cmd, func() error { return shows(ctx, "http://"+address, events) })
}

// shows waits until the exporter is ready and has applied all events.
func shows(ctx context.Context, url string, events int) error {
	want := "\n" + self.AppliedSequence.Name + " " + strconv.FormatFloat(float64(events), 'g', -1, 64) + "\n"
	for ctx.Err() == nil {
		if get(url+"/-/ready") != "" && strings.Contains(get(url+"/metrics"), want) {
			return nil
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // polls, and the time is part of what is measured
	}
	return ctx.Err()
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

// measure runs a command until it ends, or until done says so and it is stopped.
func (s *natsServer) measure(cmd *exec.Cmd, done func() error) (result, error) {
	cmd.Stderr = os.Stderr
	before, err := cpuOf(s.cmd.Process.Pid)
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	var wall time.Duration
	if done != nil {
		err = done()
		wall = time.Since(start)
		err = errors.Join(err, cmd.Process.Signal(syscall.SIGKILL))
		_ = cmd.Wait() // killed: what it does at an orderly stop is not measured
	} else {
		err = cmd.Wait()
		wall = time.Since(start)
	}
	if err != nil {
		return result{}, err
	}
	after, err := cpuOf(s.cmd.Process.Pid)
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return result{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), after - before, usage.Maxrss << 10}, err
}
