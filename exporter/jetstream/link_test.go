package jetstream

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// link carries connections to an address of this host, once that is known and while it is not cut.
type link struct {
	listener net.Listener
	mu       sync.Mutex
	to       string
	off      bool
	conns    []net.Conn
}

func newLink(t *testing.T) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &link{listener: listener}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", l.target())
			if err != nil {
				in.Close()
				continue
			}
			l.add(in, out)
			for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
				wg.Go(func() {
					io.Copy(pair[0], pair[1])
					in.Close()
					out.Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.cut(true)
		wg.Wait()
	})
	return l
}

// leads sets where the link leads to.
func (l *link) leads(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

func (l *link) target() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to
}

func (l *link) add(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, conns...)
	if l.off {
		l.drop()
	}
}

func (l *link) cut(off bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.off = off; off {
		l.drop()
	}
}

func (l *link) drop() {
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}
