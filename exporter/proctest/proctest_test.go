package proctest

import (
	"net"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process is heard on both of its outputs while it runs, and its end is known however it comes.
func TestProcess(t *testing.T) {
	p := Start(t, exec.Command("sh", "-c", `echo out; echo 'msg="Listening on" address=127.0.0.1:1' >&2; exec sleep 600`))
	require.True(t, p.Running())
	require.Equal(t, "127.0.0.1:1", Listening(p).Address)
	require.Equal(t, "out", p.Find(regexp.MustCompile(`(o.t)`)))
	require.Contains(t, p.String(), "running\nout\n")
	require.Equal(t, -1, p.End(syscall.SIGTERM))
	require.False(t, p.Running())

	p = Start(t, exec.Command("sh", "-c", "echo last words; exit 3"))
	require.Equal(t, 3, p.Code())
	require.True(t, strings.HasSuffix(p.String(), "exit status 3\nlast words\n"), p)
	require.Equal(t, 3, p.End(syscall.SIGTERM), "it had ended before")

	p = Start(t, exec.Command("sleep", "600"))
	p.Kill()
	require.Equal(t, -1, p.Code())
}

// A wait shows what it saw last when its process ends, and what was true at the end counts.
func TestWaitEndsWithProcess(t *testing.T) {
	p := Start(t, exec.Command("sh", "-c", "echo done"))
	p.Until("says so", func() bool { return !p.Running() && p.Out.String() == "done\n" })

	f := &failures{TB: t}
	s := &Server{Process: Start(f, exec.Command("sh", "-c", "echo reason >&2; exit 1"))}
	func() {
		defer func() { require.Equal(t, f, recover()) }()
		s.Until("it is ready", func() bool { s.Saw("status 503"); return false })
	}()
	for _, part := range []string{"process has ended", "it is ready", "status 503", "reason", "exit status 1"} {
		require.Contains(t, f.text, part)
	}
}

// failures keeps what a test would have failed with.
type failures struct {
	testing.TB
	text string
}

func (f *failures) Errorf(_ string, args ...any) { f.text += args[0].(string) }
func (f *failures) FailNow()                     { panic(f) }

// A server can be stopped and started again at the address that it picked.
func TestLoopback(t *testing.T) {
	l, err := net.Listen("tcp", Loopback()+":0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	l, err = net.Listen("tcp", address)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}
