package proctest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Output keeps what is written to it. It may be read at any time.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Process is a program that was started. It is killed at the end of the test at the latest; when the test fails and
// the program was not told to end, the test logs what it printed.
type Process struct {
	Out, Err Output

	t      testing.TB
	cmd    *exec.Cmd
	exited chan struct{}
	told   bool // to end
}

// Start starts a program and keeps what it prints.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{t: t, cmd: cmd, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.Out, &p.Err
	cmd.WaitDelay = Patience // of children that hold its output open
	require.NoError(t, cmd.Start())
	go func() { _ = cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		told := p.told
		p.Kill()
		if t.Failed() && !told {
			t.Log(p)
		}
	})
	return p
}

// String returns the command, how it ended and the last that it printed.
func (p *Process) String() string {
	state := "running"
	if !p.Running() {
		state = p.cmd.ProcessState.String()
	}
	return fmt.Sprintf("%s %s: %s\n%s%s", filepath.Base(p.cmd.Path), strings.Join(p.cmd.Args[1:], " "), state, tail(p.Out.String()), tail(p.Err.String()))
}

func tail(s string) string { return s[max(0, len(s)-5000):] }

// Running reports whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// Pid returns the number of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Send sends a signal.
func (p *Process) Send(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		require.ErrorIs(p.t, err, os.ErrProcessDone)
	}
}

// End sends a signal that ends the process, and returns its exit code: -1 when the signal killed it.
func (p *Process) End(s os.Signal) int {
	p.t.Helper()
	p.told = true
	p.Send(s)
	return p.Code()
}

// Code waits for the end of the process and returns its exit code.
func (p *Process) Code() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(Patience):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // its stacks tell why
		<-p.exited
		require.FailNow(p.t, "process does not end", "%s", p)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Kill ends the process as a crash does, and waits for its end.
func (p *Process) Kill() {
	p.told = true
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// Until waits until ok reports true while the process runs.
func (p *Process) Until(what string, ok func() bool) {
	p.t.Helper()
	p.until(what, ok, p.String)
}

func (p *Process) until(what string, ok func() bool, seen func() string) {
	p.t.Helper()
	ended := false
	Until(p.t, what, func() bool {
		ended = !p.Running()
		return ok() || ended
	}, seen)
	if ended && !ok() {
		require.FailNow(p.t, "process has ended", "%s\n%s", what, seen())
	}
}

// Find waits until the process has printed what matches, and returns the first group.
func (p *Process) Find(pattern *regexp.Regexp) string {
	p.t.Helper()
	found := ""
	p.Until("prints "+pattern.String(), func() bool {
		for _, text := range []string{p.Out.String(), p.Err.String()} {
			if m := pattern.FindStringSubmatch(text); m != nil {
				found = m[1]
				return true
			}
		}
		return false
	})
	return found
}
