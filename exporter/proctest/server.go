package proctest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"
)

// Server is a process that serves HTTP.
type Server struct {
	*Process
	Address string // host:port

	seen atomic.Pointer[string]
}

// Address is how the exporter and Prometheus log the address that they listen on.
var Address = regexp.MustCompile(`msg="Listening on" .*?address=(\S+)`)

// Listening waits until a program has logged the address that it listens on.
func Listening(p *Process) *Server {
	p.t.Helper()
	return &Server{Process: p, Address: p.Find(Address)}
}

// URL is that of the web server, without a slash at its end.
func (s *Server) URL() string { return "http://" + s.Address }

// client does not wait for ever: a server that hangs is asked again until patience ends.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}

// Get reads a page; status is 0, and body says why, when nobody answers.
func (s *Server) Get(path string) (status int, body string) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.URL()+path, http.NoBody)
	if err != nil {
		return 0, err.Error()
	}
	status, body = Do(client, req)
	s.Saw("GET %s: status %d, %d bytes: %s", path, status, len(body), body[:min(len(body), 300)])
	return status, body
}

// Do sends a request; status is 0, and body says why, when nobody answers.
func Do(client *http.Client, req *http.Request) (status int, body string) {
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// Saw keeps what a test looked at, for the message of a wait that fails.
func (s *Server) Saw(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.seen.Store(&text)
}

// Until waits until ok reports true while the process runs.
func (s *Server) Until(what string, ok func() bool) {
	s.t.Helper()
	s.until(what, ok, func() string {
		text := "nothing"
		if seen := s.seen.Load(); seen != nil {
			text = *seen
		}
		return text + "\n" + s.Process.String()
	})
}

// Ready waits until the server says that it is.
func (s *Server) Ready() {
	s.t.Helper()
	s.Until("server is ready", func() bool { status, _ := s.Get("/-/ready"); return status == http.StatusOK })
}
