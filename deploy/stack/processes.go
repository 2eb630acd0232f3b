package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processes are started one after the other, and stopped in the opposite order. When one dies, everything ends.
type processes struct {
	ctx   context.Context
	fail  context.CancelCauseFunc
	logs  string
	env   []string
	ends  []func()
	named map[string]*process
}

type process struct {
	cmd     *exec.Cmd
	done    chan struct{}
	stopped chan struct{} // closed when it was asked to end
}

const stopTimeout = 20 * time.Second

func newProcesses(ctx context.Context, fail context.CancelCauseFunc, dir string) *processes {
	return &processes{ctx: ctx, fail: fail, logs: dir, env: os.Environ(), named: map[string]*process{}}
}

func (ps *processes) atEnd(f func()) { ps.ends = append(ps.ends, f) }

func (ps *processes) stop() {
	for i := len(ps.ends) - 1; i >= 0; i-- {
		ps.ends[i]()
	}
}

// start runs a program; what it says goes to a file of its name.
func (ps *processes) start(name, program string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(ps.logs, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(ps.ctx), program, args...), done: make(chan struct{}), stopped: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = ps.env, log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us; we stop them in order
	if err := p.cmd.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	ps.named[name] = p
	go func() {
		err := p.cmd.Wait()
		_ = log.Close()
		close(p.done)
		select {
		case <-p.stopped:
		default:
			ps.fail(fmt.Errorf("%s ended: %w\n%s", name, errors.Join(err), tail(log.Name())))
		}
	}()
	ps.atEnd(func() { ps.end(name, p) })
	return nil
}

// end stops a process and waits for it.
func (ps *processes) end(name string, p *process) {
	select {
	case <-p.stopped:
		return
	default:
		close(p.stopped)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		fmt.Fprintf(os.Stderr, "stack: %s did not end in %s; killed\n", name, stopTimeout)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// tail returns the last lines of a file.
func tail(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// address is the port on loopback, or a free one when somebody else has it.
func address(port int) string {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return fmt.Sprintf("127.0.0.1:%d", port) // the program will say what is wrong
		}
	}
	defer l.Close()
	return l.Addr().String()
}

func split(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	if _, err := strconv.Atoi(port); err != nil {
		panic("BUG: " + err.Error())
	}
	return host, port
}

// askTimeout is for one answer.
const askTimeout = 10 * time.Second

// eventually asks until the answer is yes, and tells how long that took.
func (ps *processes) eventually(ctx context.Context, timeout time.Duration, what string, ask func(context.Context) error) error {
	begin := time.Now()
	for {
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		err := ask(asking)
		cancel()
		if err == nil {
			fmt.Printf("%6.1fs  %s\n", time.Since(begin).Seconds(), what)
			return nil
		}
		if time.Since(begin) > timeout {
			return fmt.Errorf("not within %s: %s: %w", timeout, what, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
