package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a program that was started and will be killed.
type process struct {
	*exec.Cmd
	ended chan struct{} // closed when it is no more
}

// child is another process of this program.
func (b *bench) child(args ...string) *process { return b.process(os.Args[0], args...) }

func (b *bench) process(program string, args ...string) *process {
	cmd := exec.CommandContext(b.ctx, program, args...)
	cmd.Stderr = os.Stderr
	return &process{cmd, make(chan struct{})}
}

func (p *process) start() error {
	if err := p.Start(); err != nil {
		return err
	}
	go func() {
		_ = p.Wait() // its state is looked at
		close(p.ended)
	}()
	return nil
}

// kill ends it as a crash does.
func (p *process) kill() {
	if p.Process != nil {
		_ = p.Process.Signal(syscall.SIGKILL)
		<-p.ended
	}
}

// pause waits between two looks at a program that should be running.
func (p *process) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ended:
		return fmt.Errorf("%s ended by itself: %s", filepath.Base(p.Path), p.ProcessState)
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
