package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that was started and will be killed.
type process struct {
	*exec.Cmd
	log   log
	ended chan struct{} // closed when it has ended
}

// log keeps what a process logs. It may be read at any time.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// child is another process of this program.
func (b *bench) child(args ...string) *process { return b.process(os.Args[0], args...) }

func (b *bench) process(program string, args ...string) *process {
	p := &process{Cmd: exec.CommandContext(b.ctx, program, args...), ended: make(chan struct{})}
	p.Stderr = os.Stderr
	return p
}

func (p *process) start() error {
	if err := p.Start(); err != nil {
		return err
	}
	go func() {
		_ = p.Wait() // how it ended is in its state
		close(p.ended)
	}()
	return nil
}

// kill ends the process as a crash does.
func (p *process) kill() {
	if p.Process != nil {
		_ = p.Process.Signal(syscall.SIGKILL)
		<-p.ended
	}
}

// pause waits between two polls of a program that must be running.
func (p *process) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		return fmt.Errorf("%s ended by itself: %s\n%s", filepath.Base(p.Path), p.ProcessState, p.log.String())
	case <-time.After(d):
		return nil
	}
}

func startAll(list []*process) error {
	for _, p := range list {
		if err := p.start(); err != nil {
			return err
		}
	}
	return nil
}

func killAll(list []*process) {
	for _, p := range list {
		p.kill()
	}
}
